/** A profile with something in every table, and what of it nobody may read. */
import { Profile, type ProfileOptions } from "../../../client/profile/profile.ts";
import { type Bytes, utf8 } from "../../../shared/bytes.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { assertEquals } from "../assert.ts";
import { idOf } from "./database.ts";

export const BOB = idOf(0xb0);
export const CAROL = idOf(0xca);
export const FILE = `${"x".repeat(100)} the content of a large file`;

const PUBLIC_KEY = new Uint8Array(160).fill(0x30);
const SERVER = { hostname: "server.example.org", port: 4242 };

/** Text of all kinds: none of it may be in a file in the clear. */
const TEXTS = [
  "alice the owner",
  "bob the friend",
  "bobby the alias",
  "carol the other",
  "a text that came",
  "a text that was sent",
  "a content that waits",
  "server.example.org",
  "a key of 16 byte",
  "state of session",
  "secret of prekey",
  "outgoing content",
  "a text that is not finished",
];

/** Everything that {@link fill} puts into a profile and that says something about its owner. */
export const SECRETS: readonly Bytes[] = [...TEXTS.map(utf8), BOB, CAROL];

/** Puts something into every table. Its incoming folder gets a file. */
export async function fill(profile: Profile, { secure = true } = {}): Promise<void> {
  if (secure) {
    await profile.prepareSecure("alice the owner");
    profile.registerSecure();
  }
  profile.servers.check(SERVER, new Uint8Array(32).fill(5));
  profile.contacts.put([
    { id: BOB, name: "bob the friend", publicKey: PUBLIC_KEY },
    { id: CAROL, name: "carol the other" },
  ]);
  profile.contacts.setAlias(BOB, "bobby the alias");
  profile.contacts.setVerified(BOB, true);
  profile.contacts.setBlocked(CAROL, true);
  profile.keys.put(BOB, utf8("a key of 16 byte"), { own: true });
  profile.keys.sendWith(BOB, utf8("a key of 16 byte"));
  const content = utf8("a content that waits");
  const tail = content.slice(-16);
  const head = { messageId: 7, from: BOB, type: MessageType.text, size: content.length, tail };
  profile.envelopes.put([
    { ...head, number: 1, content },
    { ...head, number: 2, messageId: 8, size: FILE.length, content: null },
  ]);
  await Deno.writeTextFile(profile.envelopes.path(2), FILE);
  profile.sessions.insert(BOB, utf8("state of session"));
  profile.prekeys.add([{ id: 5, kind: 1, secret: utf8("secret of prekey") }], 1000);
  profile.prekeys.rememberAgreed(utf8("a base key"), 5);
  profile.opened.add(profile.opened.tagOf(BOB, MessageType.text, utf8("an envelope")));
  const outgoing = { to: BOB, type: 3, token: idOf(1), content: utf8("outgoing content") };
  profile.outbox.put({ ...outgoing, history: null });
  const entry = { peer: BOB, at: 1, stored: 2, messageId: 7, contentId: idOf(3) };
  profile.history.addReceived({ ...entry, body: { text: "a text that came" } });
  const sent = { peer: BOB, at: 3, stored: 4, contentId: idOf(4) };
  const number = profile.history.addSent({ ...sent, body: { text: "a text that was sent" } });
  profile.history.markSent(number, 70);
  profile.conversations.change(BOB, { draft: "a text that is not finished" });
  profile.repairs.want(BOB, [9]);
  profile.copyMarks.next((size) => new Uint8Array(size).fill(6));
}

/** All that {@link fill} put into a profile is there, and found by what it is looked up by. */
export function assertFull(profile: Profile): void {
  assertEquals(profile.servers.key(SERVER), new Uint8Array(32).fill(5));
  const bob = profile.contacts.byName("bobby the alias");
  assertEquals(bob, {
    id: BOB,
    name: "bob the friend",
    alias: "bobby the alias",
    publicKey: PUBLIC_KEY,
    blocked: false,
    verified: true,
  });
  assertEquals(profile.contacts.byName("bob the friend"), bob);
  assertEquals(profile.contacts.byId(BOB), bob);
  assertEquals(profile.contacts.byId(CAROL)?.blocked, true);
  assertEquals(profile.keys.own(BOB), utf8("a key of 16 byte"));
  assertEquals(profile.keys.sending(BOB), utf8("a key of 16 byte"));
  assertEquals(profile.keys.put(BOB, utf8("a key of 16 byte"), { own: true }), false);
  const content = utf8("a content that waits");
  const { number, ...head } = profile.envelopes.nextWaiting(0) ?? { number: 0 };
  assertEquals([number, profile.envelopes.nextWaiting(1)?.content], [1, null]);
  const expected = { messageId: 7, from: BOB, type: MessageType.text, size: content.length };
  assertEquals(head, { ...expected, content });
  assertEquals(profile.envelopes.known({ ...expected, tail: content.slice(-16) }), true);
  assertEquals(profile.envelopes.files(), new Set(["2"]));
  assertEquals(Deno.readTextFileSync(profile.envelopes.path(2)), FILE);
  const sessions = profile.sessions.load(BOB);
  assertEquals(sessions.map(({ state }) => state), [utf8("state of session")]);
  assertEquals(profile.prekeys.get(5)?.secret, utf8("secret of prekey"));
  assertEquals(profile.prekeys.largestId(), 5);
  assertEquals(profile.prekeys.isAgreed(utf8("a base key")), true);
  const { opened } = profile;
  assertEquals(opened.has(opened.tagOf(BOB, MessageType.text, utf8("an envelope"))), true);
  assertEquals(profile.outbox.first().map((item) => item.content), [utf8("outgoing content")]);
  const bodies = [...profile.history.list(BOB)].map(({ body }) => body);
  assertEquals(bodies, [{ text: "a text that came" }, { text: "a text that was sent" }]);
  assertEquals(profile.history.sentAs(BOB, 70)?.body, { text: "a text that was sent" });
  assertEquals(profile.history.unshown(9).map((entry) => entry.number), [1]);
  const again = { peer: BOB, at: 1, stored: 2, messageId: 7, contentId: idOf(3) };
  assertEquals(profile.history.addReceived({ ...again, body: { text: "again" } }), undefined);
  assertEquals(profile.history.unread(BOB), { count: 1, first: 1 });
  assertEquals(profile.conversations.get(BOB).draft, "a text that is not finished");
  assertEquals(profile.repairs.get(BOB).wanted, [9]);
  assertEquals(profile.copyMarks.isFresh(idOf(6)), true);
}

/** The names of the files in `folder`, and in its folders, that hold any of `secrets`. */
export async function filesWith(folder: string, secrets: readonly Bytes[]): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) {
      found.push(...await filesWith(path, secrets));
      continue;
    }
    const text = latin1(await Deno.readFile(path));
    for (const secret of secrets) if (text.includes(latin1(secret))) found.push(path);
  }
  return found;
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

/** For tests that are not about the cost of trying a passphrase. */
export const CHEAP = { passphraseCost: { logN: 10, r: 8, p: 1 } } satisfies ProfileOptions;

/** Options that return `passphrase`, and count how often they were asked for it. */
export function giving(passphrase: string): ProfileOptions & { asked: number } {
  const options = {
    ...CHEAP,
    asked: 0,
    passphrase: () => {
      options.asked++;
      return Promise.resolve(passphrase);
    },
  };
  return options;
}

/** Clients that change, or want to change, messages in ways that they must not. */
import { Sessions } from "../../client/sessions/sessions.ts";
import { type Bytes, concat, concatAll } from "../../shared/bytes.ts";
import { verifyIdentity } from "../../shared/crypto/identity.ts";
import { MAX_TIMER } from "../../shared/limits.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import type { Content } from "../../shared/session/content.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Conversation } from "../support/attack/conversation.ts";
import { type Party, random } from "../support/attack/parties.ts";

const HOUR = 60 * 60 * 1000;

async function identityOf({ profile: { secureIdentity } }: Party) {
  assert(secureIdentity);
  return { ...await verifyIdentity(secureIdentity.publicKey), ...secureIdentity.secrets };
}

/** Alice's program says whatever she likes to Bob; returns what he is told. */
async function says(scene: Conversation, ...contents: Omit<Content, "id">[]): Promise<string[]> {
  const { alice, bob, server, aliceId, bobId } = scene;
  const { profile, now } = alice;
  const identity = await identityOf(alice);
  const own = { identity, agreement: identity.agreement };
  const sessions = new Sessions({ profile, own, random, now });
  const to = await identityOf(bob);
  for (const content of contents) {
    const envelope = sessions.commit(() => {
      return sessions.seal(to, MessageType.text, { id: random(16), ...content });
    });
    server.put(bobId, { from: aliceId, type: MessageType.text, content: envelope });
  }
  return await scene.received();
}

/** The content IDs of what is in the history of `party` with `peer`. */
function idsOf({ profile: { history } }: Party, peer: Bytes): Bytes[] {
  return [...history.list(peer)].map(({ contentId }) => contentId!);
}

function textsOf({ profile: { history } }: Party, peer: Bytes): string[] {
  return [...history.list(peer)].map(({ body }) => "text" in body ? body.text : "?");
}

function sentBy(scene: Conversation): number {
  return scene.server.requests.filter(({ kind }) => kind === "send").length;
}

Deno.test("foreign changes: nobody edits or deletes what another has written", async () => {
  await using scene = await Conversation.underWay();
  const { bob, carol, server, aliceId } = scene;
  await carol.send(server.address, "bob", "of carol");
  await scene.received();
  const carolId = carol.profile.identity.id;
  const [own, others] = [idsOf(bob, aliceId)[1], idsOf(bob, carolId)[0]];
  const before = bob.state();
  const at = Date.now();
  for (const target of [own, others]) {
    assertEquals(await says(scene, { at, edit: { target, text: "never said" } }), []);
    assertEquals(await says(scene, { at, delete: concat(target, target) }), []);
  }
  assertEquals(await says(scene, { at, reaction: { target: others, emoji: "👎" } }), []);
  assertEquals({ ...bob.state(), sessions: "" }, { ...before, sessions: "" });
  assertEquals(textsOf(bob, aliceId), ["hello", "hello yourself"]);
  assertEquals(textsOf(bob, carolId), ["of carol"]);
});

Deno.test("foreign changes: an edit that is late, old, or of nothing changes nothing", async () => {
  await using scene = await Conversation.underWay();
  const { bob, aliceId } = scene;
  const [entry] = [...bob.profile.history.list(aliceId)];
  const target = entry.contentId!;
  const edit = (text: string, at: number) => ({ at, edit: { target, text } });
  const day = entry.at + 24 * HOUR;
  assertEquals(await says(scene, edit("too late", day + 1)), []);
  assertEquals(await says(scene, edit("in time", day)), ["alice: (edited)"]);
  assertEquals(await says(scene, edit("older", day - 1)), []);
  assertEquals(await says(scene, { at: day, edit: { target: random(16), text: "nothing" } }), []);
  assertEquals(textsOf(bob, aliceId)[0], "in time");
  assertEquals(await says(scene, { at: day, delete: target }), ["alice: (deleted)"]);
  assertEquals(await says(scene, edit("back again", day)), []);
  assertEquals(await says(scene, { at: 1, reaction: { target, emoji: "👍" } }), []);
  assertEquals(textsOf(bob, aliceId)[0], "");
});

Deno.test("foreign changes: the receiver's clock bounds what an author may change", async () => {
  await using scene = await Conversation.underWay();
  const { bob, aliceId } = scene;
  const now = Date.now();
  let later = 0;
  bob.now = () => now + later;
  const texts = () => textsOf(bob, aliceId).slice(2);
  const edit = (text: string, at: number) => {
    return says(scene, { at, edit: { target: idsOf(bob, aliceId)[2], text } });
  };
  // A text from the future would give its author as long to change it.
  const future = now + 365 * 24 * HOUR;
  assertEquals(await says(scene, { at: future, text: "as it was" }), ["alice: as it was"]);
  assertEquals(await edit("from the future", future), []);
  assertEquals(await edit("a day and more later", now + 24.2 * HOUR), []);
  assertEquals(texts(), ["as it was"]);
  // A clock may be somewhat ahead, and an edit may wait as long as servers keep messages.
  later = 90 * 24 * HOUR;
  assertEquals(await edit("waited long", now + 24.1 * HOUR), ["alice: (edited)"]);
  later = 92 * 24 * HOUR;
  assertEquals(await edit("far too late", now + 24.1 * HOUR), []);
  assertEquals(texts(), ["waited long"]);
});

Deno.test("foreign changes: a flood of receipts costs no message, and shows nothing", async () => {
  await using scene = await Conversation.underWay();
  const { bob, aliceId } = scene;
  const ids = () => concatAll(Array.from({ length: 256 }, () => random(16)));
  const receipt = (state: "read" | "delivered", ids: Bytes) => ({ at: 5, receipt: { state, ids } });
  const flood = Array.from({ length: 20 }, () => receipt("read", ids()));
  const before = sentBy(scene);
  assertEquals(await says(scene, ...flood), []);
  const [theirs, own] = idsOf(bob, aliceId);
  // Nor does one of what the sender has written itself.
  assertEquals(await says(scene, receipt("read", theirs), receipt("delivered", own)), []);
  const [first, second] = [...bob.profile.history.list(aliceId)];
  assertEquals([first.deliveredAt, first.readAt, second.readAt], Array(3).fill(undefined));
  assert(second.deliveredAt !== undefined && second.deliveredAt > 5, "the true one came before");
  assertEquals(await says(scene, receipt("read", own)), []);
  assertEquals(await says(scene, { at: 9, receipt: { state: "read", ids: own } }), []);
  assertEquals([...bob.profile.history.list(aliceId)][1].readAt, 5, "the first one counts");
  assertEquals(sentBy(scene), before, "nothing is sent for a receipt");
  await scene.assertGoesOn();
});

Deno.test("foreign changes: absurd values make no sense, and change nothing", async () => {
  await using scene = await Conversation.underWay();
  const { bob, aliceId } = scene;
  const target = idsOf(bob, aliceId)[1];
  const at = Date.now();
  const absurd: Omit<Content, "id">[] = [
    { at, reaction: { target, emoji: "👍".repeat(17) } },
    { at, reaction: { target, emoji: "x\nbob: yes" } },
    { at, timer: MAX_TIMER + 1 },
    { at, text: "gone", expires: MAX_TIMER + 1 },
    { at, text: "gone", expires: 0 },
    { at, delete: new Uint8Array(0) },
    { at, delete: new Uint8Array(257 * 16) },
    { at, receipt: { state: "read", ids: new Uint8Array(15) } },
  ];
  const before = bob.state();
  assertEquals(await says(scene, ...absurd), [`alice: (${absurd.length} senseless)`]);
  assertEquals({ ...bob.state(), sessions: "" }, { ...before, sessions: "" });
});

Deno.test("foreign changes: a timer from the future can be set anew", async () => {
  await using scene = await Conversation.underWay();
  const { bob, server, aliceId } = scene;
  const shown = await says(scene, { at: Number.MAX_SAFE_INTEGER, timer: 60 });
  assertEquals(shown, ["alice: (timer)"]);
  const { contacts } = bob.profile;
  assertEquals(contacts.timer(aliceId)?.seconds, 60);
  await bob.with(server.address, (client) => client.messages.setTimer("alice", 3600));
  assertEquals(contacts.timer(aliceId)?.seconds, 3600);
  assertEquals(await says(scene, { at: Date.now(), timer: 1 }), [], "an older one");
  assertEquals(contacts.timer(aliceId)?.seconds, 3600);
});

Deno.test("foreign changes: a message of a newer version is kept, with a short name", async () => {
  await using scene = await Conversation.underWay();
  const { bob, aliceId } = scene;
  const newer = { at: 7, poll: { a: 1 }, text: "for those who know no polls" };
  assertEquals(await says(scene, newer), ["alice: (unknown)"]);
  const entry = [...bob.profile.history.list(aliceId)].at(-1);
  assert(entry && "unknown" in entry.body && entry.body.content);
  assertEquals(entry.body.unknown, "poll");
  const name = { at: 7, "a\x1b[2J": 1 };
  assertEquals(await says(scene, name as Omit<Content, "id">), ["alice: (1 senseless)"]);
});

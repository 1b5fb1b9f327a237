/** What becomes of messages after they were sent, at both sides, with clocks that tests move. */
import type { HistoryEntry } from "../../client/profile/tables/history_entry.ts";
import type { Client } from "../../client/client.ts";
import type { Bytes } from "../../shared/bytes.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Conversation } from "../support/attack/conversation.ts";
import { failure, type Party } from "../support/attack/parties.ts";
import { filesWith } from "../support/profile/full_profile.ts";
import { utf8 } from "../../shared/bytes.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Alice and Bob know each other; the clocks of both stand still until the test moves them. */
async function open() {
  const scene = await Conversation.underWay();
  const { alice, bob, server } = scene;
  let time = Date.now();
  alice.now = bob.now = () => time;
  const run = <T>(party: Party, act: (client: Client) => Promise<T>) =>
    party.with(server.address, act);
  return {
    ...{ scene, alice, bob, run },
    wait: (milliseconds: number) => time += milliseconds,
    [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose](),
  };
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

function last({ profile: { history } }: Party, peer: Bytes): HistoryEntry {
  const entry = [...history.list(peer)].at(-1);
  assert(entry);
  return entry;
}

Deno.test("messages: what was read is told, and only once", async () => {
  await using test = await open();
  const { scene, alice, bob, run } = test;
  await scene.say("read me", "and me");
  await scene.received();
  await scene.answers();
  assertEquals(last(alice, scene.bobId).readAt, undefined);
  assert(last(alice, scene.bobId).deliveredAt !== undefined);
  test.wait(MINUTE);
  const sent = () => scene.server.requests.filter(({ kind }) => kind === "send").length;
  const before = sent();
  assertEquals((await run(bob, (client) => client.markRead("alice"))).length >= 2, true);
  await scene.received();
  assertEquals(sent(), before + 1, "one receipt for all");
  await scene.answers();
  assertEquals(last(alice, scene.bobId).readAt, bob.now());
  await run(bob, (client) => client.markRead("alice"));
  await scene.received();
  assertEquals(sent(), before + 1);
});

Deno.test("messages: while many are noted as read, all else goes on", async () => {
  await using test = await open();
  const { scene, bob, run } = test;
  const { history } = bob.profile;
  bob.profile.transaction(() => {
    for (let at = 0; at < 600; at++) {
      const head = { peer: scene.aliceId, at, stored: at, contentId: null, messageId: null };
      history.addReceived({ ...head, body: { text: `text ${at}` } });
    }
  });
  const unread = () => history.unread(scene.aliceId).count;
  const before = unread();
  const seen = new Set<number>();
  const read = await run(bob, async (client) => {
    const reading = client.markRead("alice");
    for (let done = false; !done;) {
      seen.add(unread());
      done = await Promise.race([reading.then(() => true), turn().then(() => false)]);
    }
    return await reading;
  });
  assertEquals([read.length, unread()], [before, 0]);
  assert(seen.size > 2, "it was done at once");
  assertEquals(read, read.toSorted((a, b) => a - b));
});

Deno.test("messages: nobody who is blocked hears that something was read", async () => {
  await using test = await open();
  const { scene, bob, run } = test;
  await scene.say("read me");
  await scene.received();
  bob.profile.contacts.setBlocked(scene.aliceId, true);
  const outbox = () => bob.profile.outbox.first().length;
  const before = outbox();
  await run(bob, (client) => client.messages.noteRead([last(bob, scene.aliceId).number]));
  assertEquals(outbox(), before);
});

Deno.test("messages: they disappear after they were sent, and after they were read", async () => {
  await using test = await open();
  const { scene, alice, bob, run } = test;
  await run(alice, (client) => client.messages.setTimer("bob", 60));
  await scene.say("a secret that fades");
  await scene.received();
  const texts = (party: Party, peer: Bytes) =>
    [...party.profile.history.list(peer)].flatMap(({ body }) => "text" in body ? body.text : []);
  test.wait(59_000);
  await run(alice, (client) => client.messages.expire());
  assertEquals(texts(alice, scene.bobId).at(-1), "a secret that fades");
  test.wait(1000);
  await run(alice, (client) => client.messages.expire());
  assertEquals(texts(alice, scene.bobId), ["hello", "hello yourself"]);
  // Bob has not read it yet.
  await run(bob, (client) => client.messages.expire());
  assertEquals(texts(bob, scene.aliceId).at(-1), "a secret that fades");
  await run(bob, (client) => client.markRead("alice"));
  test.wait(60_000);
  await run(bob, (client) => client.messages.expire());
  assertEquals(texts(bob, scene.aliceId), ["hello", "hello yourself"]);
  // It is sealed anyway; nor is a repeat of it taken for new.
  assertEquals(await filesWith(bob.folder, [utf8("a secret that fades")]), []);
});

Deno.test("messages: of a file that fades or is deleted, no record stays", async () => {
  await using test = await open();
  const { scene, alice, bob, run } = test;
  const path = `${alice.folder}/plans.txt`;
  await Deno.writeTextFile(path, "the plans");
  const sendAndAnnounce = async () => {
    await run(alice, (client) => client.sendFile("bob", path));
    const options = { files: "announce" } as const;
    await run(bob, (client) => Array.fromAsync(client.receive(bob.folder, () => {}, options)));
  };
  const records = async (party: Party) =>
    await run(party, (client) => Promise.resolve(client.transfers().length));
  await run(alice, (client) => client.messages.setTimer("bob", 60));
  await sendAndAnnounce();
  await run(bob, (client) => client.markRead("alice"));
  assertEquals([await records(alice), await records(bob)], [1, 1]);
  test.wait(2 * MINUTE);
  for (const party of [alice, bob]) await run(party, (client) => client.messages.expire());
  assertEquals([await records(alice), await records(bob)], [0, 0]);

  await run(alice, (client) => client.messages.setTimer("bob", 0));
  await sendAndAnnounce();
  assertEquals([await records(alice), await records(bob)], [1, 1]);
  const { number } = last(alice, scene.bobId);
  await run(alice, (client) => client.messages.delete(number, { forBoth: true }));
  assertEquals(await scene.received(), ["alice: (deleted)"]);
  assertEquals([await records(alice), await records(bob)], [0, 0]);
  assertEquals(last(bob, scene.aliceId).body, { text: "" });
});

Deno.test("messages: what was lost is sent again as it is now", async () => {
  await using test = await open();
  const { scene, alice, bob, run } = test;
  await scene.say("first wording");
  const { number } = last(alice, scene.bobId);
  await run(alice, (client) => client.messages.edit(number, "second wording"));
  await run(alice, (client) => client.messages.react(number, "👍"));
  await run(alice, (client) => client.messages.react(number, "👎"));
  bob.profile.transaction(() => bob.profile.sessions.clear());
  assertEquals(await scene.received(), ["alice: (4 unreadable)"]);
  await scene.answers();
  const shown = await scene.received();
  assertEquals(shown.filter((line) => line === "alice: second wording").length, 1, shown.join());
  assertEquals(shown.filter((line) => line.includes("first")), []);
  const { body, reactions } = last(bob, scene.aliceId);
  assertEquals([body, reactions?.peer?.emoji], [{ text: "second wording" }, "👎"]);
});

Deno.test("messages: what was lost and is deleted is not sent again", async () => {
  await using test = await open();
  const { scene, alice, bob, run } = test;
  await scene.say("better unsaid");
  const { number } = last(alice, scene.bobId);
  await run(alice, (client) => client.messages.edit(number, "better unsaid, really"));
  await run(alice, (client) => client.messages.delete(number, { forBoth: true }));
  bob.profile.transaction(() => bob.profile.sessions.clear());
  assertEquals(await scene.received(), ["alice: (3 unreadable)"]);
  await scene.answers();
  assertEquals(await scene.received(), []);
  assertEquals(last(bob, scene.aliceId).body, { text: "hello yourself" });
});

Deno.test("messages: a text can be changed for a day, and after that for nobody", async () => {
  await using test = await open();
  const { scene, alice, bob, run } = test;
  await scene.say("a text");
  await scene.received();
  const { number } = last(alice, scene.bobId);
  const edit = (text: string) => run(alice, (client) => client.messages.edit(number, text));
  test.wait(24 * HOUR - 1);
  await edit("changed late");
  // The clock of the author counts, so that both see the same.
  assertEquals(await scene.received(), ["alice: (edited)"]);
  test.wait(2);
  assertEquals(await failure(edit("too late")), "not-possible");
  assertEquals(last(bob, scene.aliceId).body, { text: "changed late" });
});

Deno.test("messages: the newest timer holds on both sides, whoever's clock is behind", async () => {
  await using test = await open();
  const { scene, alice, bob, run } = test;
  bob.now = () => alice.now() - 10 * MINUTE;
  const set = (party: Party, peer: string, seconds: number) =>
    run(party, (client) => client.messages.setTimer(peer, seconds));
  await set(alice, "bob", 60);
  await scene.received();
  await set(bob, "alice", 120);
  await scene.answers();
  const timers = () => [
    alice.profile.contacts.timer(scene.bobId)?.seconds,
    bob.profile.contacts.timer(scene.aliceId)?.seconds,
  ];
  assertEquals(timers(), [120, 120]);
  // Both at the same time: the same one wins on both sides.
  bob.now = alice.now;
  test.wait(HOUR);
  await Promise.all([set(alice, "bob", 5), set(bob, "alice", 7)]);
  await scene.answers();
  await scene.received();
  const [one, other] = timers();
  assertEquals(one, other);
});

Deno.test("messages: a receipt starts no session, and its loss does no harm", async () => {
  await using test = await open();
  const { scene, bob } = test;
  await scene.say("no answer to this");
  const messages = scene.mailbox.splice(0);
  await scene.received();
  for (const message of messages) scene.server.put(scene.bobId, message);
  await scene.received();
  const receipts = scene.server.mailbox(scene.aliceId).splice(0); // the server loses it
  assertEquals(receipts.map(({ type }) => type), [MessageType.text]);
  await scene.assertGoesOn();
  bob.profile.transaction(() => bob.profile.sessions.clear());
  const fetched = () => scene.server.requests.filter((it) => it.kind === "fetch-prekeys").length;
  const before = fetched();
  await test.run(bob, (client) => client.messages.noteRead([last(bob, scene.aliceId).number]));
  assertEquals([fetched(), bob.profile.outbox.first().length], [before, 0]);
});

/** An attacker who runs the server, and would have clients start their sessions over. */
import type { DeliveredMessage } from "../support/protocol/frames.ts";
import { type Bytes, toHex } from "../../shared/bytes.ts";
import { secureClientId, verifyIdentity } from "../../shared/crypto/identity.ts";
import { MAX_U32 } from "../../shared/limits.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import { encodeReset, type Reset } from "../../shared/session/reset.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { MAX_ANSWERS } from "../../client/profile/tables/repairs.ts";
import { Conversation } from "../support/attack/conversation.ts";
import type { Party } from "../support/attack/parties.ts";

/** A reset that `from` signs, for `to`. */
async function resetOf(reset: Reset, from: Party, to: Party): Promise<Bytes> {
  const [own, peer] = [from.profile.secureIdentity, to.profile.secureIdentity];
  assert(own && peer);
  const [a, b] = [await verifyIdentity(own.publicKey), await verifyIdentity(peer.publicKey)];
  return await encodeReset(reset, a, b, own.secrets.signing);
}

/** The reset from Alice that waits for Bob, because she could not open what he sent. */
async function honestReset(scene: Conversation): Promise<DeliveredMessage> {
  const { server, bob, alice } = scene;
  await bob.send(server.address, "alice", "opened at the second attempt");
  const [message] = server.mailbox(scene.aliceId);
  message.content = message.content.with(
    -1,
    message.content[message.content.length - 1] ^ 1,
  ) as Bytes;
  await alice.receive(server.address);
  const reset = scene.mailbox.pop();
  assert(reset?.type === MessageType.keyRequest);
  return reset;
}

Deno.test("server: resets that are not signed for this route do nothing", async () => {
  await using scene = await Conversation.underWay();
  const { server, alice, bob, carol } = scene;
  await carol.send(server.address, "bob", "hello from Carol");
  await scene.received();
  const type = MessageType.keyRequest;
  const from = scene.aliceId;
  const reset = { time: Date.now(), messageIds: [1, 2, 3] };
  const right = await resetOf(reset, alice, bob);
  const contents: Bytes[] = [
    await resetOf(reset, carol, bob),
    await resetOf(reset, alice, carol),
    await resetOf(reset, bob, alice),
    new Uint8Array(73),
  ];
  for (let at = 0; at < right.length; at++) {
    contents.push(right.with(at, right[at] ^ (1 << at % 8)) as Bytes, right.slice(0, at));
  }
  await scene.assertRefused([
    ...contents.map((content) => ({ from, type, content })),
    { from: carol.profile.identity.id, type, content: right },
    { from: scene.bobId, type, content: right },
    { from: scene.bobId, type, content: await resetOf(reset, bob, bob) },
  ]);
  const fetched = server.requests.filter(({ kind }) => kind === "fetch-prekeys").length;
  await scene.assertGoesOn();
  const after = server.requests.filter(({ kind }) => kind === "fetch-prekeys").length;
  assertEquals(after, fetched, "no session was begun for them");
});

Deno.test("server: a reset that comes again, or late, starts nothing", async () => {
  await using scene = await Conversation.underWay();
  const { server, bob } = scene;
  const first = await honestReset(scene);
  server.put(scene.bobId, first);
  assertEquals(await scene.received(), ["alice: (notice)"]);
  assertEquals(await scene.answers(), ["bob: opened at the second attempt"]);
  assertEquals(await scene.received(), [], "but her receipt");
  const sessions = bob.sessions(scene.aliceId);
  const sent = server.requests.filter(({ kind }) => kind === "send").length;
  for (let i = 0; i < 50; i++) server.put(scene.bobId, first);
  await bob.restart();
  assertEquals(await scene.received(), []);
  assertEquals(bob.sessions(scene.aliceId), sessions);
  assertEquals(server.requests.filter(({ kind }) => kind === "send").length, sent);
  // One from before the last that was accepted.
  const earlier = await resetOf({ time: 1, messageIds: [] }, scene.alice, bob);
  server.put(scene.bobId, { ...first, content: earlier });
  assertEquals(await scene.received(), []);
  assertEquals(bob.sessions(scene.aliceId), sessions);
  await scene.assertGoesOn();
});

Deno.test("server: a reset for messages that nobody sent only starts a session", async () => {
  await using scene = await Conversation.underWay();
  const { server, alice, bob, carol } = scene;
  await bob.send(server.address, "carol", "for Carol alone");
  const [forCarol] = server.mailbox(carol.profile.identity.id);
  const messageIds = [0, MAX_U32, forCarol.messageId, forCarol.messageId, 12345];
  const content = await resetOf({ time: Date.now(), messageIds }, alice, bob);
  server.put(scene.bobId, { from: scene.aliceId, type: MessageType.keyRequest, content });
  assertEquals(await scene.received(), []);
  const [start, ...others] = server.mailbox(scene.aliceId);
  assertEquals([start.type, others.length], [MessageType.key, 0]);
  assertEquals(await scene.answers(), []);
  await scene.assertGoesOn();
});

Deno.test("server: a reset from the future is taken once; messages still arrive", async () => {
  await using scene = await Conversation.underWay();
  const { server, alice, bob } = scene;
  const from = scene.aliceId;
  const type = MessageType.keyRequest;
  const future = [Number.MAX_SAFE_INTEGER, 2 ** 60, 2 ** 64 - 2048];
  for (const time of future) {
    const content = await resetOf({ time, messageIds: [] }, alice, bob);
    server.put(scene.bobId, { from, type, content });
  }
  const got = await scene.received();
  assertEquals(got, ["alice: (2 bad-reset)"], "no number that is safe");
  await scene.assertGoesOn();
});

Deno.test("server: a flood of resets, even of right ones, is answered four times", async () => {
  await using scene = await Conversation.underWay();
  const { server, alice, bob } = scene;
  const from = scene.aliceId;
  const type = MessageType.keyRequest;
  for (let i = 0; i < 30; i++) {
    const content = await resetOf({ time: Date.now() + i, messageIds: [i] }, alice, bob);
    server.put(scene.bobId, { from, type, content });
  }
  const before = server.requests.length;
  await scene.received();
  await scene.say("not held up");
  assertEquals(await scene.received(), ["alice: not held up"]);
  const later = server.requests.slice(before);
  assertEquals(later.filter(({ kind }) => kind === "fetch-prekeys").length, MAX_ANSWERS);
  assertEquals(bob.sessions(from).length, 1 + MAX_ANSWERS);
  assertEquals(await scene.answers(), []);
  await scene.assertGoesOn();
});

Deno.test("server: unreadable messages are asked for once a minute at most", async () => {
  await using scene = await Conversation.underWay();
  const { server } = scene;
  const from = scene.aliceId;
  const resets = () => server.mailbox(from).filter(({ type }) => type === MessageType.keyRequest);
  for (let i = 0; i < 600; i++) {
    const content = crypto.getRandomValues(new Uint8Array(400)).with(0, 3) as Bytes;
    server.put(scene.bobId, { from, type: MessageType.text, content });
    if (i % 100 === 0) await scene.received();
  }
  await scene.received();
  assertEquals(resets().length, 1);
  await scene.settle();
  await scene.assertGoesOn();
});

Deno.test("server: nobody is asked for what others claim to come from oneself", async () => {
  await using scene = await Conversation.underWay();
  const { server, bob } = scene;
  const content = crypto.getRandomValues(new Uint8Array(400)).with(0, 3) as Bytes;
  await scene.assertRefused([{ from: scene.bobId, type: MessageType.text, content }]);
  const { secureIdentity } = bob.profile;
  assert(secureIdentity);
  assertEquals(toHex(secureClientId(secureIdentity.publicKey)), toHex(scene.bobId));
  const toBob = server.requests.filter((each) =>
    each.kind === "send" && toHex(each.to) === toHex(scene.bobId) &&
    each.type === MessageType.keyRequest
  );
  assertEquals(toBob, []);
  assertEquals(bob.sessions(scene.bobId), []);
  await scene.assertGoesOn();
});

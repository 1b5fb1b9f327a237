/** Readers who do not read: they hold a part of the memory, and only until it is needed. */
import { encodeSecureRequest } from "../../shared/protocol/secure/requests.ts";
import { type Bytes, concat } from "../../shared/bytes.ts";
import { FILE_CHUNK_SIZE, MiB } from "../../shared/limits.ts";
import { DAY } from "../../server/limits/limits.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { sampleBytes } from "../support/pieces.ts";
import { refusalsOf } from "../support/server/samples.ts";
import {
  newToken,
  type SecurePeer,
  Someone,
  textOf,
  textTo,
} from "../support/server/secure_peer.ts";
import { chunkOf, openUpload, upload } from "../support/server/secure_uploads.ts";
import { FakeClock, ServerFixture } from "../support/server/server_fixture.ts";
import { until } from "../support/until.ts";

/** More than the system itself takes for a peer that does not read. */
const ASKED = 24;
const READERS = 16;
const BUDGET = 16 * MiB;

function get(blob: Bytes, chunk: number): Bytes {
  return encodeSecureRequest({ kind: "get-chunk", blob, chunk });
}

Deno.test("slow readers: they hold no more than the budget, and let a healthy one by", async () => {
  const clock = new FakeClock();
  const limits = { memory: BUDGET, idleDeadline: DAY, sessionIdleDeadline: DAY };
  await using server = await ServerFixture.start({ clock, limits });
  const { memory } = server.services;
  const alice = await server.secure("alice");
  const eve = await Someone.called("eve");
  const bob = await server.secure("bob");
  const readers: SecurePeer[] = [];
  while (readers.length < READERS) readers.push(await server.secure(eve));
  const blob = newToken();
  const content = sampleBytes(2 * FILE_CHUNK_SIZE);
  await upload(alice, blob, content, eve.id, bob.who.id);

  for (const reader of readers) {
    reader.send(concat(...Array(ASKED).fill(get(blob, 0)))).catch(() => {});
  }
  await until("the slow ones have all", () => memory.chunks.waiting > 0);
  const most = BUDGET * 3 / 4;
  assert(memory.chunks.used <= most, `${memory.chunks.used} bytes`);
  // What is small does not wait for chunks.
  assertEquals(await alice.sendText(bob.who.id, "text"), 1);

  // It goes on while its neighbours are ended: those that asked before it have their turns, too.
  let [got, over] = [0, false];
  const healthy = (async () => {
    for (; !over; got++) {
      const { bytes } = await bob.request({ kind: "get-chunk", blob, chunk: 1 }, "chunk");
      assertEquals(bytes, content.subarray(FILE_CHUNK_SIZE));
    }
  })();
  const passTime = (what: string, condition: () => boolean | Promise<boolean>) =>
    until(what, () => {
      clock.now += 20;
      assert(memory.chunks.used <= most, `${memory.chunks.used} bytes`);
      return condition();
    });
  const refusals = () => refusalsOf(server.services.metrics);
  await passTime("somebody was ended", async () => (await refusals()).memory > 0);
  const before = got;
  await passTime("the healthy one goes on", () => got > before);
  over = true;
  for (const reader of readers) reader[Symbol.dispose]();
  await healthy;
  await until("all is given back", () => memory.used === 0 && memory.chunks.waiting === 0);
});

Deno.test("slow readers: a mailbox pushed and not read takes a page of memory", async () => {
  await using server = await ServerFixture.start({ clock: new FakeClock() });
  const { memory } = server.services;
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  const text = "t".repeat(60_000);
  for (let i = 0; i < 300; i++) await alice.sendText(bob.who.id, text);
  await bob.send({ kind: "subscribe" });
  await until("a page waits for its reader", () => memory.pages.used > 0);
  assert(memory.pages.used <= MiB, `${memory.pages.used} bytes`);
  bob[Symbol.dispose]();
  await until("it is given back", () => memory.used === 0);
});

Deno.test("slow readers: whatever one address holds on to, others go on at once", async () => {
  const limits = { memory: BUDGET, headerDeadline: DAY, idleDeadline: DAY };
  await using server = await ServerFixture.start({ clock: new FakeClock(), limits });
  const { memory } = server.services;
  const content = sampleBytes(2 * FILE_CHUNK_SIZE);
  // Each of its connections counts as an address of its own.
  const elsewhere = server.listenAlso({ exempt: new Set(["127.0.0.1"]) });
  const login = async (who: Someone) => {
    const peer = await server.open(elsewhere);
    if (!(await peer.login(who)).registered) await peer.register(who);
    return peer;
  };
  const bob = await Someone.called("bob");
  const [alice, follower, poller] = [
    await login(await Someone.called("alice")),
    await login(bob),
    await login(bob),
  ];

  const eve = await server.secure("eve");
  for (let i = 0; i < 100; i++) await eve.sendText(eve.who.id, "t".repeat(60_000));
  const [blob, dripping] = [newToken(), newToken()];
  await upload(eve, blob, content, alice.who.id, bob.id);
  await openUpload(eve, dripping, 3 * FILE_CHUNK_SIZE);
  const poll = encodeSecureRequest({ kind: "get-messages", after: 0 });
  const bytes = chunkOf(content, 0);
  const chunk = encodeSecureRequest({ kind: "put-chunk", blob: dripping, chunk: 0, bytes });
  const text = encodeSecureRequest(textTo(eve.who.id, "t".repeat(60_000)));
  const attacks: [SecurePeer, Bytes][] = [];
  for (let i = 0; i < 5; i++) {
    attacks.push([await server.secure(eve.who), concat(...Array(ASKED).fill(poll))]);
    attacks.push([await server.secure(eve.who), concat(...Array(ASKED).fill(get(blob, 0)))]);
    attacks.push([await server.secure(eve.who), chunk.subarray(0, 100_000)]);
  }
  for (let i = 0; i < 40; i++) {
    attacks.push([await server.secure(`mallory ${i}`), text.subarray(0, 50_000)]);
  }
  for (const [peer, bytes] of attacks) peer.send(bytes).catch(() => {});
  const pools = [memory.chunks, memory.pages, memory.requests];
  await until("they wait for all kinds", () => pools.every(({ waiting }) => waiting > 0));

  // No time passes, so none of them is ended.
  await follower.subscribe();
  for (let round = 1; round <= 50; round++) {
    const sent = `text ${round}`;
    const id = await alice.sendText(bob.id, sent);
    assertEquals(textOf(await follower.push()), sent);
    assertEquals((await poller.poll()).map(textOf), [sent]);
    await poller.acknowledge(id);
    const got = await follower.request({ kind: "get-chunk", blob, chunk: 1 }, "chunk");
    assertEquals(got.bytes, chunkOf(content, 1));
    if (round % 10 === 0) await upload(alice, newToken(), content, bob.id);
  }
  assert(pools.every(({ waiting }) => waiting > 0), "they wait no longer");
  assert(memory.used <= BUDGET, `${memory.used} bytes`);
  assertEquals((await refusalsOf(server.services.metrics)).memory, undefined);
  for (const [peer] of attacks) peer[Symbol.dispose]();
});

/** Readers who do not read: they hold a part of the memory, and only until it is needed. */
import { encodeSecureRequest } from "../../shared/protocol/secure/requests.ts";
import { type Bytes, concat } from "../../shared/bytes.ts";
import { FILE_CHUNK_SIZE, MiB } from "../../shared/limits.ts";
import { DAY } from "../../server/limits/limits.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { sampleBytes } from "../support/pieces.ts";
import { refusalsOf } from "../support/server/samples.ts";
import { newToken, type SecurePeer, Someone } from "../support/server/secure_peer.ts";
import { upload } from "../support/server/secure_uploads.ts";
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
    reader.send(concat(...Array.from({ length: ASKED }, () => get(blob, 0)))).catch(() => {});
  }
  await until("the slow ones have all", () => memory.chunks.waiting > 0);
  const most = BUDGET * 3 / 4;
  assert(memory.chunks.used <= most, `${memory.chunks.used} bytes`);
  // What is small does not wait for chunks.
  assertEquals(await alice.sendText(bob.who.id, "text"), 1);

  const healthy = bob.request({ kind: "get-chunk", blob, chunk: 1 }, "chunk");
  // Their windows are full, and time passes.
  await until("somebody was ended", async () => {
    clock.now += 100;
    assert(memory.chunks.used <= most, `${memory.chunks.used} bytes`);
    return (await refusalsOf(server.services.metrics)).memory > 0;
  });
  assertEquals((await healthy).bytes, content.subarray(FILE_CHUNK_SIZE));
  for (const reader of readers) reader[Symbol.dispose]();
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

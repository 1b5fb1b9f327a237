import { toHex } from "../../../shared/bytes.ts";
import { FrameReader } from "../../../shared/protocol/frame_stream.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { ManualSource, PieceSource, settled } from "../../support/pieces.ts";

/** A failure of the peer's stream, as it comes from a connection. */
class Reset extends Error {}

const BYTES = new Uint8Array([1, 2, 3]);

Deno.test("look ahead: nothing is read before it is asked for", async () => {
  const source = new ManualSource();
  const reader = new FrameReader(source, 16);
  assert(reader.quiet);
  await settled();
  assertEquals(source.reads, 0);
});

Deno.test("look ahead: quiet until bytes arrive, which the next read gets", async () => {
  const source = new ManualSource();
  const reader = new FrameReader(source, 16);
  reader.lookAhead();
  assertEquals(source.reads, 1);
  await settled();
  assert(reader.quiet);
  await source.give(BYTES);
  assert(!reader.quiet);
  assertEquals(await reader.read(2), BYTES.slice(0, 2));
  assert(!reader.quiet, "one byte is left");
  assertEquals(await reader.read(1), BYTES.slice(2));
  assert(reader.quiet);
  assertEquals(source.reads, 1);
});

Deno.test("look ahead: asked for twice it reads once", async () => {
  const source = new ManualSource();
  const reader = new FrameReader(source, 16);
  reader.lookAhead();
  reader.lookAhead();
  const more = reader.more();
  reader.lookAhead();
  await settled();
  assertEquals(source.reads, 1);
  await source.give(BYTES);
  assertEquals(await more, true);
});

Deno.test("look ahead: reads nothing while bytes are waiting", async () => {
  const source = new ManualSource();
  const reader = new FrameReader(source, 16);
  reader.lookAhead();
  await source.give(BYTES);
  reader.lookAhead();
  assertEquals(source.reads, 1);
  await reader.read(3);
  reader.lookAhead();
  assertEquals(source.reads, 2);
  await source.give(null);
});

Deno.test("look ahead: a large read waits for it and does not overtake it", async () => {
  const source = new ManualSource();
  const reader = new FrameReader(source, 16);
  reader.lookAhead();
  const large = new Uint8Array(32);
  const reading = reader.readSome(large);
  await settled();
  assertEquals(source.reads, 1);
  await source.give(BYTES);
  assertEquals(await reading, 3);
  assertEquals(toHex(large.slice(0, 3)), toHex(BYTES));
});

Deno.test("look ahead: the end ends the quiet, and is not read past", async () => {
  const source = new ManualSource();
  const reader = new FrameReader(source, 16);
  reader.lookAhead();
  await source.give(null);
  assert(!reader.quiet);
  reader.lookAhead();
  assertEquals(await reader.more(), false);
  assertEquals(await reader.more(), false);
  assert(!reader.quiet);
  assertEquals(source.reads, 1);
});

Deno.test("look ahead: a failure ends the quiet and waits for the next call", async () => {
  const source = new ManualSource();
  const reader = new FrameReader(source, 16);
  reader.lookAhead();
  await source.fail(new Reset("gone"));
  assert(!reader.quiet);
  reader.lookAhead();
  await assertRejects(() => reader.more(), Reset, "gone");
  assertEquals(source.reads, 1);
});

Deno.test("failure: comes again at every call, and the source is left alone", async () => {
  const calls: [string, (reader: FrameReader) => Promise<unknown>][] = [
    ["more", (reader) => reader.more()],
    ["read", (reader) => reader.read(1)],
    ["readSome", (reader) => reader.readSome(new Uint8Array(1))],
    ["readFull", (reader) => reader.readFull(new Uint8Array(99))],
  ];
  for (const [, first] of calls.filter(([name]) => name !== "readFull")) {
    for (const [name, second] of calls) {
      const source = new PieceSource([], new Reset("gone"));
      const reader = new FrameReader(source, 16);
      const error = await assertRejects(() => first(reader), Reset);
      assert(error === await assertRejects(() => second(reader), Reset), name);
      assert(!reader.quiet);
      assertEquals(source.reads.length, 1, name);
    }
  }
});

Deno.test("failure: in a read past the buffer it is kept, too", async () => {
  const source = new ManualSource();
  const reader = new FrameReader(source, 16);
  const reading = assertRejects(() => reader.readFull(new Uint8Array(99)), Reset, "gone");
  await source.fail(new Reset("gone"));
  await reading;
  assert(!reader.quiet, "a stream that failed is not quiet");
  const again = assertRejects(() => reader.readFull(new Uint8Array(99)), Reset, "gone");
  if (source.reads > 1) await source.give(new Uint8Array(99));
  await again;
  assertEquals(source.reads, 1);
});

Deno.test("end: in a read past the buffer it is kept, too", async () => {
  const source = new PieceSource([]);
  const reader = new FrameReader(source, 16);
  await assertRejects(() => reader.readFull(new Uint8Array(99)), Error, "ended inside a frame");
  assert(!reader.quiet);
  assertEquals(await reader.more(), false);
  assertEquals(source.reads.length, 1);
});

Deno.test("failure: bytes that arrived before it are given first", async () => {
  const source = new PieceSource([BYTES], new Reset("gone"));
  const reader = new FrameReader(source, 16);
  assertEquals(await reader.read(1), BYTES.slice(0, 1));
  assertEquals(await reader.more(), true);
  assertEquals(await reader.read(2), BYTES.slice(1));
  await assertRejects(() => reader.read(1), Reset, "gone");
});

Deno.test("failure: with no reason given it still fails", async () => {
  const source = new ManualSource();
  const reader = new FrameReader(source, 16);
  reader.lookAhead();
  await source.fail(undefined);
  assert(!reader.quiet);
  await assertRejects(() => reader.more(), Error);
  await assertRejects(() => reader.more(), Error);
});

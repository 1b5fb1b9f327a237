import { ChunkBuffers } from "../../../server/contents/chunk_buffers.ts";
import { assertEquals } from "../../support/assert.ts";

Deno.test("chunk buffers: a buffer is used again, and by one at a time", () => {
  const buffers = new ChunkBuffers();
  const [one, two] = [buffers.take(), buffers.take()];
  assertEquals(one === two, false);
  buffers.give(one);
  assertEquals([buffers.take() === one, buffers.take() === one], [true, false]);
});

Deno.test("chunk buffers: no more than 16 are kept", () => {
  const buffers = new ChunkBuffers();
  const given = new Set(Array.from({ length: 20 }, () => buffers.take()));
  for (const buffer of given) buffers.give(buffer);
  const taken = Array.from({ length: 20 }, () => buffers.take());
  assertEquals(taken.filter((buffer) => given.has(buffer)).length, 16);
  assertEquals(new Set(taken).size, 20);
});

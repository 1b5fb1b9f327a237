import { decodeRequestPayload } from "../../support/protocol/frames.ts";
import fc from "fast-check";
import { type Bytes, equalBytes, toHex } from "../../../shared/bytes.ts";
import { ProtocolError } from "../../../shared/errors.ts";
import { KiB } from "../../../shared/limits.ts";
import { FrameReader } from "../../../shared/protocol/frame_stream.ts";
import { encodeRequest, type Request } from "../../../shared/protocol/classic/requests.ts";
import { decodeRequestHeader, REQUEST_HEADER_SIZE } from "../../../shared/protocol/frame.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { pieceSizes, request, runs } from "../../support/fuzz.ts";
import { cut, GivingSource, PieceSource, sampleBytes } from "../../support/pieces.ts";

/** The buffer that a reader has unless told otherwise. */
const BUFFER_SIZE = 2 * KiB;

function readerOf(bytes: Bytes, sizes: number[], bufferSize?: number): FrameReader {
  return new FrameReader(new PieceSource(cut(bytes, sizes)), bufferSize);
}

/** A reader that is given whole chunks of these sizes. */
function chunkReaderOf(bytes: Bytes, sizes: number[], bufferSize?: number): FrameReader {
  return new FrameReader(new GivingSource(cut(bytes, sizes)), bufferSize);
}

async function assertTruncated(fn: () => Promise<unknown>): Promise<void> {
  assertEquals((await assertRejects(fn, ProtocolError)).code, "truncated");
}

/** Reads requests until the stream ends between two. */
async function readRequests(reader: FrameReader): Promise<Request[]> {
  const requests: Request[] = [];
  while (await reader.more()) {
    const header = decodeRequestHeader(await reader.read(REQUEST_HEADER_SIZE));
    requests.push(decodeRequestPayload(header, await reader.read(header.size)));
  }
  return requests;
}

const SAMPLES = fc.sample(request, { seed: 1, numRuns: 25 });
const STREAM = new Uint8Array(SAMPLES.flatMap((request) => [...encodeRequest(request)]));

Deno.test("FrameReader: frames that come whole", async () => {
  assertEquals(await readRequests(readerOf(STREAM, [STREAM.length])), SAMPLES);
  assertEquals(
    await readRequests(readerOf(STREAM, SAMPLES.map((r) => encodeRequest(r).length))),
    SAMPLES,
  );
});

Deno.test("FrameReader: frames that come byte by byte", async () => {
  assertEquals(await readRequests(readerOf(STREAM, [1])), SAMPLES);
  assertEquals(await readRequests(readerOf(STREAM, [1], 1)), SAMPLES);
});

Deno.test("FrameReader: frames in pieces of any size, through any buffer (property)", async () => {
  const property = fc.asyncProperty(
    pieceSizes(500),
    fc.integer({ min: 1, max: 600 }),
    async (sizes, bufferSize) => {
      assertEquals(await readRequests(readerOf(STREAM, sizes, bufferSize)), SAMPLES);
    },
  );
  await fc.assert(property, runs(60));
});

Deno.test("FrameReader: cut at every byte it is truncated, or ends between frames", async () => {
  assertEquals(new Set(SAMPLES.map(({ kind }) => kind)).size, 5);
  const sent = SAMPLES.find(({ kind }) => kind === "send");
  assert(sent);
  const frame = encodeRequest(sent);
  for (const sizes of [[frame.length], [1]]) {
    for (let size = 0; size <= frame.length; size++) {
      const reader = readerOf(frame.slice(0, size), sizes);
      if (size === 0 || size === frame.length) {
        assertEquals((await readRequests(reader)).length, size && 1);
        assertEquals(await reader.more(), false);
      } else await assertTruncated(() => readRequests(reader));
      await assertTruncated(() => reader.read(1));
    }
  }
});

Deno.test("FrameReader: reads of its buffer's size, and one off, in such pieces", async () => {
  const around = [-1, 0, 1].map((difference) => BUFFER_SIZE + difference);
  for (const first of around) {
    for (const second of around) {
      const bytes = sampleBytes(first + second + 3);
      for (const sizes of [...around.map((size) => [size]), [1, BUFFER_SIZE], [bytes.length]]) {
        const reader = readerOf(bytes, sizes);
        assert(equalBytes(await reader.read(first), bytes.slice(0, first)));
        assert(equalBytes(await reader.read(second), bytes.slice(first, first + second)));
        assertEquals(toHex(await reader.read(3)), toHex(bytes.slice(-3)));
        assertEquals(await reader.more(), false);
      }
    }
  }
});

Deno.test("FrameReader: what exceeds its buffer goes straight to the caller's memory", async () => {
  const bytes = sampleBytes(100);
  const source = new PieceSource(cut(bytes, [20, 30, 50]));
  const reader = new FrameReader(source, 16);
  assertEquals(await reader.read(10), bytes.slice(0, 10));
  const large = new Uint8Array(90);
  await reader.readFull(large);
  assertEquals(toHex(large), toHex(bytes.slice(10)));
  // The first 20 bytes needed the buffer twice; nothing asked for more than the buffer holds.
  const direct = source.reads.filter((into) => into.buffer === large.buffer);
  const buffered = source.reads.filter((into) => into.buffer !== large.buffer);
  assert(direct.length >= 2, "the pieces of 30 and 50 bytes");
  assert(buffered.every((into) => into.length === 16));
});

Deno.test("FrameReader: a stream that ends in a direct read is and stays truncated", async () => {
  const reader = readerOf(sampleBytes(40), [40], 16);
  await assertTruncated(() => reader.readFull(new Uint8Array(41)));
  await assertTruncated(() => reader.readFull(new Uint8Array(41)));
  await assertTruncated(() => reader.readSome(new Uint8Array(1)));
  assertEquals(await reader.more(), false);
});

Deno.test("FrameReader: readSome returns what is there and does not wait for more", async () => {
  const reader = readerOf(new Uint8Array([1, 2, 3, 4]), [3, 1], 16);
  const into = new Uint8Array(8);
  assertEquals(await reader.readSome(into.subarray(0, 2)), 2);
  assertEquals(await reader.readSome(into.subarray(2)), 1);
  assertEquals(await reader.readSome(into.subarray(3)), 1);
  assertEquals(toHex(into), "0102030400000000");
  await assertTruncated(() => reader.readSome(into));
});

Deno.test("FrameReader: chunks are read where they lie, and joined for a frame", async () => {
  const bytes = sampleBytes(100);
  const reader = chunkReaderOf(bytes, [20, 30, 50], 64);
  assertEquals(reader.take(1), null);
  assert(await reader.more());
  assertEquals([reader.buffered, reader.take(21)], [20, null]);
  assertEquals(reader.take(15), bytes.slice(0, 15));
  await reader.gather(35);
  assertEquals([reader.buffered, reader.take(35)], [35, bytes.slice(15, 50)]);
  await reader.gather(65); // more than the buffer is to hold
  assertEquals(reader.buffered, 0);
  await reader.gather(51); // more than will come
  assertEquals([reader.buffered, reader.take(51)], [50, null]);
  assertEquals(await reader.read(50), bytes.slice(50));
  assertEquals(await reader.more(), false);
});

Deno.test("FrameReader: reading nothing waits for nothing", async () => {
  const source = new PieceSource([]);
  const reader = new FrameReader(source);
  assertEquals(await reader.read(0), new Uint8Array(0));
  assertEquals(source.reads.length, 0);
});

const step = fc.record({
  call: fc.constantFrom(
    "read" as const,
    "some" as const,
    "more" as const,
    "look" as const,
    "gather" as const,
  ),
  size: fc.integer({ min: 1, max: 50 }),
});

Deno.test("FrameReader: any mix of calls sees each byte once and in order (property)", async () => {
  const property = fc.asyncProperty(
    fc.constantFrom(readerOf, chunkReaderOf),
    fc.integer({ min: 0, max: 200 }),
    pieceSizes(40),
    fc.integer({ min: 1, max: 32 }),
    fc.array(step, { minLength: 1, maxLength: 30 }),
    async (makeReader, total, sizes, bufferSize, steps) => {
      const bytes = sampleBytes(total);
      const reader = makeReader(bytes, sizes, bufferSize);
      let at = 0;
      for (const { call, size } of steps) {
        if (call === "look") reader.lookAhead();
        else if (call === "more") assertEquals(await reader.more(), at < total);
        else if (call === "gather") {
          await reader.gather(size);
          const taken = reader.take(size);
          if (size <= bufferSize) assertEquals(taken !== null, at + size <= total);
          if (!taken) continue;
          assertEquals(toHex(taken), toHex(bytes.slice(at, at + size)));
          at += size;
        } else if (at + (call === "some" ? 1 : size) > total) {
          const into = new Uint8Array(size);
          return assertTruncated(() =>
            call === "some" ? reader.readSome(into) : reader.readFull(into)
          );
        } else {
          const into = new Uint8Array(size);
          const count = call === "some" ? await reader.readSome(into) : size;
          if (call === "read") into.set(await reader.read(size));
          assert(count >= 1 && count <= size, `${count} bytes`);
          assertEquals(toHex(into.slice(0, count)), toHex(bytes.slice(at, at + count)));
          at += count;
        }
      }
    },
  );
  await fc.assert(property, runs(500));
});

Deno.test("FrameReader: take returns what has arrived whole, and nothing of the rest", async () => {
  const reader = readerOf(sampleBytes(10), [3, 2, 5], 8);
  assertEquals([reader.buffered, reader.take(1)], [0, null]);
  await reader.gather(2);
  assertEquals(reader.buffered, 3);
  assertEquals(reader.take(4), null);
  assertEquals(reader.take(2), sampleBytes(10).slice(0, 2));
  await reader.gather(8); // more than one buffer of pieces, behind what is left of the first
  assertEquals(reader.take(8), sampleBytes(10).slice(2));
});

Deno.test("FrameReader: gather waits for what fits, and not past the end", async () => {
  const reader = readerOf(sampleBytes(10), [10], 8);
  await reader.gather(9);
  assertEquals(reader.buffered, 0);
  assertEquals(await reader.read(9), sampleBytes(10).slice(0, 9));
  await reader.gather(2);
  assertEquals(reader.buffered, 1);
  await assertTruncated(() => reader.read(2));
});

Deno.test("FrameReader: frames that are taken when they are there (property)", async () => {
  const property = fc.asyncProperty(
    pieceSizes(500),
    fc.integer({ min: 1, max: 600 }),
    async (sizes, bufferSize) => {
      const reader = readerOf(STREAM, sizes, bufferSize);
      const next = async (size: number) => {
        await reader.gather(size);
        return reader.take(size) ?? await reader.read(size);
      };
      for (const sample of SAMPLES) {
        const header = decodeRequestHeader(await next(REQUEST_HEADER_SIZE));
        assertEquals(decodeRequestPayload(header, await next(header.size)), sample);
      }
      assertEquals(await reader.more(), false);
    },
  );
  await fc.assert(property, runs(60));
});

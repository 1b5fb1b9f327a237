import { type Bytes, concat } from "../../../shared/bytes.ts";
import { CipherState, MAX_MESSAGES } from "../../../shared/channel/cipher_state.ts";
import { MAX_RECORD_CONTENT } from "../../../shared/channel/record.ts";
import { RecordReader } from "../../../shared/channel/record_reader.ts";
import { CryptoError, ProtocolError } from "../../../shared/errors.ts";
import type { ByteSource } from "../../../shared/io.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { ManualSource, settled } from "../../support/pieces.ts";
import {
  cipherPair,
  readOut,
  recordReader,
  records,
  sample,
  silentSource,
  source,
  turnsDuring,
} from "../../support/channel/channel_fixture.ts";

const END = new Uint8Array(0);

Deno.test("records in pieces of any size have the same content", async () => {
  const contents = [1, 15, 300, 4_095, 4_096, 4_097, 2, 9_000].map(sample);
  const whole = concat(...contents);
  const stream = concat(...records([...contents, END]));
  const sizes = [1, 2, 17, 18, 2047, 2048, 2049, 4113, 4114, 4115, Infinity];
  for (const size of sizes) {
    for (const bufferSize of [1, 13, 4096, 100_000]) {
      if (size === 1 && bufferSize === 1) continue;
      const { content, failure } = await readOut(recordReader(source(stream, size)), bufferSize);
      assertEquals(failure, null);
      assertEquals(content, whole);
    }
  }
  const { content } = await readOut(recordReader(source(stream, 1)), 1);
  assertEquals(content, whole);
});

Deno.test("records around the largest size, and many large ones", async () => {
  const sizes = [-1, 0].map((by) => MAX_RECORD_CONTENT + by);
  const contents = [...sizes, ...sizes, ...Array(20).fill(MAX_RECORD_CONTENT), 5, 70].map(sample);
  const whole = concat(...contents);
  const stream = concat(...records([...contents, END]));
  for (const size of [65_536, 65_537, 65_538, 999_983, Infinity]) {
    for (const bufferSize of [2048, 65_519, 1_000_000]) {
      const { content, failure } = await readOut(recordReader(source(stream, size)), bufferSize);
      assertEquals(failure, null);
      assertEquals(content.length, whole.length);
      assert(content.every((byte, i) => byte === whole[i]));
    }
  }
});

/** Checks that of `stream` exactly `content` comes out, then an error that stays. */
async function assertBreaks(stream: Uint8Array, content: Uint8Array, code?: string): Promise<void> {
  for (const size of [Infinity, 7]) {
    const reader = recordReader(source(stream, size));
    const result = await readOut(reader, 64);
    assertEquals(result.content, content as Bytes);
    const { failure } = result;
    assert(failure instanceof ProtocolError || failure instanceof CryptoError);
    if (code !== undefined) assertEquals(failure.code, code);
    for (let i = 0; i < 2; i++) {
      assert(failure === await assertRejects(() => reader.read(new Uint8Array(9)), Error));
    }
  }
}

const short = [sample(5), sample(20), sample(1), END];
const contentOf = (count: number) => concat(...short.slice(0, count));

Deno.test("a stream cut anywhere yields its whole records and then an error", async () => {
  const parts = records(short);
  const stream = concat(...parts);
  for (let cut = 0; cut < stream.length; cut++) {
    let [count, at] = [0, 0];
    while (at + parts[count].length <= cut) at += parts[count++].length;
    await assertBreaks(stream.subarray(0, cut), contentOf(count), "truncated");
  }
});

Deno.test("a large record cut anywhere yields nothing", async () => {
  const [large] = records([sample(MAX_RECORD_CONTENT)]);
  for (const cut of [1, 2, 3, 2048, 4096, 65_535, 65_536]) {
    await assertBreaks(large.subarray(0, cut), END, "truncated");
  }
});

Deno.test("any changed bit breaks its record and all that follow", async () => {
  const parts = records(short);
  const stream = concat(...parts);
  let start = 0;
  for (const [index, part] of parts.entries()) {
    for (let bit = start * 8; bit < (start + part.length) * 8; bit++) {
      const changed = stream.slice();
      changed[bit >> 3] ^= 1 << (bit & 7);
      await assertBreaks(changed, contentOf(index));
    }
    start += part.length;
  }
});

Deno.test(
  "swapped, repeated, dropped, inserted and foreign records break the stream",
  async () => {
    for (const size of [10, 5_000]) {
      const contents = [size, size + 1, size + 2].map(sample);
      const [a, b, c, end] = records([...contents, END]);
      const [early] = records([sample(size)], 7);
      const [first] = contents;
      await assertBreaks(concat(b, a, c, end), END, "decrypt-failed");
      await assertBreaks(concat(a, c, b, end), first, "decrypt-failed");
      await assertBreaks(concat(a, a, b, c, end), first, "decrypt-failed");
      await assertBreaks(concat(a, c, end), first, "decrypt-failed");
      await assertBreaks(concat(a, b, end), concat(first, contents[1]), "decrypt-failed");
      await assertBreaks(concat(a, end), first, "decrypt-failed");
      await assertBreaks(concat(early, a), END, "decrypt-failed");
      await assertBreaks(concat(a, early), first, "decrypt-failed");
    }
  },
);

Deno.test("a length below that of a tag is malformed at once", async () => {
  const [a] = records([sample(4)]);
  for (let size = 0; size < 16; size++) {
    await assertBreaks(concat(a, new Uint8Array([0, size])), sample(4), "malformed");
    await assertBreaks(concat(new Uint8Array([0, size]), a), END, "malformed");
  }
});

Deno.test("what follows the end is not read", async () => {
  const stream = concat(...records([sample(3), END]), new Uint8Array(500).fill(1));
  const reader = recordReader(source(stream));
  assertEquals(await readOut(reader, 10), { content: sample(3), failure: null });
  assertEquals(await reader.read(new Uint8Array(1)), null);
});

Deno.test("a source that fails comes after what it brought", async () => {
  const [a, b] = records([sample(100), sample(9_000)]);
  const broken = new Error("connection reset");
  for (const stream of [a, concat(a, b), concat(a, b).subarray(0, 5_000)]) {
    const inner = source(stream);
    const reader = recordReader({
      read: async (into) => await inner.read(into) ?? Promise.reject(broken),
    });
    const { content, failure } = await readOut(reader, 50);
    assertEquals(content.length, stream.length === a.length + b.length ? 9_100 : 100);
    assert(failure === broken);
  }
});

Deno.test("an exhausted counter ends the stream", async () => {
  const key = new Uint8Array(32).fill(0x42);
  const cipher = new CipherState(key, MAX_MESSAGES - 2);
  cipher.encrypt(END);
  cipher.encrypt(END);
  let error: unknown;
  try {
    cipher.encrypt(END);
  } catch (caught) {
    error = caught;
  }
  assert(error instanceof CryptoError && error.code === "exhausted");

  const parts = records([sample(1), sample(2)], MAX_MESSAGES - 2);
  const reader = recordReader(source(concat(...parts, parts[0])), MAX_MESSAGES - 2);
  const { content, failure } = await readOut(reader, 100);
  assertEquals(content, concat(sample(1), sample(2)));
  assert(failure instanceof CryptoError && failure.code === "exhausted");
});

Deno.test("whole contents: what a read left of one, then that of each record", async () => {
  const contents = [1, 300, 65_519, 7].map((size) => sample(size));
  const stream = concat(...records([...contents, END]));
  for (const size of [1, 100, Infinity]) {
    const reader = recordReader(source(stream, size));
    const into = new Uint8Array(101);
    assertEquals(await reader.read(into.subarray(0, 1)), 1);
    assertEquals(await reader.read(into.subarray(0, 100)), 100);
    const rest = await reader.next();
    assertEquals(rest, contents[1].slice(100));
    assertEquals(await reader.next(), contents[2]);
    assertEquals(await reader.read(into), 7);
    assertEquals([await reader.next(), await reader.next()], [null, null]);
    assertEquals(rest, contents[1].slice(100), "it is the caller's own");
  }
});

Deno.test("whole contents: those before a changed record, then its error", async () => {
  const [first, second] = records([sample(10), sample(20)]);
  second[5] ^= 1;
  const reader = recordReader(source(concat(first, second), 3));
  assertEquals(await reader.next(), sample(10));
  for (let i = 0; i < 2; i++) {
    assertEquals((await assertRejects(() => reader.next(), CryptoError)).code, "decrypt-failed");
  }
});

Deno.test("one read at a time, and with room", async () => {
  const reader = recordReader(silentSource);
  const first = reader.read(new Uint8Array(4));
  await assertRejects(() => reader.read(new Uint8Array(4)), TypeError);
  await assertRejects(() => recordReader(silentSource).read(new Uint8Array(0)), RangeError);
  reader.fail(new Error("given up"));
  await assertRejects(() => first, Error, "given up");
  await assertRejects(() => reader.read(new Uint8Array(4)), Error, "given up");
});

/** Notes how much room each read offers, and how much memory stands behind it. */
function watched(inner: ByteSource) {
  const rooms: number[] = [];
  const buffers: number[] = [];
  let taken = 0;
  const outer: ByteSource = {
    async read(into) {
      rooms.push(into.length);
      buffers.push(into.buffer.byteLength);
      const count = await inner.read(into);
      taken += count ?? 0;
      return count;
    },
  };
  return { outer, rooms, buffers, taken: () => taken };
}

Deno.test("memory follows what has arrived, not what a length announces", async () => {
  const announced = concat(new Uint8Array([0xff, 0xff]), new Uint8Array(20_000));
  const { outer, buffers } = watched(source(announced, 100));
  await readOut(recordReader(outer), 100);
  buffers.forEach((size, i) => assert(size <= Math.max(512, 8 * 100 * i), `${size} at read ${i}`));
});

Deno.test("a channel at rest waits with a small buffer, also after much data", async () => {
  const stream = concat(...records(Array(12).fill(sample(MAX_RECORD_CONTENT))));
  for (const size of [10_000, 65_537, Infinity]) {
    const inner = source(stream, size);
    const { outer, buffers, taken } = watched({
      read: async (into) => await inner.read(into) ?? silentSource.read(into),
    });
    const reader = recordReader(outer);
    const into = new Uint8Array(32_768);
    for (let left = 12 * MAX_RECORD_CONTENT; left > 0;) left -= await reader.read(into) ?? 0;
    reader.read(into);
    for (let i = 0; i < 2; i++) await settled(); // others may have their turn before it reads
    assertEquals(taken(), stream.length);
    assert(Math.max(...buffers) > 65_537);
    assertEquals(buffers.at(-1), 512);
  }
});

Deno.test("a read with room for much brings much, in memory used before", async () => {
  const stream = concat(...records(Array(12).fill(sample(MAX_RECORD_CONTENT))));
  const into = new Uint8Array(12 * MAX_RECORD_CONTENT);
  const seen: Set<ArrayBufferLike>[] = [];
  for (let run = 0; run < 3; run++) {
    const inner = source(stream);
    const buffers = new Set<ArrayBufferLike>();
    const { outer, taken } = watched({
      read(buffer) {
        buffers.add(buffer.buffer);
        return inner.read(buffer);
      },
    });
    const reader = recordReader(outer);
    for (let have = 0; have < into.length;) have += await reader.read(into.subarray(have)) ?? 0;
    assertEquals(taken(), stream.length);
    reader.fail(new Error("done with"));
    seen.push(buffers);
  }
  assert(seen[0].size <= 2, `${seen[0].size} buffers`);
  assertEquals(seen[1].union(seen[2]).difference(seen[0]).size, 0);
});

Deno.test("memory into which a source still reads is not used by others", async () => {
  const buffers: ArrayBufferLike[] = [];
  const noting: ByteSource = {
    read(buffer) {
      buffers.push(buffer.buffer);
      return silentSource.read(buffer);
    },
  };
  const into = new Uint8Array(4 * MAX_RECORD_CONTENT);
  for (let run = 0; run < 8; run++) {
    const reader = recordReader(noting);
    const reading = assertRejects(() => reader.read(into), Error, "given up");
    await settled();
    reader.fail(new Error("given up"));
    await reading;
  }
  assertEquals(new Set(buffers).size, 8);
});

Deno.test("while nobody reads, the source is left alone", async () => {
  for (const [size, most] of [[7, 1], [MAX_RECORD_CONTENT, 2]]) {
    const parts = records(Array(100).fill(sample(size)));
    const { outer, taken } = watched(source(concat(...parts), parts[0].length));
    const reader = recordReader(outer);
    await turns(5);
    assertEquals(taken(), 0);
    await reader.read(new Uint8Array(1));
    let before = -1;
    while (before !== taken()) { // until it has come to rest
      before = taken();
      await turns(20);
    }
    assert(taken() <= most * parts[0].length, `${taken()} bytes taken for one`);
  }
});

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await settled();
}

Deno.test("a source that brings everything at once does not keep others waiting", async () => {
  const count = 40;
  const stream = concat(...records([...Array(count).fill(sample(MAX_RECORD_CONTENT)), END]));
  const turns = await turnsDuring(() => readOut(recordReader(source(stream)), 1_000_000));
  assert(turns >= count / 8, `${turns} turns`);
});

Deno.test("failing while others have their turn leaves the source alone", async () => {
  const early = concat(...records(Array(5).fill(sample(MAX_RECORD_CONTENT))));
  for (const fails of [false, true]) {
    const from = new ManualSource();
    const reader = new RecordReader(from, cipherPair()[1], early, () => {});
    const into = new Uint8Array(5 * MAX_RECORD_CONTENT);
    assertEquals(await reader.read(into), into.length);
    const failure = assertRejects(() => reader.read(into), Error, "given up");
    assertEquals(from.reads, 0);
    if (fails) reader.fail(new Error("given up"));
    await turns(3);
    assertEquals(from.reads, fails ? 0 : 1);
    if (!fails) reader.fail(new Error("given up"));
    await failure;
  }
});

Deno.test("each record is opened when it is its turn to be read", async () => {
  const [, cipher] = cipherPair();
  const stream = concat(...records(Array(100).fill(sample(2))));
  const reader = new RecordReader(source(stream), cipher, new Uint8Array(0), () => {});
  for (const opened of [1, 1, 2, 2, 3]) {
    await reader.read(new Uint8Array(1));
    assertEquals(cipher.count, opened);
  }
  await reader.read(new Uint8Array(10));
  assertEquals(cipher.count, 8);
});

Deno.test("what the source does after a failure changes nothing", async () => {
  const given = new Error("given up");
  const [record] = records([sample(5)]);
  const answers = [
    () => Promise.reject(new Error("closed")),
    () => Promise.resolve(null),
    (into: Uint8Array) => Promise.resolve((into.set(record), record.length)),
  ];
  for (const answer of answers) {
    const later = Promise.withResolvers<void>();
    const reader = recordReader({
      read: async (into) => {
        await later.promise;
        return await answer(into);
      },
    });
    const reading = reader.read(new Uint8Array(9));
    reader.fail(given);
    assert(given === await assertRejects(() => reading, Error));
    later.resolve();
    await turns(2);
    for (let i = 0; i < 2; i++) {
      assert(given === await assertRejects(() => reader.read(new Uint8Array(9)), Error));
    }
  }
});

Deno.test("after the end record the source is left alone", async () => {
  const content = sample(5_000);
  const early = concat(...records([content, END]));
  const into = new Uint8Array(content.length);
  const from = new ManualSource();
  const broken: unknown[] = [];
  const reader = new RecordReader(from, cipherPair()[1], early, (reason) => broken.push(reason));
  assertEquals(await reader.read(into), content.length);
  for (let i = 0; i < 3; i++) assertEquals(await reader.read(into), null);
  assertEquals([from.reads, broken.length], [0, 0]);
});

import { type Bytes, concat } from "../../../shared/bytes.ts";
import { AesGcmKey, TAG_SIZE } from "../../../shared/crypto/aes_gcm.ts";
import {
  CHUNK_SIZE,
  fileChunkCount,
  FileCipher,
  sealedFileSize,
} from "../../../shared/crypto/file_chunks.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";

const KEY = sampleBytes(32);
const CHUNK = 40;
const SEALED = CHUNK + TAG_SIZE;
const SIZE = 2 * CHUNK + 5;

/** All chunks of a file. */
async function seal(plaintext: Bytes, { key = KEY, chunkSize = CHUNK } = {}): Promise<Bytes[]> {
  const cipher = new FileCipher(key, plaintext.length, chunkSize);
  return await Promise.all(
    Array.from({ length: cipher.count }, (_, number) => {
      const at = number * chunkSize;
      return cipher.seal(number, plaintext.subarray(at, at + cipher.sizeOf(number)));
    }),
  );
}

/** The chunks that open, up to the first that does not, and the reason of that one. */
async function open(
  chunks: Bytes[],
  size: number,
  { key = KEY, chunkSize = CHUNK } = {},
): Promise<{ plaintext: Bytes; failure: unknown }> {
  const cipher = new FileCipher(key, size, chunkSize);
  const released: Bytes[] = [];
  try {
    for (let number = 0; number < cipher.count; number++) {
      released.push(await cipher.open(number, chunks[number] ?? new Uint8Array(0)));
    }
    return { plaintext: concat(...released), failure: null };
  } catch (failure) {
    return { plaintext: concat(...released), failure };
  }
}

/** Fails unless chunk `intact` is the first that does not open. */
async function assertFails(
  chunks: Bytes[],
  plaintext: Bytes,
  intact: number,
  what: string,
  size = plaintext.length,
): Promise<void> {
  const { plaintext: released, failure } = await open(chunks, size);
  assert(
    failure instanceof CryptoError && failure.code === "decrypt-failed",
    `${what}: ${failure}`,
  );
  assertEquals(released, plaintext.slice(0, intact * CHUNK), what);
}

Deno.test("file chunks: each is AES-256-GCM under its number and the last one's mark", async () => {
  const plaintext = sampleBytes(SIZE);
  const key = new AesGcmKey(KEY);
  const nonces = [
    "000000000000000000000000",
    "000000000000000000000100",
    "000000000000000000000201",
  ];
  const expected = nonces.map((nonce, i) =>
    key.sealSync(
      Uint8Array.fromHex(nonce),
      new Uint8Array(0),
      plaintext.subarray(i * CHUNK, (i + 1) * CHUNK),
    )
  );
  assertEquals(await seal(plaintext), expected);
});

Deno.test("file chunks: all sizes come out as they went in", async () => {
  for (const size of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, SIZE, 10 * CHUNK]) {
    const plaintext = sampleBytes(size);
    const chunks = await seal(plaintext);
    assertEquals(concat(...chunks).length, sealedFileSize(size, CHUNK));
    assertEquals(chunks.length, fileChunkCount(size, CHUNK));
    assertEquals(await open(chunks, size), { plaintext, failure: null });
  }
  for (const size of [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1]) {
    const plaintext = sampleBytes(size);
    const chunks = await seal(plaintext, { chunkSize: CHUNK_SIZE });
    assertEquals(chunks.length, size > CHUNK_SIZE ? 2 : 1);
    assertEquals(await open(chunks, size, { chunkSize: CHUNK_SIZE }), { plaintext, failure: null });
  }
});

Deno.test("file chunks: counts and sizes, up to the largest number", () => {
  const MiB = CHUNK_SIZE;
  for (const [size, count] of [[0, 1], [1, 1], [MiB, 1], [MiB + 1, 2], [4.5 * 1024 * MiB, 4608]]) {
    assertEquals(fileChunkCount(size), count);
    assertEquals(sealedFileSize(size), size + 16 * count);
  }
  const most = Number.MAX_SAFE_INTEGER;
  assertEquals(fileChunkCount(most), 2 ** 33);
  const cipher = new FileCipher(KEY, most);
  assertEquals([cipher.sizeOf(0), cipher.sizeOf(2 ** 33 - 1)], [MiB, MiB - 1]);
  assertThrows(() => cipher.sizeOf(2 ** 33), RangeError);
  for (const size of [-1, 1.5, most + 1, NaN]) {
    assertThrows(() => new FileCipher(KEY, size), RangeError);
  }
});

Deno.test("file chunks: a chunk behind the first 4 GiB has a nonce of its own", async () => {
  const cipher = new FileCipher(KEY, 2 ** 53 - 1);
  const plaintext = sampleBytes(CHUNK_SIZE);
  const [low, high] = [await cipher.seal(7, plaintext), await cipher.seal(2 ** 32 + 7, plaintext)];
  assert(!low.every((byte, i) => byte === high[i]));
  assertEquals(await cipher.open(2 ** 32 + 7, high), plaintext);
  await assertRejects(() => cipher.open(7, high), CryptoError);
});

Deno.test("file chunks: every truncation fails", async () => {
  const plaintext = sampleBytes(SIZE);
  const whole = concat(...await seal(plaintext));
  for (let length = 0; length < whole.length; length++) {
    const left = whole.slice(0, length);
    const chunks = [0, 1, 2].map((i) => left.slice(i * SEALED, (i + 1) * SEALED));
    await assertFails(chunks, plaintext, Math.floor(length / SEALED), `${length} bytes`);
  }
});

Deno.test("file chunks: a file that is said to be shorter, or longer, fails", async () => {
  const plaintext = sampleBytes(3 * CHUNK);
  const chunks = await seal(plaintext);
  await assertFails(chunks, plaintext, 1, "two chunks", 2 * CHUNK);
  await assertFails(chunks, plaintext, 0, "one chunk", CHUNK);
  await assertFails(chunks, plaintext, 0, "no byte", 0);
  await assertFails(chunks, plaintext, 2, "a byte less", 3 * CHUNK - 1);
  await assertFails(chunks, plaintext, 2, "a byte more", 3 * CHUNK + 1);
  await assertFails([...chunks, chunks[2]], plaintext, 2, "a chunk more", 4 * CHUNK);
});

Deno.test("file chunks: every swap and every repeat fails", async () => {
  const plaintext = sampleBytes(3 * CHUNK);
  const chunks = await seal(plaintext);
  for (const a of [0, 1, 2]) {
    for (const b of [0, 1, 2]) {
      if (a === b) continue;
      await assertFails(chunks.with(a, chunks[b]), plaintext, a, `${b} in the place of ${a}`);
      const swapped = chunks.with(a, chunks[b]).with(b, chunks[a]);
      await assertFails(swapped, plaintext, Math.min(a, b), `${a} and ${b} swapped`);
    }
    await assertFails(chunks.toSpliced(a, 1), plaintext, a, `without ${a}`);
    // Behind the last one nobody looks.
    if (a < 2) await assertFails(chunks.toSpliced(a, 0, chunks[a]), plaintext, a + 1, `${a} twice`);
  }
});

Deno.test("file chunks: every changed bit fails", async () => {
  const plaintext = sampleBytes(SIZE);
  const chunks = await seal(plaintext);
  for (const [number, chunk] of chunks.entries()) {
    for (let bit = 0; bit < 8 * chunk.length; bit++) {
      const at = bit >> 3;
      const changed = chunks.with(number, chunk.with(at, chunk[at] ^ (1 << (bit & 7))));
      await assertFails(changed, plaintext, number, `bit ${bit} of chunk ${number}`);
    }
  }
});

Deno.test("file chunks: those of another file, or under another key, fail", async () => {
  const plaintext = sampleBytes(SIZE);
  const chunks = await seal(plaintext);
  const others = await seal(plaintext, { key: sampleBytes(32, 2) });
  for (const i of [0, 1, 2]) await assertFails(chunks.with(i, others[i]), plaintext, i, `${i}`);
  assertThrows(() => new FileCipher(sampleBytes(31), 1), CryptoError);
});

Deno.test("file chunks: only a whole chunk can be sealed, a wiped key seals nothing", async () => {
  const cipher = new FileCipher(KEY, SIZE, CHUNK);
  for (const size of [0, CHUNK - 1, CHUNK + 1]) {
    await assertRejects(() => cipher.seal(0, sampleBytes(size)), RangeError);
  }
  await assertRejects(() => cipher.seal(3, sampleBytes(5)), RangeError);
  cipher.wipe();
  await assertRejects(() => cipher.seal(0, sampleBytes(CHUNK)), TypeError);
});

Deno.test("file chunks: streams seal and open as the cipher does, from any chunk on", async () => {
  for (const size of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, SIZE, 10 * CHUNK]) {
    const plaintext = sampleBytes(size, 5);
    const sealed = await seal(plaintext);
    const cipher = new FileCipher(KEY, size, CHUNK);
    for (let first = 0; first < cipher.count; first++) {
      const chunks = sealed.slice(first);
      const plaintexts = chunks.map((_, i) => plaintext.slice((first + i) * CHUNK).slice(0, CHUNK));
      const pieces = () => ReadableStream.from(plaintexts.map((piece) => piece.slice()));
      const sealing = pieces().pipeThrough(cipher.sealStream(first));
      assertEquals(await Array.fromAsync(sealing), chunks);
      const copies = ReadableStream.from(chunks.map((chunk) => chunk.slice()));
      const opening = copies.pipeThrough(cipher.openStream(first));
      assertEquals(await Array.fromAsync(opening), plaintexts);
    }
  }
});

Deno.test("file chunks: a stream ends before the first chunk that does not open", async () => {
  const plaintext = sampleBytes(9 * CHUNK, 6);
  const sealed = await seal(plaintext);
  const cipher = new FileCipher(KEY, plaintext.length, CHUNK);
  for (let broken = 0; broken < 6; broken++) {
    const chunks = sealed.map((chunk) => chunk.slice());
    chunks[broken][0] ^= 1;
    const opened: Bytes[] = [];
    const read = async () => {
      const stream = ReadableStream.from(chunks).pipeThrough(cipher.openStream());
      for await (const piece of stream) opened.push(piece);
    };
    assertEquals((await assertRejects(read, CryptoError)).code, "decrypt-failed");
    assertEquals(concat(...opened), plaintext.slice(0, broken * CHUNK));
  }
});

Deno.test("file chunks: a stream takes over the memory of what goes in", async () => {
  const cipher = new FileCipher(KEY, CHUNK, CHUNK);
  const plaintext = sampleBytes(CHUNK);
  await Array.fromAsync(ReadableStream.from([plaintext]).pipeThrough(cipher.sealStream()));
  assertEquals(plaintext.length, 0);
});

import { type Bytes, concat } from "../../../shared/bytes.ts";
import { ChaChaKey, TAG_SIZE } from "../../../shared/crypto/chacha20_poly1305.ts";
import {
  CHUNK_SIZE,
  fileChunkCount,
  FileCipher,
  sealedFileSize,
} from "../../../shared/crypto/file_chunks.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";

const KEY = sampleBytes(32);
const CHUNK = 40;
const SEALED = CHUNK + TAG_SIZE;
const SIZE = 2 * CHUNK + 5;

/** All chunks of a file. */
function seal(plaintext: Bytes, { key = KEY, chunkSize = CHUNK } = {}): Bytes[] {
  const cipher = new FileCipher(key, plaintext.length, chunkSize);
  return Array.from({ length: cipher.count }, (_, number) => {
    const at = number * chunkSize;
    return sealed(cipher, number, plaintext.subarray(at, at + cipher.sizeOf(number)));
  });
}

/** One chunk. */
function sealed(cipher: FileCipher, number: number, plaintext: Uint8Array): Bytes {
  const bytes = concat(plaintext, new Uint8Array(TAG_SIZE));
  cipher.seal(number, bytes);
  return bytes;
}

/** The chunks that open, up to the first that does not, and the reason of that one. */
function open(
  chunks: Bytes[],
  size: number,
  { key = KEY, chunkSize = CHUNK } = {},
): { plaintext: Bytes; failure: unknown } {
  const cipher = new FileCipher(key, size, chunkSize);
  const released: Bytes[] = [];
  try {
    for (let number = 0; number < cipher.count; number++) {
      released.push(cipher.open(number, new Uint8Array(chunks[number] ?? [])));
    }
    return { plaintext: concat(...released), failure: null };
  } catch (failure) {
    return { plaintext: concat(...released), failure };
  }
}

/** Fails unless chunk `intact` is the first that does not open. */
function assertFails(
  chunks: Bytes[],
  plaintext: Bytes,
  intact: number,
  what: string,
  size = plaintext.length,
): void {
  const { plaintext: released, failure } = open(chunks, size);
  assert(
    failure instanceof CryptoError && failure.code === "decrypt-failed",
    `${what}: ${failure}`,
  );
  assertEquals(released, plaintext.slice(0, intact * CHUNK), what);
}

Deno.test("file chunks: each is ChaCha20-Poly1305 under its number and the last one's mark", () => {
  const plaintext = sampleBytes(SIZE);
  const key = new ChaChaKey(KEY);
  const nonces = [
    "000000000000000000000000",
    "000000000000000000000100",
    "000000000000000000000201",
  ];
  const expected = nonces.map((nonce, i) =>
    key.seal(
      Uint8Array.fromHex(nonce),
      new Uint8Array(0),
      plaintext.subarray(i * CHUNK, (i + 1) * CHUNK),
    )
  );
  assertEquals(seal(plaintext), expected);
});

Deno.test("file chunks: all sizes come out as they went in", () => {
  for (const size of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, SIZE, 10 * CHUNK]) {
    const plaintext = sampleBytes(size);
    const chunks = seal(plaintext);
    assertEquals(concat(...chunks).length, sealedFileSize(size, CHUNK));
    assertEquals(chunks.length, fileChunkCount(size, CHUNK));
    assertEquals(open(chunks, size), { plaintext, failure: null });
  }
  for (const size of [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1]) {
    const plaintext = sampleBytes(size);
    const chunks = seal(plaintext, { chunkSize: CHUNK_SIZE });
    assertEquals(chunks.length, size > CHUNK_SIZE ? 2 : 1);
    assertEquals(open(chunks, size, { chunkSize: CHUNK_SIZE }), { plaintext, failure: null });
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

Deno.test("file chunks: a chunk behind the first 4 GiB has a nonce of its own", () => {
  const cipher = new FileCipher(KEY, 2 ** 53 - 1);
  const plaintext = sampleBytes(CHUNK_SIZE);
  const [low, high] = [7, 2 ** 32 + 7].map((number) => sealed(cipher, number, plaintext));
  assert(!low.every((byte, i) => byte === high[i]));
  assertEquals(cipher.open(2 ** 32 + 7, high.slice()), plaintext);
  assertThrows(() => cipher.open(7, high), CryptoError);
});

Deno.test("file chunks: a chunk is opened where it is, and one that does not open is wiped", () => {
  const plaintext = sampleBytes(CHUNK_SIZE);
  const cipher = new FileCipher(KEY, CHUNK_SIZE);
  const chunk = sealed(cipher, 0, plaintext);
  const damaged = chunk.with(CHUNK_SIZE - 1, chunk[CHUNK_SIZE - 1] ^ 1);
  const opened = cipher.open(0, chunk);
  assertEquals(opened, plaintext);
  assert(opened.buffer === chunk.buffer);
  assertThrows(() => cipher.open(0, damaged), CryptoError);
  assert(damaged.subarray(0, CHUNK_SIZE).every((byte) => byte === 0));
});

Deno.test("file chunks: every truncation fails", () => {
  const plaintext = sampleBytes(SIZE);
  const whole = concat(...seal(plaintext));
  for (let length = 0; length < whole.length; length++) {
    const left = whole.slice(0, length);
    const chunks = [0, 1, 2].map((i) => left.slice(i * SEALED, (i + 1) * SEALED));
    assertFails(chunks, plaintext, Math.floor(length / SEALED), `${length} bytes`);
  }
});

Deno.test("file chunks: a file that is said to be shorter, or longer, fails", () => {
  const plaintext = sampleBytes(3 * CHUNK);
  const chunks = seal(plaintext);
  assertFails(chunks, plaintext, 1, "two chunks", 2 * CHUNK);
  assertFails(chunks, plaintext, 0, "one chunk", CHUNK);
  assertFails(chunks, plaintext, 0, "no byte", 0);
  assertFails(chunks, plaintext, 2, "a byte less", 3 * CHUNK - 1);
  assertFails(chunks, plaintext, 2, "a byte more", 3 * CHUNK + 1);
  assertFails([...chunks, chunks[2]], plaintext, 2, "a chunk more", 4 * CHUNK);
});

Deno.test("file chunks: every swap and every repeat fails", () => {
  const plaintext = sampleBytes(3 * CHUNK);
  const chunks = seal(plaintext);
  for (const a of [0, 1, 2]) {
    for (const b of [0, 1, 2]) {
      if (a === b) continue;
      assertFails(chunks.with(a, chunks[b]), plaintext, a, `${b} in the place of ${a}`);
      const swapped = chunks.with(a, chunks[b]).with(b, chunks[a]);
      assertFails(swapped, plaintext, Math.min(a, b), `${a} and ${b} swapped`);
    }
    assertFails(chunks.toSpliced(a, 1), plaintext, a, `without ${a}`);
    // Behind the last one nobody looks.
    if (a < 2) assertFails(chunks.toSpliced(a, 0, chunks[a]), plaintext, a + 1, `${a} twice`);
  }
});

Deno.test("file chunks: every changed bit fails", () => {
  const plaintext = sampleBytes(SIZE);
  const chunks = seal(plaintext);
  for (const [number, chunk] of chunks.entries()) {
    for (let bit = 0; bit < 8 * chunk.length; bit++) {
      const at = bit >> 3;
      const changed = chunks.with(number, chunk.with(at, chunk[at] ^ (1 << (bit & 7))));
      assertFails(changed, plaintext, number, `bit ${bit} of chunk ${number}`);
    }
  }
});

Deno.test("file chunks: those of another file, or under another key, fail", () => {
  const plaintext = sampleBytes(SIZE);
  const chunks = seal(plaintext);
  const others = seal(plaintext, { key: sampleBytes(32, 2) });
  for (const i of [0, 1, 2]) assertFails(chunks.with(i, others[i]), plaintext, i, `${i}`);
  assertThrows(() => new FileCipher(sampleBytes(31), 1), CryptoError);
});

Deno.test("file chunks: only a whole chunk can be sealed, once disposed of, none", () => {
  const cipher = new FileCipher(KEY, SIZE, CHUNK);
  for (const size of [0, CHUNK - 1, CHUNK + 1]) {
    assertThrows(() => cipher.seal(0, sampleBytes(size + TAG_SIZE)), RangeError);
  }
  assertThrows(() => cipher.seal(3, sampleBytes(5 + TAG_SIZE)), RangeError);
  cipher[Symbol.dispose]();
  assertThrows(() => cipher.seal(0, sampleBytes(SEALED)), TypeError);
});

import fc from "fast-check";
import { type Bytes, equalBytes, fromHex, toHex } from "../../../../shared/bytes.ts";
import {
  cbcDecryptStream,
  cbcEncryptStream,
  cbcSize,
  decryptCbc,
  encryptCbc,
} from "../../../../shared/crypto/classic/aes_cbc.ts";
import { CryptoError } from "../../../../shared/errors.ts";
import { KiB, MiB } from "../../../../shared/limits.ts";
import { assert, assertEquals, assertRejects } from "../../../support/assert.ts";
import { pieceSizes, runs } from "../../../support/fuzz.ts";
import { cut, sampleBytes, through } from "../../../support/pieces.ts";

const KEY = fromHex("000102030405060708090a0b0c0d0e0f");
const WRONG_KEY = fromHex("000102030405060708090a0b0c0d0e10");
/** Plaintext that the encrypting stream collects before it encrypts. */
const STEP = 256 * KiB;
const SMALL = [0, 1, 15, 16, 17, 31, 32, 33];
const LARGE = [STEP - 1, STEP, STEP + 1, 2 * STEP - 16, 2 * STEP, 2 * STEP + 17];

async function assertDecryptFails(fn: () => Promise<unknown>): Promise<void> {
  assertEquals((await assertRejects(fn, CryptoError)).code, "decrypt-failed");
}

/** Encrypts and decrypts `plaintext` through the streams, cut into `sizes` both times. */
async function assertStreams(plaintext: Bytes, ciphertext: Bytes, sizes: number[]): Promise<void> {
  const what = `${plaintext.length} bytes in pieces of ${sizes}`;
  const encrypted = await through(cut(plaintext, sizes), cbcEncryptStream(KEY));
  assert(equalBytes(encrypted, ciphertext), `encrypt ${what}`);
  const decrypted = await through(cut(ciphertext, sizes), cbcDecryptStream(KEY));
  assert(equalBytes(decrypted, plaintext), `decrypt ${what}`);
}

Deno.test("AES-CBC: the first blocks of SP 800-38A F.2.1, then a block of padding", async () => {
  const key = fromHex("2b7e151628aed2a6abf7158809cf4f3c");
  const plaintext = fromHex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
  const ciphertext = await encryptCbc(key, plaintext, KEY);
  assertEquals(
    toHex(ciphertext.slice(0, 32)),
    "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2",
  );
  assertEquals(ciphertext.length, 48);
  assertEquals(await decryptCbc(key, ciphertext, KEY), plaintext);
});

Deno.test("AES-CBC: sizes of plaintext and ciphertext", async () => {
  for (const size of SMALL) {
    const plaintext = sampleBytes(size);
    const ciphertext = await encryptCbc(KEY, plaintext);
    assertEquals(ciphertext.length, cbcSize(size));
    assertEquals(await decryptCbc(KEY, ciphertext), plaintext);
  }
  assertEquals([0, 15, 16, 17].map(cbcSize), [16, 16, 32, 32]);
});

Deno.test("AES-CBC: ciphertext cut anywhere fails, also where nothing is left of it", async () => {
  const ciphertext = await encryptCbc(KEY, sampleBytes(40));
  for (let size = 0; size < ciphertext.length; size++) {
    const start = ciphertext.slice(0, size);
    await assertDecryptFails(() => decryptCbc(KEY, start));
    await assertDecryptFails(() => through([start], cbcDecryptStream(KEY)));
    await assertDecryptFails(() => through(cut(start, [1]), cbcDecryptStream(KEY)));
  }
});

Deno.test("AES-CBC: the wrong key fails", async () => {
  for (const size of [0, 15, 100, STEP]) {
    const ciphertext = await encryptCbc(KEY, sampleBytes(size));
    await assertDecryptFails(() => decryptCbc(WRONG_KEY, ciphertext));
    await assertDecryptFails(() => through([ciphertext], cbcDecryptStream(WRONG_KEY)));
  }
});

Deno.test("AES-CBC: keys of other sizes are refused", async () => {
  for (const size of [0, 15, 17, 24, 32]) {
    const key = new Uint8Array(size);
    const errors = [
      await assertRejects(() => encryptCbc(key, KEY), CryptoError),
      await assertRejects(() => decryptCbc(key, KEY), CryptoError),
      await assertRejects(async () => await through([KEY], cbcEncryptStream(key)), CryptoError),
      await assertRejects(async () => await through([KEY], cbcDecryptStream(key)), CryptoError),
    ];
    for (const { code } of errors) assertEquals(code, "bad-key", `${size} bytes`);
  }
});

Deno.test("AES-CBC streams: small sizes, whole, byte by byte, in all small pieces", async () => {
  for (const size of SMALL) {
    const plaintext = sampleBytes(size);
    const ciphertext = await encryptCbc(KEY, plaintext);
    for (let piece = 1; piece <= 18; piece++) await assertStreams(plaintext, ciphertext, [piece]);
    await assertStreams(plaintext, ciphertext, [ciphertext.length]);
  }
});

Deno.test("AES-CBC streams: sizes around a step, in pieces around a step", async () => {
  for (const size of LARGE) {
    const plaintext = sampleBytes(size);
    const ciphertext = await encryptCbc(KEY, plaintext);
    for (const piece of [STEP - 1, STEP, STEP + 1, 64 * KiB - 3, 2 * MiB]) {
      await assertStreams(plaintext, ciphertext, [piece]);
    }
  }
});

const MEBIBYTE = sampleBytes(MiB + 5, 7);

Deno.test("AES-CBC streams: any size in any pieces (property)", async () => {
  const property = fc.asyncProperty(
    fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: MEBIBYTE.length })),
    pieceSizes(2 * STEP),
    async (size, sizes) => {
      const plaintext = MEBIBYTE.slice(0, size);
      await assertStreams(plaintext, await encryptCbc(KEY, plaintext), sizes);
    },
  );
  await fc.assert(property, runs(40));
});

Deno.test("AES-CBC streams: pieces of nothing change nothing", async () => {
  const nothing = new Uint8Array(0);
  const plaintext = sampleBytes(20);
  const ciphertext = await encryptCbc(KEY, plaintext);
  const spaced = (bytes: Bytes) => [nothing, bytes.slice(0, 7), nothing, bytes.slice(7), nothing];
  assertEquals(await through(spaced(plaintext), cbcEncryptStream(KEY)), ciphertext);
  assertEquals(await through(spaced(ciphertext), cbcDecryptStream(KEY)), plaintext);
  assertEquals(await through([nothing], cbcEncryptStream(KEY)), await encryptCbc(KEY, nothing));
});

Deno.test("AES-CBC streams: the caller may reuse its memory after each write", async () => {
  const plaintext = sampleBytes(STEP + 50);
  const ciphertext = await encryptCbc(KEY, plaintext);
  const ways: [Bytes, TransformStream<Uint8Array, Uint8Array>, Bytes][] = [
    [plaintext, cbcEncryptStream(KEY), ciphertext],
    [ciphertext, cbcDecryptStream(KEY), plaintext],
  ];
  for (const [input, transform, expected] of ways) {
    const output = new Response(transform.readable).bytes();
    const writer = transform.writable.getWriter();
    const memory = new Uint8Array(1000);
    for (const piece of cut(input, [memory.length])) {
      memory.set(piece);
      await writer.write(memory.subarray(0, piece.length));
      memory.fill(0xee);
    }
    await writer.close();
    assert(equalBytes(await output, expected));
  }
});

Deno.test("AES-CBC streams: large inputs come out as they go in, not all at the end", async () => {
  for (const transform of [cbcEncryptStream(KEY), cbcDecryptStream(KEY)]) {
    const sizes: number[] = [];
    const pieces = cut(sampleBytes(4 * STEP + 16), [64 * KiB]);
    const out = ReadableStream.from(pieces).pipeThrough(transform)[Symbol.asyncIterator]();
    // What is left inside may fail at the end: these are not the bytes of a real ciphertext.
    for (let i = 0; i < 3; i++) sizes.push((await out.next()).value?.length ?? 0);
    await out.return?.();
    assert(sizes.every((size) => size > 0 && size <= 2 * STEP), `${sizes}`);
  }
});

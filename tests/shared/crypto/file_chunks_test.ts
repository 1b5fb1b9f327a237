import { type Bytes, concat } from "../../../shared/bytes.ts";
import { AesGcmKey } from "../../../shared/crypto/aes_gcm.ts";
import {
  CHUNK_SIZE,
  chunkDecryptStream,
  chunkedSize,
  chunkEncryptStream,
} from "../../../shared/crypto/file_chunks.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { assert, assertEquals } from "../../assert.ts";
import { cut, sampleBytes, through } from "../../pieces.ts";

const KEY = sampleBytes(32);
const CHUNK = 40;
const SEALED = CHUNK + 16;

function encrypt(plaintext: Bytes, chunkSize = CHUNK, sizes = [1000]): Promise<Bytes> {
  return through(cut(plaintext, sizes), chunkEncryptStream(KEY, chunkSize));
}

/** What comes out of the decrypting stream, and the error it ends with. */
async function decrypt(
  ciphertext: Bytes,
  { sizes = [1000], key = KEY, chunkSize = CHUNK } = {},
): Promise<{ plaintext: Bytes; failure: unknown }> {
  const released: Uint8Array[] = [];
  const pieces = ReadableStream.from(cut(ciphertext, sizes));
  try {
    for await (const piece of pieces.pipeThrough(chunkDecryptStream(key, chunkSize))) {
      released.push(piece);
    }
    return { plaintext: concat(...released), failure: null };
  } catch (failure) {
    return { plaintext: concat(...released), failure };
  }
}

/** Fails unless it fails, and has released nothing but the first `intact` chunks at most. */
async function assertFails(ciphertext: Bytes, plaintext: Bytes, intact: number, what: string) {
  for (const sizes of [[10_000], [7], [SEALED]]) {
    const { plaintext: released, failure } = await decrypt(ciphertext, { sizes });
    assert(failure instanceof CryptoError, `${what}: ${failure}`);
    assertEquals(failure.code, "decrypt-failed", what);
    assert(released.length <= intact * CHUNK, `${what}: ${released.length} bytes came out`);
    assertEquals(released, plaintext.slice(0, released.length), what);
  }
}

Deno.test("file chunks: each chunk is AES-256-GCM under its number and the last one's mark", async () => {
  const plaintext = sampleBytes(2 * CHUNK + 5);
  const key = new AesGcmKey(KEY);
  const nonces = [
    "000000000000000000000000",
    "000000000000000000000100",
    "000000000000000000000201",
  ];
  const chunks = nonces.map((nonce, i) =>
    key.sealSync(
      Uint8Array.fromHex(nonce),
      new Uint8Array(0),
      plaintext.slice(i * CHUNK, (i + 1) * CHUNK),
    )
  );
  assertEquals(await encrypt(plaintext), concat(...chunks));
});

Deno.test("file chunks: every size around chunks survives, in pieces of every size", async () => {
  for (const size of [0, 1, 39, 40, 41, 79, 80, 81, 120, 121, 1000]) {
    const plaintext = sampleBytes(size);
    const whole = await encrypt(plaintext);
    assertEquals(whole.length, chunkedSize(size, CHUNK));
    assertEquals(whole.length, size + 16 * Math.max(1, Math.ceil(size / CHUNK)));
    for (const sizes of [[1], [CHUNK], [CHUNK - 1, CHUNK + 1], [SEALED], [3, 200], [5000]]) {
      assertEquals(await encrypt(plaintext, CHUNK, sizes), whole, `${size} in ${sizes}`);
      const result = await decrypt(whole, { sizes });
      assertEquals(result, { plaintext, failure: null }, `${size} in ${sizes}`);
    }
  }
});

Deno.test("file chunks: every size around a chunk of 1 MiB survives", async () => {
  for (const size of [CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1]) {
    const plaintext = sampleBytes(size);
    const whole = await encrypt(plaintext, CHUNK_SIZE, [100_000]);
    assertEquals(whole.length, chunkedSize(size));
    const { plaintext: back } = await decrypt(whole, { sizes: [65_519], chunkSize: CHUNK_SIZE });
    assertEquals(back, plaintext);
  }
});

for (const size of [2 * CHUNK + 7, 3 * CHUNK]) {
  const plaintext = sampleBytes(size);
  const split = async () => {
    const whole = await encrypt(plaintext);
    return [
      whole,
      whole.slice(0, SEALED),
      whole.slice(SEALED, 2 * SEALED),
      whole.slice(2 * SEALED),
    ];
  };

  Deno.test(`file chunks, ${size} bytes: every truncation fails`, async () => {
    const [whole] = await split();
    for (let length = 0; length < whole.length; length++) {
      // The last whole chunk that is left is not marked as the last.
      const intact = Math.max(0, Math.ceil(length / SEALED) - 1);
      await assertFails(whole.slice(0, length), plaintext, intact, `${length} bytes`);
    }
  });

  Deno.test(`file chunks, ${size} bytes: bytes behind the end fail`, async () => {
    const [whole, first, , last] = await split();
    for (
      const more of [new Uint8Array(1), new Uint8Array(16), new Uint8Array(SEALED), first, last]
    ) {
      await assertFails(concat(whole, more), plaintext, 2, `${more.length} more`);
    }
  });

  Deno.test(`file chunks, ${size} bytes: every changed byte fails`, async () => {
    const [whole] = await split();
    for (let at = 0; at < whole.length; at++) {
      const changed = whole.with(at, whole[at] ^ (1 << at % 8));
      await assertFails(changed, plaintext, Math.floor(at / SEALED), `byte ${at}`);
    }
  });

  Deno.test(`file chunks, ${size} bytes: every other order of chunks fails`, async () => {
    const [, a, b, c] = await split();
    const orders: [Bytes[], intact: number][] = [
      [[a, c, b], 1],
      [[b, a, c], 0],
      [[b, c, a], 0],
      [[c, a, b], 0],
      [[c, b, a], 0],
      [[a, a, c], 1],
      [[a, b, b], 2],
      [[a, b, b, c], 2],
      [[a, b, c, c], 2],
      [[a, a, b, c], 1],
      [[a, c], 1],
      [[b, c], 0],
      [[c], 0],
      [[a, b], 1],
    ];
    for (const [chunks, intact] of orders) {
      const number = chunks.map((chunk) => [a, b, c].indexOf(chunk)).join(" ");
      await assertFails(concat(...chunks), plaintext, intact, number);
    }
  });
}

Deno.test("file chunks: chunks of another file, key or chunk size fail", async () => {
  const plaintext = sampleBytes(100);
  const whole = await encrypt(plaintext);
  const { plaintext: none, failure } = await decrypt(whole, { key: sampleBytes(32, 2) });
  assertEquals([none.length, failure instanceof CryptoError], [0, true]);
  for (const chunkSize of [CHUNK - 1, CHUNK + 1, 1000]) {
    const result = await decrypt(whole, { chunkSize });
    assertEquals([result.plaintext.length, result.failure instanceof CryptoError], [0, true]);
  }
});

Deno.test("file chunks: an empty chunk is right only where there is nothing else", async () => {
  const key = new AesGcmKey(KEY);
  const empty = (nonce: string) =>
    key.sealSync(Uint8Array.fromHex(nonce), new Uint8Array(0), new Uint8Array(0));
  const first = key.sealSync(new Uint8Array(12), new Uint8Array(0), sampleBytes(CHUNK));
  const alone = await decrypt(empty("000000000000000000000001"));
  assertEquals(alone, { plaintext: new Uint8Array(0), failure: null });
  const behind = concat(first, empty("000000000000000000000101"));
  const { plaintext, failure } = await decrypt(behind);
  assert(failure instanceof CryptoError);
  assertEquals(plaintext, sampleBytes(CHUNK));
  assert((await decrypt(new Uint8Array(0))).failure instanceof CryptoError);
});

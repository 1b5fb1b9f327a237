/** The product's file chunks against the published vectors, which the reference made. */
import { concat, fromHex, toHex } from "../../../shared/bytes.ts";
import { TAG_SIZE } from "../../../shared/crypto/chacha20_poly1305.ts";
import { CHUNK_SIZE, FileCipher } from "../../../shared/crypto/file_chunks.ts";
import { sha256 } from "../../../shared/crypto/hash.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { assertEquals, assertThrows } from "../../support/assert.ts";
import { sampleFile } from "../session/reference/file_vectors.ts";
import { readVectors } from "../session/reference/vector_files.ts";

const { key, chunks, refused, files } = readVectors().fileChunks;

/** The cipher of a file in which chunk `number` has `size` bytes, and is the last one or not. */
function cipherFor(number: number, last: boolean, size: number): FileCipher {
  const chunkSize = Math.max(1, size);
  return new FileCipher(
    fromHex(key),
    number * chunkSize + (last ? size : 2 * chunkSize),
    chunkSize,
  );
}

Deno.test("vectors: single chunks of files", () => {
  for (const { name, number, last, plaintext, chunk } of chunks) {
    const cipher = cipherFor(number, last, plaintext.length / 2);
    const bytes = concat(fromHex(plaintext), new Uint8Array(TAG_SIZE));
    cipher.seal(number, bytes);
    assertEquals(toHex(bytes), chunk, name);
    assertEquals(toHex(cipher.open(number, bytes)), plaintext, name);
  }
});

Deno.test("vectors: chunks that are refused", () => {
  for (const { number, last, chunk } of refused) {
    const cipher = cipherFor(number, last, Math.max(0, chunk.length / 2 - 16));
    const { code } = assertThrows(() => cipher.open(number, fromHex(chunk)), CryptoError);
    assertEquals(code, "decrypt-failed");
  }
});

Deno.test("vectors: whole files", () => {
  for (const { size, chunks } of files) {
    const [file, cipher] = [sampleFile(size), new FileCipher(fromHex(key), size)];
    assertEquals(cipher.count, chunks.length);
    for (const { number, ...chunk } of chunks) {
      const plaintext = file.slice(number * CHUNK_SIZE, (number + 1) * CHUNK_SIZE);
      const bytes = concat(plaintext, new Uint8Array(TAG_SIZE));
      cipher.seal(number, bytes);
      assertEquals(bytes.length, chunk.size);
      assertEquals(toHex(sha256(bytes)), chunk["SHA-256(chunk)"]);
      assertEquals(cipher.open(number, bytes), plaintext);
    }
  }
});

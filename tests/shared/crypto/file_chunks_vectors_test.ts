/** The product's file chunks against the published vectors, which the reference made. */
import { fromHex, toHex } from "../../../shared/bytes.ts";
import { CHUNK_SIZE, FileCipher } from "../../../shared/crypto/file_chunks.ts";
import { sha256 } from "../../../shared/crypto/hash.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { assertEquals, assertRejects } from "../../support/assert.ts";
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

Deno.test("vectors: single chunks of files", async () => {
  for (const { name, number, last, plaintext, chunk } of chunks) {
    const cipher = cipherFor(number, last, plaintext.length / 2);
    assertEquals(toHex(await cipher.seal(number, fromHex(plaintext))), chunk, name);
    assertEquals(toHex(await cipher.open(number, fromHex(chunk))), plaintext, name);
  }
});

Deno.test("vectors: chunks that are refused", async () => {
  for (const { number, last, chunk } of refused) {
    const cipher = cipherFor(number, last, Math.max(0, chunk.length / 2 - 16));
    const { code } = await assertRejects(
      async () => await cipher.open(number, fromHex(chunk)),
      CryptoError,
    );
    assertEquals(code, "decrypt-failed");
  }
});

Deno.test("vectors: whole files", async () => {
  for (const { size, chunks } of files) {
    const [file, cipher] = [sampleFile(size), new FileCipher(fromHex(key), size)];
    assertEquals(cipher.count, chunks.length);
    for (const { number, ...chunk } of chunks) {
      const plaintext = file.slice(number * CHUNK_SIZE, (number + 1) * CHUNK_SIZE);
      const sealed = await cipher.seal(number, plaintext);
      assertEquals(sealed.length, chunk.size);
      assertEquals(toHex(sha256(sealed)), chunk["SHA-256(chunk)"]);
      assertEquals(await cipher.open(number, sealed), plaintext);
    }
  }
});

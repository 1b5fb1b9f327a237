/**
 * A long plaintext as a sequence of AES-256-GCM ciphertexts (the STREAM construction of Hoang,
 * Reyhanitabar, Rogaway and Vizár, 2015): chunks of equal size, the last one shorter or equal, each
 * under the nonce counter 11 (big-endian) · last-chunk flag 1. Nothing is released before its tag
 * was checked; chunks that are missing, swapped, repeated or cut off fail.
 */
import { type Bytes, concatAll } from "../bytes.ts";
import { CryptoError } from "../errors.ts";
import { MiB } from "../limits.ts";
import { AesGcmKey, NONCE_SIZE, TAG_SIZE } from "./aes_gcm.ts";

/** Plaintext bytes in each chunk but the last. */
export const CHUNK_SIZE = 1 * MiB;

const NOTHING = new Uint8Array(0);

/** Bytes of ciphertext that `size` bytes of plaintext give: nothing makes one chunk, too. */
export function chunkedSize(size: number, chunkSize = CHUNK_SIZE): number {
  return size + Math.max(1, Math.ceil(size / chunkSize)) * TAG_SIZE;
}

/** A stream that encrypts what passes under `key`, 32 bytes that serve for nothing else. */
export function chunkEncryptStream(
  key: Bytes,
  chunkSize = CHUNK_SIZE,
): TransformStream<Uint8Array, Bytes> {
  const cipher = new AesGcmKey(key);
  return inChunks(chunkSize, (plaintext, counter, last) => {
    return cipher.seal(nonceOf(counter, last), NOTHING, plaintext);
  });
}

/**
 * A stream that decrypts what passes under `key`.
 * @throws {CryptoError} (as the stream's error) `decrypt-failed`; what came out before that was
 * right, but it is not the whole
 */
export function chunkDecryptStream(
  key: Bytes,
  chunkSize = CHUNK_SIZE,
): TransformStream<Uint8Array, Bytes> {
  const cipher = new AesGcmKey(key);
  return inChunks(chunkSize + TAG_SIZE, (ciphertext, counter, last) => {
    // An empty chunk is right only where there is nothing else.
    if (ciphertext.length === TAG_SIZE && counter > 0) {
      throw new CryptoError("decrypt-failed", "a chunk is empty");
    }
    return cipher.open(nonceOf(counter, last), NOTHING, ciphertext);
  });
}

function nonceOf(counter: number, last: boolean): Bytes {
  const nonce = new Uint8Array(NONCE_SIZE);
  new DataView(nonce.buffer).setBigUint64(3, BigInt(counter));
  nonce[NONCE_SIZE - 1] = last ? 1 : 0;
  return nonce;
}

/** Cuts what passes into pieces of `size`, the last one shorter or equal, and maps each. */
function inChunks(
  size: number,
  map: (piece: Bytes, counter: number, last: boolean) => Promise<Bytes>,
): TransformStream<Uint8Array, Bytes> {
  let waiting: Uint8Array[] = [];
  let waitingSize = 0;
  let counter = 0;
  return new TransformStream({
    async transform(bytes, controller) {
      waiting.push(bytes.slice());
      waitingSize += bytes.length;
      // A full piece is the last one unless something follows.
      if (waitingSize <= size) return;
      const all = concatAll(waiting);
      let at = 0;
      for (; all.length - at > size; at += size) {
        controller.enqueue(await map(all.subarray(at, at + size), counter++, false));
      }
      waiting = [all.subarray(at)];
      waitingSize = all.length - at;
    },
    async flush(controller) {
      const piece = await map(concatAll(waiting), counter, true);
      if (piece.length > 0) controller.enqueue(piece);
    },
  });
}

/**
 * A file as a sequence of ChaCha20-Poly1305 ciphertexts (the STREAM construction of Hoang,
 * Reyhanitabar, Rogaway and Vizár, 2015): chunks of equal size, of which the last may be shorter,
 * each under the nonce counter 11 (big-endian) · last-chunk flag 1. Each can be sealed and opened
 * by itself, in any order. Chunks that are swapped, cut off or from another file fail.
 */
import type { Bytes } from "../bytes.ts";
import { CryptoError } from "../errors.ts";
import { MiB } from "../limits.ts";
import { ChaChaKey, NONCE_SIZE, TAG_SIZE } from "./chacha20_poly1305.ts";

/** Plaintext bytes in each chunk but the last. */
export const CHUNK_SIZE = 1 * MiB;

const NOTHING = new Uint8Array(0);

/** Returns the number of chunks for `size` bytes of plaintext. An empty file has one, too. */
export function fileChunkCount(size: number, chunkSize = CHUNK_SIZE): number {
  return Math.max(1, Math.ceil(size / chunkSize));
}

/** Returns the bytes of ciphertext, in all chunks, for `size` bytes of plaintext. */
export function sealedFileSize(size: number, chunkSize = CHUNK_SIZE): number {
  return size + fileChunkCount(size, chunkSize) * TAG_SIZE;
}

/** The cipher of one file. Forgets the key when disposed of. */
export class FileCipher implements Disposable {
  /** How many chunks the file has. */
  readonly count: number;
  readonly #size: number;
  readonly #chunkSize: number;
  readonly #key: ChaChaKey;

  /**
   * For a file of `size` bytes under `key`, 32 bytes that must serve for nothing else.
   * @throws {CryptoError} `bad-key` unless the key has 32 bytes
   * @throws {RangeError} if no file can have that size
   */
  constructor(key: Uint8Array, size: number, chunkSize = CHUNK_SIZE) {
    if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`a file of ${size} bytes`);
    this.#key = new ChaChaKey(key);
    this.#size = size;
    this.#chunkSize = chunkSize;
    this.count = fileChunkCount(size, chunkSize);
  }

  /** Returns the plaintext bytes of chunk `number`, which counts from 0. */
  sizeOf(number: number): number {
    if (!Number.isSafeInteger(number) || number < 0 || number >= this.count) {
      throw new RangeError(`there is no chunk ${number}`);
    }
    return Math.min(this.#chunkSize, this.#size - number * this.#chunkSize);
  }

  /**
   * Turns the plaintext of chunk `number` into its ciphertext, where it is: 16 bytes longer, all of
   * `bytes`. The same chunk must never be sealed with another plaintext.
   */
  seal(number: number, bytes: Uint8Array): void {
    const size = this.sizeOf(number);
    if (bytes.length !== size + TAG_SIZE) {
      throw new RangeError(`chunk ${number} has not ${bytes.length - TAG_SIZE} bytes`);
    }
    this.#key.sealInto(this.#nonce(number), NOTHING, bytes.subarray(0, size), bytes);
  }

  /**
   * Turns the ciphertext of chunk `number` into its plaintext, where it is; returns that part of
   * `bytes`.
   * @throws {CryptoError} `decrypt-failed` if `bytes` are not that chunk of this file; then they
   * are of no use any more
   */
  open(number: number, bytes: Bytes): Bytes {
    if (bytes.length !== this.sizeOf(number) + TAG_SIZE) {
      throw new CryptoError("decrypt-failed", `chunk ${number} has another size`);
    }
    const size = this.#key.openInto(this.#nonce(number), NOTHING, bytes, bytes);
    return bytes.subarray(0, size);
  }

  [Symbol.dispose](): void {
    this.#key.wipe();
  }

  #nonce(number: number): Bytes {
    const nonce = new Uint8Array(NONCE_SIZE);
    new DataView(nonce.buffer).setBigUint64(3, BigInt(number));
    nonce[NONCE_SIZE - 1] = number === this.count - 1 ? 1 : 0;
    return nonce;
  }
}

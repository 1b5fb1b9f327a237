/**
 * Records: a 2-byte big-endian length, then one Noise transport message of that many bytes, which
 * include its 16-byte tag. A record without content ends its direction.
 */
import { type Bytes, discard } from "../bytes.ts";
import { TAG_SIZE } from "../crypto/aes_gcm.ts";
import { KiB, MAX_NOISE_MESSAGE_SIZE } from "../limits.ts";
import type { CipherState } from "./cipher_state.ts";

/** Size of the header: the length. */
export const RECORD_HEADER_SIZE = 2;
/** Most bytes of content in one record: 65,519. */
export const MAX_RECORD_CONTENT = MAX_NOISE_MESSAGE_SIZE - TAG_SIZE;
/** Size of the largest record, its header included. */
export const MAX_RECORD_SIZE = RECORD_HEADER_SIZE + MAX_NOISE_MESSAGE_SIZE;
/** How many records may be encrypted or decrypted at a time, in each direction. */
export const MAX_RECORDS_AHEAD = 8;
/** Contents up to this size are encrypted and decrypted at once, larger ones on other threads. */
export const MAX_SYNC_CONTENT = 4 * KiB;

/**
 * Returns the next record of `cipher`, without its header.
 * @throws {RangeError} for more than {@link MAX_RECORD_CONTENT} bytes of content
 */
export function sealContent(cipher: CipherState, content: Uint8Array): Bytes | Promise<Bytes> {
  if (content.length > MAX_RECORD_CONTENT) {
    throw new RangeError(`a record holds at most ${MAX_RECORD_CONTENT} bytes`);
  }
  return content.length <= MAX_SYNC_CONTENT ? cipher.encryptSync(content) : cipher.encrypt(content);
}

/**
 * Returns the content of the next record of `cipher`; `sealed` is what follows its header.
 * @throws {CryptoError} `decrypt-failed` (or rejects with it)
 */
export function openRecord(cipher: CipherState, sealed: Uint8Array): Bytes | Promise<Bytes> {
  return sealed.length - TAG_SIZE <= MAX_SYNC_CONTENT
    ? cipher.decryptSync(sealed)
    : cipher.decrypt(sealed);
}

/**
 * Writes the record of `sealed` into `into`, which has room for it, from `at` on. Returns where it
 * ends. `sealed` is empty afterwards.
 */
export function putRecord(sealed: Bytes, into: Uint8Array, at: number): number {
  const { length } = sealed;
  into[at] = length >> 8;
  into[at + 1] = length;
  into.set(sealed, at + RECORD_HEADER_SIZE);
  // Large arrays are freed at once, small ones by the garbage collector.
  if (length > MAX_SYNC_CONTENT + TAG_SIZE) discard(sealed);
  return at + RECORD_HEADER_SIZE + length;
}

/**
 * Records: a 2-byte big-endian length, then one Noise transport message of that many bytes, which
 * include its 16-byte tag. A record without content ends its direction.
 */
import { TAG_SIZE } from "../crypto/chacha20_poly1305.ts";
import { MAX_NOISE_MESSAGE_SIZE } from "../limits.ts";
import type { CipherState } from "./cipher_state.ts";

/** Size of the header: the length. */
export const RECORD_HEADER_SIZE = 2;
/** Most bytes of content in one record: 65,519. */
export const MAX_RECORD_CONTENT = MAX_NOISE_MESSAGE_SIZE - TAG_SIZE;
/** Size of the largest record, its header included. */
export const MAX_RECORD_SIZE = RECORD_HEADER_SIZE + MAX_NOISE_MESSAGE_SIZE;
/** After this many bytes of records a direction lets the rest of the process have its turn. */
export const TURN_SIZE = 4 * MAX_RECORD_SIZE;

/**
 * Seals `content` as the next record of `cipher` and puts it into `into`, which has room for it,
 * from `at` on. Returns where it ends.
 * @throws {RangeError} for more than {@link MAX_RECORD_CONTENT} bytes of content
 * @throws {CryptoError} `exhausted`
 */
export function putRecord(
  cipher: CipherState,
  content: Uint8Array,
  into: Uint8Array,
  at: number,
): number {
  if (content.length > MAX_RECORD_CONTENT) {
    throw new RangeError(`a record holds at most ${MAX_RECORD_CONTENT} bytes`);
  }
  const size = cipher.encryptInto(content, into.subarray(at + RECORD_HEADER_SIZE));
  into[at] = size >> 8;
  into[at + 1] = size;
  return at + RECORD_HEADER_SIZE + size;
}

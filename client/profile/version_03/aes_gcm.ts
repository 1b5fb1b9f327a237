import { createDecipheriv } from "node:crypto";
import type { Bytes } from "../../../shared/bytes.ts";
import { CryptoError } from "../../../shared/errors.ts";

/** Size of a nonce, in bytes. */
export const NONCE_SIZE = 12;
/** Size of the tag that follows every ciphertext, in bytes. */
export const TAG_SIZE = 16;

/**
 * Opens what AES-256-GCM (NIST SP 800-38D) sealed under a key of 32 bytes, with its tag at the end.
 * Nothing is sealed with it any more.
 * @throws {CryptoError} `decrypt-failed` if anything differs from what was used for sealing
 */
export function openAesGcm(
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
  sealed: Uint8Array,
): Bytes {
  const size = sealed.length - TAG_SIZE;
  if (nonce.length !== NONCE_SIZE || size < 0) {
    throw new CryptoError("decrypt-failed", "the nonce or the tag is missing");
  }
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_SIZE });
  decipher.setAAD(associated);
  decipher.setAuthTag(sealed.subarray(size));
  const plaintext = decipher.update(sealed.subarray(0, size));
  try {
    decipher.final();
  } catch (error) {
    plaintext.fill(0);
    throw new CryptoError("decrypt-failed", "the tag is wrong", { cause: error });
  }
  return new Uint8Array(plaintext);
}

/**
 * SHA-256 and what is built on it, and SHA-512. Synchronous, because for small inputs an
 * asynchronous call costs ten times more than the work itself.
 */
import { createHash, hkdfSync, timingSafeEqual } from "node:crypto";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { type Bytes, utf8 } from "../bytes.ts";

/** Size of a digest, in bytes. */
export const HASH_SIZE = 32;

/** Returns SHA-256 (FIPS 180-4) of the concatenated `parts`: 32 bytes. */
export function sha256(...parts: Uint8Array[]): Bytes {
  return digest("sha256", parts);
}

/** Returns SHA-512 (FIPS 180-4) of the concatenated `parts`: 64 bytes. */
export function sha512(...parts: Uint8Array[]): Bytes {
  return digest("sha512", parts);
}

/** SHA-256 of what comes in pieces. */
export class Sha256 {
  readonly #hash = createHash("sha256");

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** Returns the 32 bytes. To be called once, at the end. */
  done(): Bytes {
    return new Uint8Array(this.#hash.digest());
  }
}

/**
 * Returns HMAC-SHA-256 (RFC 2104) of the concatenated `parts`: 32 bytes. For a few hundred bytes
 * this takes half the time of an `Hmac` of node:crypto, which is a stream.
 */
export function hmacSha256(key: Uint8Array, ...parts: Uint8Array[]): Bytes {
  const code = hmac.create(nobleSha256, key);
  for (const part of parts) code.update(part);
  return code.digest() as Bytes;
}

function digest(algorithm: string, parts: readonly Uint8Array[]): Bytes {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** Returns `count` keys of 32 bytes each by {@link hkdfSha256}. */
export function hkdfKeys(
  salt: Uint8Array,
  secret: Uint8Array,
  info: Uint8Array,
  count: number,
): Bytes[] {
  const output = hkdfSha256(salt, secret, info, count * HASH_SIZE);
  const keys = Array.from(
    { length: count },
    (_, i) => output.slice(i * HASH_SIZE, (i + 1) * HASH_SIZE),
  );
  output.fill(0);
  return keys;
}

/**
 * Returns `size` bytes of HKDF-SHA-256 (RFC 5869), extract and expand.
 * @throws {RangeError} if `size` is larger than 8,160
 */
export function hkdfSha256(
  salt: Uint8Array,
  secret: Uint8Array,
  info: Uint8Array,
  size: number,
): Bytes {
  if (!Number.isInteger(size) || size < 0 || size > 255 * HASH_SIZE) {
    throw new RangeError(`HKDF-SHA-256 yields at most ${255 * HASH_SIZE} bytes, not ${size}`);
  }
  return new Uint8Array(hkdfSync("sha256", secret, salt, info, size));
}

/** Reports whether two secret texts are equal. The time tells nothing about either. */
export function equalSecrets(a: string, b: string): boolean {
  return timingSafeEqual(sha256(utf8(a)), sha256(utf8(b)));
}

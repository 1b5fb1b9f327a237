import type { Bytes } from "../bytes.ts";

/** Returns that many random bytes, fit for keys. A parameter of everything that needs some. */
export type Random = (size: number) => Bytes;

/** The most that the system returns at a time, in bytes. */
const MAX_AT_ONCE = 65_536;

/** Returns that many random bytes, fit for keys. */
export function randomBytes(size: number): Bytes {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += MAX_AT_ONCE) {
    crypto.getRandomValues(bytes.subarray(at, at + MAX_AT_ONCE));
  }
  return bytes;
}

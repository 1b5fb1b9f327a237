/** Bytes: joining, comparing, writing as hex. */

/** Bytes whose memory is not shared with another thread, which is what Web Crypto demands. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The UTF-8 bytes of `text`. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/**
 * The text that the UTF-8 `bytes` spell. A byte order mark stays, so that encoding the result gives
 * the same bytes.
 * @throws {TypeError} where they are not UTF-8
 */
export function fromUtf8(bytes: Uint8Array): string {
  return strictDecoder.decode(bytes);
}

/** One new array that holds all `parts` one after the other. */
export function concat(...parts: Uint8Array[]): Bytes {
  return concatAll(parts);
}

/** {@link concat} for any number of parts: a call takes only so many arguments. */
export function concatAll(parts: readonly Uint8Array[]): Bytes {
  let size = 0;
  for (const part of parts) size += part.length;
  const joined = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * Whether `a` and `b` hold the same bytes. The time depends on their lengths alone, never on where
 * they differ, so secrets may be compared with it.
 */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i];
  return difference === 0;
}

/** Lower-case hex, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  return bytes.toHex();
}

/**
 * The bytes that `hex` spells, in either case.
 * @throws {TypeError} where it is not pairs of hex digits
 */
export function fromHex(hex: string): Bytes {
  if (hex.length % 2 !== 0 || /[^0-9a-f]/i.test(hex)) {
    throw new TypeError("not a hex string of whole bytes");
  }
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/**
 * Gives the memory of `bytes` back at once; they are empty from then on. For large ones that come
 * one after the other, as garbage of their size is collected late. They must have a buffer of their
 * own.
 */
export function discard(bytes: Bytes): void {
  bytes.buffer.transfer(0);
}

/** Bytes: joining, comparing, writing as hex. */

/** Bytes whose memory is not shared with another thread, which is what Web Crypto demands. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns the UTF-8 bytes of `text`. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/**
 * Returns the text of the UTF-8 `bytes`. A byte order mark stays, so that encoding the result
 * returns the same bytes.
 * @throws {TypeError} if they are not UTF-8
 */
export function fromUtf8(bytes: Uint8Array): string {
  return strictDecoder.decode(bytes);
}

/** Returns a new array of all `parts`, one after the other. */
export function concat(...parts: Uint8Array[]): Bytes {
  return concatAll(parts);
}

/** {@link concat} for any number of parts; the number of arguments of a call is limited. */
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
 * Reports whether `a` and `b` hold the same bytes. The time depends only on their lengths, not on
 * where they differ, so it is fit for secrets.
 */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i];
  return difference === 0;
}

/** Returns lower-case hex, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  return bytes.toHex();
}

/**
 * Returns the bytes that `hex` spells, in either case.
 * @throws {TypeError} if it is not pairs of hex digits
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
 * Frees the memory of `bytes` at once; they are empty afterwards. For large arrays in a row, which
 * the garbage collector would free late. They must have a buffer of their own.
 */
export function discard(bytes: Bytes): void {
  bytes.buffer.transfer(0);
}

import { type Bytes, utf8 } from "./bytes.ts";
import type { CborValue } from "./cbor_value.ts";

/** Major types (RFC 8949 §3.1). */
const [UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, SIMPLE] = [0, 1, 2, 3, 4, 5, 7];
/** Low bits of the heads of simple values and floats (§3.3). */
const [FALSE, TRUE, NULL, HALF, SINGLE, DOUBLE] = [20, 21, 22, 25, 26, 27];
/** The largest argument in the first byte of a head. */
const MAX_IN_HEAD = 23;
const U32 = 2 ** 32;
/** The longest head, in bytes. */
const HEAD_SIZE = 9;
/** ASCII texts of so many characters are copied faster here than by the system. */
const SHORT = 32;
const SCRATCH_SIZE = 64 * 1024;

/** Where values are encoded. It is overwritten after each, as they may be secret. */
let scratch = new Uint8Array(SCRATCH_SIZE);
let view = new DataView(scratch.buffer);

/** Encodes one value. */
export class CborEncoder {
  #at = 0;

  add(value: CborValue): void {
    if (typeof value === "number") this.#number(value);
    else if (typeof value === "string") this.#text(value);
    else if (value === null) this.#head(SIMPLE, NULL);
    else if (typeof value === "boolean") this.#head(SIMPLE, value ? TRUE : FALSE);
    else if (value instanceof Uint8Array) {
      this.#head(BYTES, value.length);
      this.#copy(value);
    } else if (Array.isArray(value)) {
      this.#head(ARRAY, value.length);
      for (const each of value) this.add(each);
    } else if (typeof value === "object") {
      this.#map(value as { readonly [key: string]: CborValue });
    } else throw new TypeError(`CBOR has no ${typeof value}`);
  }

  done(): Bytes {
    const encoded = scratch.slice(0, this.#at);
    scratch.fill(0, 0, this.#at);
    if (scratch.length > SCRATCH_SIZE) resize(SCRATCH_SIZE);
    return encoded;
  }

  #map(map: { readonly [key: string]: CborValue }): void {
    const keys = Object.keys(map).sort(compareKeys);
    this.#head(MAP, keys.length);
    for (const key of keys) {
      this.#text(key);
      this.add(map[key]);
    }
  }

  #text(text: string): void {
    const size = text.length;
    if (size > SHORT) return this.#longText(text);
    this.#head(TEXT, size);
    this.#reserve(size);
    const start = this.#at;
    for (let i = 0; i < size; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        this.#at = start - headSize(size);
        return this.#longText(text);
      }
      scratch[start + i] = code;
    }
    this.#at += size;
  }

  #longText(text: string): void {
    const bytes = utf8(text);
    this.#head(TEXT, bytes.length);
    this.#copy(bytes);
    bytes.fill(0);
  }

  #copy(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    scratch.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** An integer, or the shortest float that is the same (§4.2.2). */
  #number(value: number): void {
    if (Number.isSafeInteger(value)) {
      return value >= 0 ? this.#head(UNSIGNED, value) : this.#head(NEGATIVE, -1 - value);
    }
    if (!Number.isFinite(value)) throw new TypeError(`${value} is no number for CBOR`);
    this.#reserve(HEAD_SIZE);
    if (Math.f16round(value) === value) {
      scratch[this.#at] = 32 * SIMPLE + HALF;
      view.setFloat16(this.#at + 1, value);
      this.#at += 3;
    } else if (Math.fround(value) === value) {
      scratch[this.#at] = 32 * SIMPLE + SINGLE;
      view.setFloat32(this.#at + 1, value);
      this.#at += 5;
    } else {
      scratch[this.#at] = 32 * SIMPLE + DOUBLE;
      view.setFloat64(this.#at + 1, value);
      this.#at += 9;
    }
  }

  /** A major type and its argument, in the shortest form (§4.2.1). */
  #head(major: number, argument: number): void {
    this.#reserve(HEAD_SIZE);
    const at = this.#at;
    const first = 32 * major;
    if (argument <= MAX_IN_HEAD) scratch[at] = first + argument;
    else if (argument < 2 ** 8) {
      scratch[at] = first + 24;
      scratch[at + 1] = argument;
    } else if (argument < 2 ** 16) {
      scratch[at] = first + 25;
      view.setUint16(at + 1, argument);
    } else if (argument < U32) {
      scratch[at] = first + 26;
      view.setUint32(at + 1, argument);
    } else {
      scratch[at] = first + 27;
      view.setUint32(at + 1, Math.floor(argument / U32));
      view.setUint32(at + 5, argument % U32);
    }
    this.#at = at + headSize(argument);
  }

  #reserve(size: number): void {
    const needed = this.#at + size;
    if (needed > scratch.length) resize(2 * needed);
  }
}

/** Takes a scratch of another size; what fits of the old content stays. */
function resize(size: number): void {
  const old = scratch;
  scratch = new Uint8Array(size);
  scratch.set(old.subarray(0, size));
  view = new DataView(scratch.buffer);
  old.fill(0);
}

function headSize(argument: number): number {
  if (argument <= MAX_IN_HEAD) return 1;
  if (argument < 2 ** 8) return 2;
  if (argument < 2 ** 16) return 3;
  return argument < U32 ? 5 : 9;
}

/** Keys come in the order of their encodings (§4.2.1): shorter ones first. */
function compareKeys(a: string, b: string): number {
  if (isAscii(a) && isAscii(b)) return a.length - b.length || (a < b ? -1 : 1);
  const [x, y] = [utf8(a), utf8(b)];
  if (x.length !== y.length) return x.length - y.length;
  const at = x.findIndex((byte, i) => byte !== y[i]);
  return x[at] - y[at];
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

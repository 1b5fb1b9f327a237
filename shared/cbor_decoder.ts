import { fromUtf8 } from "./bytes.ts";
import type { CborValue } from "./cbor_value.ts";
import { ProtocolError } from "./errors.ts";

/** Major types (RFC 8949 §3.1); 6 are tags. */
const [UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, SIMPLE] = [0, 1, 2, 3, 4, 5, 7];
/** Low bits of the heads of simple values and floats (§3.3). */
const [FALSE, TRUE, NULL, HALF, SINGLE, DOUBLE] = [20, 21, 22, 25, 26, 27];
/** The largest argument in the first byte of a head. */
const MAX_IN_HEAD = 23;
/** How deep values may lie in each other. */
const MAX_DEPTH = 256;
/** ASCII texts of so many characters are copied faster here than by the system. */
const SHORT = 32;

/** Decodes one value, whether or not it is in its shortest form. */
export class CborDecoder {
  readonly #view: DataView;
  #at = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** @throws {ProtocolError} `malformed`, as the other methods */
  value(depth: number): CborValue {
    if (depth > MAX_DEPTH) throw malformed("values lie too deep in each other");
    const first = this.bytes[this.#take(1)];
    const [major, low] = [first >> 5, first & 31];
    if (major === SIMPLE) return this.#simple(low);
    const argument = this.#argument(low);
    if (major === UNSIGNED) return argument;
    if (major === NEGATIVE && argument < Number.MAX_SAFE_INTEGER) return -1 - argument;
    if (major === BYTES) {
      const at = this.#take(argument);
      return new Uint8Array(this.bytes.subarray(at, at + argument));
    }
    if (major === TEXT) return this.#text(argument);
    if (major === ARRAY) {
      const array: CborValue[] = [];
      for (let i = 0; i < argument; i++) array.push(this.value(depth + 1));
      return array;
    }
    if (major === MAP) return this.#map(argument, depth);
    throw malformed("a tag, or a number that is too large");
  }

  end(): void {
    if (this.#at < this.bytes.length) throw malformed("something follows the value");
  }

  #map(count: number, depth: number): CborValue {
    const map: { [key: string]: CborValue } = {};
    for (let i = 0; i < count; i++) {
      const first = this.bytes[this.#take(1)];
      const key = first >> 5 === TEXT ? this.#text(this.#argument(first & 31)) : "__proto__";
      if (key === "__proto__") throw malformed("a map has a key that is not allowed");
      map[key] = this.value(depth + 1);
    }
    return map;
  }

  #text(size: number): string {
    const at = this.#take(size);
    if (size <= SHORT) {
      let text = "";
      let i = at;
      for (; i < at + size && this.bytes[i] <= 0x7f; i++) {
        text += String.fromCharCode(this.bytes[i]);
      }
      if (i === at + size) return text;
    }
    try {
      return fromUtf8(this.bytes.subarray(at, at + size));
    } catch (error) {
      throw malformed("a text that is not UTF-8", error);
    }
  }

  #simple(low: number): CborValue {
    if (low === FALSE) return false;
    if (low === TRUE) return true;
    if (low === NULL) return null;
    const value = low === HALF
      ? this.#view.getFloat16(this.#take(2))
      : low === SINGLE
      ? this.#view.getFloat32(this.#take(4))
      : low === DOUBLE
      ? this.#view.getFloat64(this.#take(8))
      : NaN;
    if (Number.isFinite(value)) return value;
    throw malformed("a simple value that is not known here");
  }

  #argument(low: number): number {
    if (low <= MAX_IN_HEAD) return low;
    if (low === 24) return this.#view.getUint8(this.#take(1));
    if (low === 25) return this.#view.getUint16(this.#take(2));
    if (low === 26) return this.#view.getUint32(this.#take(4));
    if (low !== 27) throw malformed("an item without an end, or a reserved head");
    const argument = Number(this.#view.getBigUint64(this.#take(8)));
    if (Number.isSafeInteger(argument)) return argument;
    throw malformed("a number that is too large");
  }

  /** Goes on behind the next `size` bytes; returns where they begin. */
  #take(size: number): number {
    const at = this.#at;
    if (this.bytes.length - at < size) throw malformed("it ends too early");
    this.#at += size;
    return at;
  }
}

function malformed(reason: string, cause?: unknown): ProtocolError {
  return new ProtocolError("malformed", reason, { cause });
}

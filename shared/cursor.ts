/**
 * Bounds-checked reading and writing of fixed binary layouts. All integers are little-endian, as in
 * every frame of the protocol.
 */
import type { Bytes } from "./bytes.ts";
import { ProtocolError } from "./errors.ts";

/** Reads one layout from front to back. */
export class Reader {
  #at = 0;

  constructor(private readonly source: Uint8Array) {}

  /** How many bytes are not read yet. */
  get left(): number {
    return this.source.length - this.#at;
  }

  u8(): number {
    return this.source[this.#take(1)];
  }

  u16(): number {
    const at = this.#take(2);
    return this.source[at] | this.source[at + 1] << 8;
  }

  u32(): number {
    return this.#u32At(this.#take(4));
  }

  /**
   * Reads 8 bytes.
   * @throws {ProtocolError} `malformed` above 2^53 - 1
   */
  u64(): number {
    const at = this.#take(8);
    const value = this.#u32At(at) + this.#u32At(at + 4) * 2 ** 32;
    if (!Number.isSafeInteger(value)) throw new ProtocolError("malformed", "a number is too large");
    return value;
  }

  /** Returns a copy of the next `size` bytes. */
  bytes(size: number): Bytes {
    const at = this.#take(size);
    const copy = new Uint8Array(size);
    copy.set(this.source.subarray(at, at + size)); // slice() of a Buffer would be no copy
    return copy;
  }

  /** Returns the next `size` bytes without copying them. */
  view(size: number): Bytes {
    const at = this.#take(size);
    return this.source.subarray(at, at + size) as Bytes;
  }

  /** Returns all bytes that are left, without copying them. */
  rest(): Bytes {
    return this.view(this.left);
  }

  /** @throws {ProtocolError} `malformed` if bytes are left over */
  end(): void {
    if (this.left > 0) throw new ProtocolError("malformed", `${this.left} bytes left over`);
  }

  #u32At(at: number): number {
    const { source } = this;
    return (source[at] | source[at + 1] << 8 | source[at + 2] << 16 | source[at + 3] << 24) >>> 0;
  }

  #take(size: number): number {
    if (this.left < size) {
      throw new ProtocolError("malformed", `${size} bytes expected, ${this.left} left`);
    }
    const at = this.#at;
    this.#at += size;
    return at;
  }
}

/** Writes one layout of known size. */
export class Writer {
  readonly #bytes: Bytes;
  #at = 0;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }

  u8(value: number): this {
    this.#put(1, whole(value, 0xff));
    return this;
  }

  u16(value: number): this {
    this.#put(2, whole(value, 0xffff));
    return this;
  }

  u32(value: number): this {
    this.#put(4, whole(value, 0xffff_ffff));
    return this;
  }

  /** Writes 8 bytes for a number up to 2^53 - 1. */
  u64(value: number): this {
    const high = Math.floor(whole(value, Number.MAX_SAFE_INTEGER) / 2 ** 32);
    this.#put(4, value >>> 0);
    this.#put(4, high);
    return this;
  }

  /** Writes `bytes`, which must be `size` long if a size is given. */
  bytes(bytes: Uint8Array, size = bytes.length): this {
    if (bytes.length !== size) throw new RangeError(`${size} bytes expected, got ${bytes.length}`);
    this.#bytes.set(bytes, this.#claim(size));
    return this;
  }

  /** Writes `size` bytes of zero. */
  zeros(size: number): this {
    this.#claim(size);
    return this;
  }

  /** Returns the layout, which must be complete. */
  done(): Bytes {
    if (this.#at !== this.#bytes.length) {
      throw new RangeError(`${this.#bytes.length - this.#at} bytes not written`);
    }
    return this.#bytes;
  }

  #put(size: number, value: number): void {
    const at = this.#claim(size);
    for (let i = 0; i < size; i++) this.#bytes[at + i] = value >>> 8 * i;
  }

  #claim(size: number): number {
    const at = this.#at;
    if (at + size > this.#bytes.length) throw new RangeError("layout is larger than declared");
    this.#at += size;
    return at;
  }
}

function whole(value: number, max: number): number {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RangeError(`${value} is not a whole number from 0 to ${max}`);
  }
  return value;
}

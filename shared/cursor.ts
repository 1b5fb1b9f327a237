/**
 * Bounds-checked reading and writing of fixed binary layouts. All integers are little-endian, as in
 * every frame of the protocol.
 */
import type { Bytes } from "./bytes.ts";
import { ProtocolError } from "./errors.ts";

/** Reads one layout from front to back. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** How many bytes are not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /**
   * Reads 8 bytes.
   * @throws {ProtocolError} `malformed` above 2^53 - 1
   */
  u64(): number {
    const value = Number(this.#view.getBigUint64(this.#take(8), true));
    if (!Number.isSafeInteger(value)) throw new ProtocolError("malformed", "a number is too large");
    return value;
  }

  /** Returns a copy of the next `size` bytes. */
  bytes(size: number): Bytes {
    const at = this.#take(size);
    const copy = new Uint8Array(size);
    copy.set(this.#bytes.subarray(at, at + size)); // slice() of a Buffer would be no copy
    return copy;
  }

  /** Returns all bytes that are left, without copying them. */
  rest(): Bytes {
    return this.#bytes.subarray(this.#take(this.left)) as Bytes;
  }

  /** @throws {ProtocolError} `malformed` if bytes are left over */
  end(): void {
    if (this.left > 0) throw new ProtocolError("malformed", `${this.left} bytes left over`);
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
  readonly #view: DataView;
  #at = 0;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }

  u8(value: number): this {
    this.#view.setUint8(this.#claim(1), whole(value, 0xff));
    return this;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#claim(2), whole(value, 0xffff), true);
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#claim(4), whole(value, 0xffff_ffff), true);
    return this;
  }

  /** Writes 8 bytes for a number up to 2^53 - 1. */
  u64(value: number): this {
    const number = BigInt(whole(value, Number.MAX_SAFE_INTEGER));
    this.#view.setBigUint64(this.#claim(8), number, true);
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

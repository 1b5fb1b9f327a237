/** The payload of the current request, which is read once, from front to back. */
import type { Bytes } from "../../shared/bytes.ts";
import { KiB } from "../../shared/limits.ts";
import type { FrameReader } from "../../shared/protocol/frame_stream.ts";

/** Bytes that are read at a time only to be skipped. */
const DISCARD_STEP = 16 * KiB;
const LINGER_STEP = 4 * KiB;
/** A larger payload may take a slow client longer than one deadline. */
const MAX_AT_ONCE = 8 * KiB;

export class Payload {
  readonly #reader: FrameReader;
  readonly #onProgress: () => void;
  readonly #released = Promise.withResolvers<void>();
  #left: number;

  /** The next `size` bytes of `reader`; calls `onProgress` whenever some have arrived. */
  constructor(reader: FrameReader, size: number, onProgress: () => void) {
    this.#reader = reader;
    this.#left = size;
    this.#onProgress = onProgress;
    if (size === 0) this.release();
  }

  /** How many bytes are not read yet. */
  get left(): number {
    return this.#left;
  }

  /** Resolves when the request needs no more of its payload. */
  get released(): Promise<void> {
    return this.#released.promise;
  }

  /** Leaves the rest to the code that waits for {@link released}. */
  release(): void {
    this.#released.resolve();
  }

  /** Returns the next `size` bytes, no more than are left; progress only when all are here. */
  async read(size: number): Promise<Bytes> {
    const bytes = await this.#reader.read(size);
    this.#advance(size);
    return bytes;
  }

  /** Returns all that is left. Each piece of a large payload is progress. */
  async readAll(): Promise<Bytes> {
    if (this.#left <= MAX_AT_ONCE) return await this.read(this.#left);
    const bytes = new Uint8Array(this.#left);
    await this.fill(bytes);
    return bytes;
  }

  /** Fills `into`, which is not larger than what is left; each piece is progress. */
  async fill(into: Uint8Array): Promise<void> {
    for (let have = 0; have < into.length;) have += await this.#readSome(into.subarray(have));
  }

  /** Reads what is left and forgets it. */
  async discard(): Promise<void> {
    const step = new Uint8Array(Math.min(this.#left, DISCARD_STEP));
    while (this.#left > 0) await this.#readSome(step);
  }

  async #readSome(into: Uint8Array): Promise<number> {
    const count = await this.#reader.readSome(into.subarray(0, Math.min(into.length, this.#left)));
    this.#advance(count);
    return count;
  }

  #advance(count: number): void {
    this.#left -= count;
    if (this.#left === 0) this.release();
    this.#onProgress();
  }
}

/**
 * Skips what the peer still sends, up to `most` bytes: closing with bytes unread would reset the
 * connection, and the last responses could be lost.
 */
export async function linger(reader: FrameReader, most: number): Promise<void> {
  const step = new Uint8Array(LINGER_STEP);
  for (let left = most; left > 0 && await reader.more();) left -= await reader.readSome(step);
}

/** The payload of the request under way, which is read once, from front to back. */
import type { Bytes } from "../../shared/bytes.ts";
import type { FrameReader } from "../../shared/protocol/frame_stream.ts";

export class Payload {
  readonly #reader: FrameReader;
  readonly #onProgress: () => void;
  #left: number;

  /** The next `size` bytes of `reader`; `onProgress` is called whenever some have arrived. */
  constructor(reader: FrameReader, size: number, onProgress: () => void) {
    this.#reader = reader;
    this.#left = size;
    this.#onProgress = onProgress;
  }

  /** How many bytes were not read yet. */
  get left(): number {
    return this.#left;
  }

  /**
   * Exactly `size` bytes, which are progress only when all of them are here. The caller has checked
   * `size` against {@link left} and its limit.
   */
  async read(size: number): Promise<Bytes> {
    const bytes = await this.#reader.read(size);
    this.#left -= size;
    this.#onProgress();
    return bytes;
  }

  /** Fills `into`, which is not larger than what is left; each piece is progress. */
  async fill(into: Uint8Array): Promise<void> {
    for (let have = 0; have < into.length;) have += await this.readSome(into.subarray(have));
  }

  /** Puts at most `into.length` of the bytes that are left into `into`; gives their number. */
  async readSome(into: Uint8Array): Promise<number> {
    const count = await this.#reader.readSome(into.subarray(0, Math.min(into.length, this.#left)));
    this.#left -= count;
    this.#onProgress();
    return count;
  }

  /** Reads what is left and forgets it. */
  async discard(): Promise<void> {
    const step = new Uint8Array(Math.min(this.#left, 16 * 1024));
    while (this.#left > 0) await this.readSome(step);
  }
}

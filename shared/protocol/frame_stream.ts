/**
 * Reads frames from a stream of bytes in pieces of any size, with a buffer of bounded size. Large
 * contents pass through {@link FrameReader.readSome} or go straight into the caller's memory.
 */
import type { Bytes } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import type { ByteSource } from "../io.ts";
import { KiB } from "../limits.ts";

/**
 * Buffer of a stream. Small, because a server holds one for each idle connection; larger contents
 * are read past it, into memory of their own.
 */
const BUFFER_SIZE = 2 * KiB;

/** Reads exact numbers of bytes from a {@link ByteSource}. One caller at a time. */
export class FrameReader {
  readonly #source: ByteSource;
  #buffer: Bytes;
  #start = 0;
  #end = 0;
  #ended = false;
  #failure: unknown = undefined;
  #pending: Promise<void> | null = null;

  constructor(source: ByteSource, bufferSize = BUFFER_SIZE) {
    this.#source = source;
    this.#buffer = new Uint8Array(bufferSize);
  }

  /**
   * Starts to wait for the peer's next bytes without taking them, so that {@link quiet} can tell
   * whether it has sent any.
   */
  lookAhead(): void {
    if (this.quiet) this.#pending ??= this.#fill();
  }

  /** Whether, as far as known, nothing arrived beyond what was read: no bytes, no end, no error. */
  get quiet(): boolean {
    return this.#start === this.#end && !this.#ended && this.#failure === undefined;
  }

  /** Waits until the peer sends something. Returns false if its stream ends instead. */
  async more(): Promise<boolean> {
    while (this.#start === this.#end) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#ended) return false;
      await (this.#pending ??= this.#fill());
    }
    return true;
  }

  /**
   * Returns a copy of exactly `size` bytes. The caller must check `size` against its limit before.
   * @throws {ProtocolError} `truncated` if the stream ends before
   */
  async read(size: number): Promise<Bytes> {
    const bytes = new Uint8Array(size);
    await this.readFull(bytes);
    return bytes;
  }

  /** Fills `into`. @throws {ProtocolError} `truncated` if the stream ends before */
  async readFull(into: Uint8Array): Promise<void> {
    let have = 0;
    while (have < into.length) have += await this.readSome(into.subarray(have));
  }

  /**
   * Waits for bytes and puts at most `into.length` of them at its start. Returns their number.
   * @throws {ProtocolError} `truncated` if the stream has ended
   */
  async readSome(into: Uint8Array): Promise<number> {
    if (this.quiet && into.length >= this.#buffer.length && !this.#pending) {
      const count = await this.#receive(into);
      if (count !== null) return count;
    }
    if (!await this.more()) {
      throw new ProtocolError("truncated", "the stream ended inside a frame");
    }
    const count = Math.min(into.length, this.#end - this.#start);
    into.set(this.#buffer.subarray(this.#start, this.#start + count));
    this.#start += count;
    return count;
  }

  /**
   * Returns what has arrived but is not read yet. Ends the use of this reader and frees its memory:
   * what follows comes from the source.
   */
  takeRest(): Bytes {
    const rest = this.#buffer.slice(this.#start, this.#end);
    this.#buffer = new Uint8Array(0);
    this.#start = this.#end = 0;
    return rest;
  }

  /** Reads into the empty buffer. Never rejects: a failure is kept for the next read. */
  async #fill(): Promise<void> {
    const count = await this.#receive(this.#buffer);
    this.#start = 0;
    this.#end = count ?? 0;
    this.#pending = null;
  }

  /** Reads from the source once. Returns null if it ended or failed, which is kept. */
  async #receive(into: Uint8Array): Promise<number | null> {
    try {
      const count = await this.#source.read(into);
      this.#ended = count === null;
      return count;
    } catch (error) {
      this.#failure = error ?? new Error("the stream failed");
      return null;
    }
  }
}

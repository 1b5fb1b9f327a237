/**
 * Reads frames from a stream of bytes in pieces of any size, with a buffer of bounded size. Large
 * contents pass through {@link FrameReader.readSome} or go straight into the caller's memory.
 */
import { type Bytes, concat } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import type { ByteSource, ChunkedSource } from "../io.ts";
import { KiB } from "../limits.ts";

/** Buffer of a stream that has no chunks. Larger contents are read past it. */
const BUFFER_SIZE = 2 * KiB;
const NOTHING = new Uint8Array(0);

/**
 * Reads exact numbers of bytes from a {@link ByteSource}. One caller at a time. The chunks of a
 * {@link ChunkedSource} are its buffer: at rest it has none.
 */
export class FrameReader {
  #buffer: Bytes = NOTHING;
  #start = 0;
  #end = 0;
  #ended = false;
  #failure: unknown = undefined;
  #pending: Promise<void> | null = null;

  /** `bufferSize`, in bytes, is also the size from which reads go past the buffer. */
  constructor(
    private readonly source: ByteSource | ChunkedSource,
    private readonly bufferSize = BUFFER_SIZE,
  ) {}

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

  /** How many bytes have arrived and were not read. */
  get buffered(): number {
    return this.#end - this.#start;
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

  /** Returns a copy of the next `size` bytes, or null unless all of them have arrived. */
  take(size: number): Bytes | null {
    if (this.buffered < size) return null;
    const bytes = this.#buffer.slice(this.#start, this.#start + size);
    this.#skip(size);
    return bytes;
  }

  /**
   * Waits until {@link take} can return the next `size` bytes, or never will: where the stream ends
   * before, and where they exceed the buffer.
   */
  async gather(size: number): Promise<void> {
    if (size > this.bufferSize) return;
    while (this.buffered < size && !this.#ended && this.#failure === undefined) {
      await (this.#pending ??= this.#fill());
    }
  }

  /**
   * Returns a copy of exactly `size` bytes. The caller must check `size` against its limit before.
   * @throws {ProtocolError} `truncated` if the stream ends before
   */
  async read(size: number): Promise<Bytes> {
    const there = this.take(size);
    if (there) return there;
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
    if (this.quiet && into.length >= this.bufferSize && !this.#pending) {
      const count = await this.#receive(into);
      if (count !== null) return count;
    }
    if (this.#start === this.#end && !await this.more()) {
      throw new ProtocolError("truncated", "the stream ended inside a frame");
    }
    const count = Math.min(into.length, this.buffered);
    into.set(this.#buffer.subarray(this.#start, this.#start + count));
    this.#skip(count);
    return count;
  }

  /**
   * Returns what has arrived but is not read yet. Ends the use of this reader and frees its memory:
   * what follows comes from the source.
   */
  takeRest(): Bytes {
    const rest = this.#unread.slice();
    this.#buffer = NOTHING;
    this.#start = this.#end = 0;
    return rest;
  }

  #skip(count: number): void {
    this.#start += count;
    if (this.#start < this.#end) return;
    this.#start = this.#end = 0;
    if ("next" in this.source) this.#buffer = NOTHING;
  }

  /** Adds what comes next to the buffer. Never rejects: a failure is kept for the next read. */
  async #fill(): Promise<void> {
    const { source } = this;
    try {
      if ("next" in source) this.#append(await source.next());
      else this.#noteArrival(await source.read(this.#makeRoom()));
    } catch (error) {
      this.#noteFailure(error);
    }
    this.#pending = null;
  }

  /** Reads past the empty buffer. Returns null if the source ended or failed, which is kept. */
  async #receive(into: Uint8Array): Promise<number | null> {
    try {
      const count = await this.source.read(into);
      this.#ended = count === null;
      return count;
    } catch (error) {
      this.#noteFailure(error);
      return null;
    }
  }

  #append(chunk: Bytes | null): void {
    this.#ended = chunk === null;
    if (!chunk) return;
    this.#buffer = this.buffered === 0 ? chunk : concat(this.#unread, chunk);
    this.#start = 0;
    this.#end = this.#buffer.length;
  }

  /** The free part of the buffer, behind what is unread. */
  #makeRoom(): Uint8Array {
    if (this.#buffer.length === 0) this.#buffer = new Uint8Array(this.bufferSize);
    this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    return this.#buffer.subarray(this.#end);
  }

  #noteArrival(count: number | null): void {
    this.#ended = count === null;
    this.#end += count ?? 0;
  }

  #noteFailure(error: unknown): void {
    this.#failure = error ?? new Error("the stream failed");
  }

  get #unread(): Bytes {
    return this.#buffer.subarray(this.#start, this.#end);
  }
}

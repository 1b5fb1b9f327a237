import { type Bytes, discard } from "../bytes.ts";
import { TAG_SIZE } from "../crypto/chacha20_poly1305.ts";
import { ProtocolError } from "../errors.ts";
import type { ByteSource } from "../io.ts";
import { turnAlone } from "../sleep.ts";
import type { CipherState } from "./cipher_state.ts";
import { MAX_RECORD_SIZE, RECORD_HEADER_SIZE, TURN_SIZE } from "./record.ts";

/** Input buffer of a channel at rest: a server holds one for each idle connection. */
const IDLE_SIZE = 512;
/** Largest input buffer. */
const MAX_INPUT_SIZE = 4 * MAX_RECORD_SIZE;
/** A buffer that is more than half full grows to this many times what has arrived. */
const GROWTH = 8;
/** A read with room for so much has memory set aside: its input buffer is large from the start. */
const LARGE_READ = 2 * MAX_RECORD_SIZE;
/** Largest input buffers that are kept for the next who needs one. They hold ciphertext alone. */
const MAX_SPARE = 4;
const spare: Bytes[] = [];

const NOTHING = new Uint8Array(0);

/**
 * Returns the contents of the records from a source, and no byte of a record before its tag is
 * checked. A failure is reported after the contents that came before it.
 *
 * It reads from the source and decrypts only while a read waits, so it holds the content of one
 * record at most. The input buffer grows with what has arrived, or with what the read has room for,
 * never with what a length announces. It shrinks to {@link IDLE_SIZE} when it is empty.
 */
export class RecordReader {
  #input: Bytes;
  #start = 0;
  #end: number;
  #filling = false;
  /** Bytes of records since the rest of the process had its turn. */
  #work = 0;
  #content: Bytes = NOTHING;
  #given = 0;
  /** Answers the waiting read if that is possible now, or reads from the source for it. */
  #advance: (() => void) | null = null;
  /** How many bytes the last read has room for. */
  #wanted = 0;
  #ended = false;
  #failure: { readonly reason: unknown } | null = null;

  /**
   * `early` are bytes that have already arrived; `onBroken` is called when the records are broken.
   */
  constructor(
    private readonly source: ByteSource,
    private readonly cipher: CipherState,
    early: Uint8Array,
    private readonly onBroken: (reason: unknown) => void,
  ) {
    this.#input = new Uint8Array(early);
    this.#end = early.length;
  }

  /**
   * Waits for content and puts at most `into.length` bytes of it at its start. Returns their
   * number, or null after the other side has ended its direction. One read at a time.
   */
  read(into: Uint8Array): Promise<number | null> {
    if (into.length === 0) return Promise.reject(new RangeError("there is no room to read into"));
    return this.#when(into.length, () => this.#take(into));
  }

  /** Waits for content and gives it away, at most that of one record. The rest is as in `read`. */
  next(): Promise<Bytes | null> {
    return this.#when(0, () => this.#takeWhole());
  }

  /** Forgets the key and all content. The waiting read and every later one reject. */
  fail(reason: unknown): void {
    if (this.#failure) return;
    this.#failure = { reason };
    this.#release();
    this.#advance?.();
  }

  /**
   * Waits until `take`, which has memory for `wanted` bytes, returns something; returns null at the
   * end.
   */
  #when<T>(wanted: number, take: () => T | null): Promise<T | null> {
    if (this.#advance) return Promise.reject(new TypeError("another read waits already"));
    this.#wanted = wanted;
    return new Promise((resolve, reject) => {
      this.#advance = () => {
        const taken = take();
        if (taken === null && !this.#failure && !this.#ended) {
          if (!this.#filling) this.#fill();
          return;
        }
        this.#advance = null;
        if (taken === null && this.#failure) reject(this.#failure.reason);
        else resolve(taken);
      };
      this.#advance();
    });
  }

  /** Moves content to `into`, up to an end or a failure. Returns the number of bytes, if any. */
  #take(into: Uint8Array): number | null {
    let count = 0;
    while (count < into.length) {
      if (this.#given === this.#content.length && !this.#nextContent()) break;
      const part = this.#content.subarray(this.#given, this.#given + into.length - count);
      into.set(part, count);
      this.#given += part.length;
      count += part.length;
    }
    if (this.#given === this.#content.length) this.#forgetContent();
    return count > 0 ? count : null;
  }

  /** Returns the content, which is not kept, or that of the next record; null if none is there. */
  #takeWhole(): Bytes | null {
    if (this.#given === this.#content.length && !this.#nextContent()) return null;
    const content = this.#content.subarray(this.#given);
    this.#content = NOTHING;
    this.#given = 0;
    return content;
  }

  /** Turns to the next record. Reports whether it is there, whole and genuine, and has content. */
  #nextContent(): boolean {
    if (this.#failure || this.#ended) return false;
    this.#forgetContent();
    try {
      const content = this.#openNext();
      if (!content) return false;
      this.#content = content;
      if (content.length > 0) return true;
      this.#ended = true;
      this.#release();
    } catch (error) {
      this.#break(error);
    }
    return false;
  }

  /** Returns the content of the next record, or null if it has not arrived. */
  #openNext(): Bytes | null {
    const arrived = this.#end - this.#start;
    if (arrived < RECORD_HEADER_SIZE) return null;
    const size = (this.#input[this.#start] << 8) | this.#input[this.#start + 1];
    if (size < TAG_SIZE) throw new ProtocolError("malformed", `a record of ${size} bytes`);
    if (arrived < RECORD_HEADER_SIZE + size) return null;
    const from = this.#start + RECORD_HEADER_SIZE;
    this.#start = from + size;
    this.#work += size;
    const content = this.cipher.decrypt(this.#input.subarray(from, this.#start));
    if (this.#start === this.#end) this.#forgetInput();
    return content;
  }

  /** Reads once from the source. Never rejects. */
  async #fill(): Promise<void> {
    this.#filling = true;
    let count: number | null = 0;
    let failure: { readonly reason: unknown } | null = null;
    try {
      if (this.#work >= TURN_SIZE) {
        this.#work = 0;
        await turnAlone();
      }
      if (!this.#failure) count = await this.source.read(this.#makeRoom());
    } catch (reason) {
      failure = { reason };
    }
    this.#filling = false;
    if (this.#failure) return;
    if (failure) {
      this.#break(failure.reason);
    } else if (count === null) {
      const where = this.#end > this.#start ? "inside a record" : "without the record that ends it";
      this.#break(new ProtocolError("truncated", `the stream ended ${where}`));
    } else {
      this.#end += count;
    }
    this.#advance?.();
  }

  /** The free part of the input buffer, which is never empty. */
  #makeRoom(): Uint8Array {
    const arrived = this.#end - this.#start;
    const size = this.#sizeFor(arrived);
    if (size > this.#input.length) {
      const larger = size === MAX_INPUT_SIZE ? spare.pop() : undefined;
      const old = this.#input.subarray(this.#start, this.#end);
      this.#input = larger ?? new Uint8Array(size);
      this.#input.set(old);
    } else if (this.#start > 0) {
      this.#input.copyWithin(0, this.#start, this.#end);
    }
    this.#start = 0;
    this.#end = arrived;
    return this.#input.subarray(arrived);
  }

  /** Returns how large the input buffer must be at least if it holds `arrived` bytes. */
  #sizeFor(arrived: number): number {
    if (this.#wanted >= LARGE_READ) return MAX_INPUT_SIZE;
    if (arrived <= this.#input.length / 2) return IDLE_SIZE;
    return Math.min(MAX_INPUT_SIZE, Math.max(IDLE_SIZE, GROWTH * arrived));
  }

  /** Notes why nothing more can be read, and tells the other direction. */
  #break(reason: unknown): void {
    this.#failure = { reason };
    this.#release();
    this.onBroken(reason);
  }

  #release(): void {
    this.cipher.wipe();
    this.#forgetInput();
    this.#forgetContent();
  }

  #forgetInput(): void {
    if (this.#input.length > IDLE_SIZE) {
      // The source may still put bytes into it.
      const unused = this.#input.length === MAX_INPUT_SIZE && !this.#filling;
      if (unused && spare.length < MAX_SPARE) spare.push(this.#input);
      this.#input = NOTHING;
    }
    this.#start = this.#end = 0;
  }

  #forgetContent(): void {
    if (this.#content.length > 0) discard(this.#content);
    this.#content = NOTHING;
    this.#given = 0;
  }
}

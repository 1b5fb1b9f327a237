import { type Bytes, discard } from "../bytes.ts";
import { TAG_SIZE } from "../crypto/aes_gcm.ts";
import { ProtocolError } from "../errors.ts";
import type { ByteSource } from "../io.ts";
import { KiB } from "../limits.ts";
import type { CipherState } from "./cipher_state.ts";
import {
  MAX_RECORD_SIZE,
  MAX_RECORDS_AHEAD,
  MAX_SYNC_CONTENT,
  openRecord,
  RECORD_HEADER_SIZE,
} from "./record.ts";

/** Input buffer of a channel at rest. */
const IDLE_SIZE = 2 * KiB;
/** Largest input buffer. */
const MAX_INPUT_SIZE = 4 * MAX_RECORD_SIZE;
/** A buffer that is more than half full grows to this many times what has arrived. */
const GROWTH = 8;

/** A record that is being decrypted: without content until its tag is checked. */
interface Opening {
  content: Bytes | null;
  failure: { readonly reason: unknown } | null;
}

/** The waiting read. */
interface Waiting {
  readonly into: Uint8Array;
  readonly resolve: (count: number | null) => void;
  readonly reject: (reason: unknown) => void;
}

const NOTHING = new Uint8Array(0);

/**
 * Returns the contents of the records from a source, and no byte of a record before its tag is
 * checked. A failure is reported after the contents that came before it.
 *
 * It reads from the source only while a read waits, but then fetches the next records while large
 * ones are being decrypted. It holds at most {@link MAX_RECORDS_AHEAD}. The input buffer grows with
 * what has arrived, never with what a length announces, and shrinks to {@link IDLE_SIZE} when it is
 * empty.
 */
export class RecordReader {
  readonly #source: ByteSource;
  readonly #cipher: CipherState;
  readonly #onBroken: (reason: unknown) => void;
  #input: Bytes;
  #start = 0;
  #end: number;
  #filling = false;
  /** Whether no further record follows the ones that are being decrypted. */
  #last = false;
  #opening: Opening[] = [];
  #content: Bytes = NOTHING;
  #given = 0;
  #waiting: Waiting | null = null;
  #ended = false;
  #failure: { readonly reason: unknown } | null = null;

  /**
   * `early` are bytes that have already arrived; `onBroken` is called when the records are broken.
   */
  constructor(
    source: ByteSource,
    cipher: CipherState,
    early: Uint8Array,
    onBroken: (reason: unknown) => void,
  ) {
    this.#source = source;
    this.#cipher = cipher;
    this.#onBroken = onBroken;
    this.#input = new Uint8Array(early);
    this.#end = early.length;
  }

  /**
   * Waits for content and puts at most `into.length` bytes of it at its start. Returns their
   * number, or null after the other side has ended its direction. One read at a time.
   */
  read(into: Uint8Array): Promise<number | null> {
    if (this.#waiting) return Promise.reject(new TypeError("another read waits already"));
    if (into.length === 0) return Promise.reject(new RangeError("there is no room to read into"));
    return new Promise((resolve, reject) => {
      this.#waiting = { into, resolve, reject };
      this.#advance();
    });
  }

  /** Forgets the key and all content. The waiting read and every later one reject. */
  fail(reason: unknown): void {
    if (this.#failure) return;
    this.#failure = { reason };
    this.#release();
    this.#settle();
  }

  /** Does all that can be done now. */
  #advance(): void {
    this.#settle();
    this.#openMore();
    const room = this.#opening.length < MAX_RECORDS_AHEAD;
    if (this.#waiting && room && !this.#filling && !this.#last) this.#fill();
  }

  /** Answers the waiting read if possible. */
  #settle(): void {
    if (!this.#waiting) return;
    const { into, resolve, reject } = this.#waiting;
    const count = this.#take(into);
    if (count === 0 && !this.#failure && !this.#ended) return;
    this.#waiting = null;
    if (count > 0) resolve(count);
    else if (this.#failure) reject(this.#failure.reason);
    else resolve(null);
  }

  /** Moves content to `into`, up to an end or a failure. Returns the number of bytes. */
  #take(into: Uint8Array): number {
    let count = 0;
    while (count < into.length) {
      if (this.#given === this.#content.length && !this.#nextContent()) break;
      const part = this.#content.subarray(this.#given, this.#given + into.length - count);
      into.set(part, count);
      this.#given += part.length;
      count += part.length;
      if (this.#given === this.#content.length) this.#forget();
    }
    return count;
  }

  /** Frees the content, which was returned to the reader. */
  #forget(): void {
    // Large arrays are freed at once, small ones by the garbage collector.
    if (this.#content.length > MAX_SYNC_CONTENT) discard(this.#content);
    this.#content = NOTHING;
    this.#given = 0;
  }

  /** Turns to the next record. Reports whether it is there and has content. */
  #nextContent(): boolean {
    this.#openMore();
    const next = this.#opening.at(0);
    if (next?.failure) {
      this.#failure = next.failure;
      this.#release();
      this.#onBroken(next.failure.reason);
    } else if (next?.content) {
      this.#opening.shift();
      this.#content = next.content;
      this.#given = 0;
      if (next.content.length > 0) return true;
      this.#ended = true;
      this.#release();
    }
    return false;
  }

  /** Passes whole records to the cipher, as many as it may hold. */
  #openMore(): void {
    while (!this.#last && this.#opening.length < MAX_RECORDS_AHEAD) {
      const arrived = this.#end - this.#start;
      if (arrived < RECORD_HEADER_SIZE) break;
      const size = (this.#input[this.#start] << 8) | this.#input[this.#start + 1];
      if (size < TAG_SIZE) {
        this.#conclude(new ProtocolError("malformed", `a record of ${size} bytes`));
        break;
      }
      const from = this.#start + RECORD_HEADER_SIZE;
      if (arrived < RECORD_HEADER_SIZE + size) break;
      this.#start = from + size;
      this.#open(this.#input.subarray(from, this.#start));
    }
    if (this.#start === this.#end && !this.#filling && this.#input.length > IDLE_SIZE) {
      this.#input = NOTHING;
      this.#start = this.#end = 0;
    }
  }

  #open(sealed: Uint8Array): void {
    const opening: Opening = { content: null, failure: null };
    this.#opening.push(opening);
    const fail = (reason: unknown) => {
      opening.failure = { reason };
      this.#last = true;
    };
    try {
      const content = openRecord(this.#cipher, sealed);
      if (content instanceof Uint8Array) opening.content = content;
      else content.then((done) => opening.content = done, fail).then(() => this.#advance());
    } catch (error) {
      fail(error);
    }
  }

  /** Puts the failure `reason` behind the records that came before. */
  #conclude(reason: unknown): void {
    this.#last = true;
    this.#opening.push({ content: null, failure: { reason } });
  }

  /** Reads once from the source. Never rejects. */
  async #fill(): Promise<void> {
    this.#filling = true;
    let count: number | null = 0;
    let failure: Opening["failure"] = null;
    try {
      count = await this.#source.read(this.#makeRoom());
    } catch (reason) {
      failure = { reason };
    }
    this.#filling = false;
    if (this.#failure || this.#ended) return;
    if (failure) {
      this.#conclude(failure.reason);
    } else if (count === null) {
      const where = this.#end > this.#start ? "inside a record" : "without the record that ends it";
      this.#conclude(new ProtocolError("truncated", `the stream ended ${where}`));
    } else {
      this.#end += count;
    }
    this.#advance();
  }

  /** The free part of the input buffer, which is never empty. */
  #makeRoom(): Uint8Array {
    const arrived = this.#end - this.#start;
    const old = this.#input.subarray(this.#start, this.#end);
    if (arrived === 0) {
      if (this.#input.length < IDLE_SIZE) this.#input = new Uint8Array(IDLE_SIZE);
    } else if (arrived > this.#input.length / 2 && this.#input.length < MAX_INPUT_SIZE) {
      this.#input = new Uint8Array(Math.min(MAX_INPUT_SIZE, Math.max(IDLE_SIZE, GROWTH * arrived)));
      this.#input.set(old);
    } else if (this.#start > 0) {
      this.#input.copyWithin(0, this.#start, this.#end);
    }
    this.#start = 0;
    this.#end = arrived;
    return this.#input.subarray(arrived);
  }

  #release(): void {
    this.#cipher.wipe();
    this.#last = true;
    this.#input = NOTHING;
    this.#start = this.#end = 0;
    this.#content = NOTHING;
    this.#given = 0;
    this.#opening = [];
  }
}

import type { Bytes } from "../bytes.ts";
import { CryptoError } from "../errors.ts";
import type { ByteSink } from "../io.ts";
import { turnAlone } from "../sleep.ts";
import type { CipherState } from "./cipher_state.ts";
import { MAX_RECORD_CONTENT, MAX_RECORD_SIZE, putRecord, TURN_SIZE } from "./record.ts";

/** Bytes that wait to be sent; none for the end. */
interface Entry {
  readonly bytes: Uint8Array;
  /** How many of them are already in records. */
  taken: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Most records in one write to the sink. */
const MAX_RECORDS_AT_ONCE = 4;
/** What a record adds to its content. */
const OVERHEAD = MAX_RECORD_SIZE - MAX_RECORD_CONTENT;
const NOTHING = new Uint8Array(0);

/**
 * Cuts and joins what is written into records, and writes these to a sink in order, up to
 * {@link MAX_RECORDS_AT_ONCE} together. Writes that come while the sink is busy share the next
 * record.
 *
 * It holds no records but those in the sink. Waiting bytes are not copied: they stay with their
 * writer, so writers that wait for each write bound the queue.
 */
export class RecordWriter {
  #queue: Entry[] = [];
  #queuedSize = 0;
  /** The entries whose last byte is in the sink. */
  #leaving: Entry[] = [];
  /** The records in the sink. Not kept at rest. */
  #output: Bytes = NOTHING;
  /** Bytes of records since the rest of the process had its turn. */
  #work = 0;
  #busy = false;
  #end: Promise<void> | null = null;
  #failure: { readonly reason: unknown } | null = null;

  /** `onBroken` is called when the cipher refuses to go on. */
  constructor(
    private readonly sink: ByteSink,
    private readonly cipher: CipherState,
    private readonly onBroken: (reason: CryptoError) => void,
  ) {}

  /**
   * Sends `bytes`; resolves when the sink has taken the last of them. They must not change before
   * that. Rejects with a `TypeError` after {@link end}, and with the failure if there was one.
   */
  write(bytes: Uint8Array): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure.reason);
    if (this.#end) return Promise.reject(new TypeError("this side has ended its direction"));
    return bytes.length === 0 ? Promise.resolve() : this.#enqueue(bytes);
  }

  /** Sends the record that ends this direction, after all that was written before. */
  end(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure.reason);
    return this.#end ??= this.#enqueue(NOTHING);
  }

  /** Forgets the key. Every waiting and every later write rejects with `reason`. */
  fail(reason: unknown): void {
    if (this.#failure) return;
    this.#failure = { reason };
    this.cipher.wipe();
    const waiting = [...this.#leaving, ...this.#queue];
    this.#leaving = [];
    this.#queue = [];
    for (const entry of waiting) entry.reject(reason);
  }

  #enqueue(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ bytes, taken: 0, resolve, reject });
      this.#queuedSize += bytes.length;
      if (!this.#busy) this.#run();
    });
  }

  /** Writes until nothing waits. Never rejects. */
  async #run(): Promise<void> {
    this.#busy = true;
    try {
      while (this.#queue.length > 0) {
        if (this.#work >= TURN_SIZE) {
          this.#work = 0;
          await turnAlone();
          continue; // after a failure there is nothing left
        }
        await this.sink.write(this.#sealNext());
        const sent = this.#leaving; // after a failure there are none
        this.#leaving = [];
        for (const entry of sent) entry.resolve();
      }
      this.#output = NOTHING;
      if (this.#end) this.cipher.wipe();
    } catch (error) {
      this.fail(error);
      if (error instanceof CryptoError) this.onBroken(error);
    }
    this.#busy = false;
  }

  /**
   * Returns the next records: full ones, or one that is not full. What is left over behind full
   * ones waits while the sink is busy with them, because more bytes may join it.
   */
  #sealNext(): Uint8Array {
    const full = Math.floor(this.#queuedSize / MAX_RECORD_CONTENT);
    const count = Math.max(1, Math.min(full, MAX_RECORDS_AT_ONCE));
    const content = Math.min(this.#queuedSize, count * MAX_RECORD_CONTENT);
    const size = content + count * OVERHEAD;
    if (this.#output.length < size) this.#output = new Uint8Array(size);
    let end = 0;
    while (end < size) end = putRecord(this.cipher, this.#takeContent(), this.#output, end);
    this.#work += end;
    return this.#output.subarray(0, end);
  }

  /** Returns the content of the next record. The entries that it completes are leaving. */
  #takeContent(): Uint8Array {
    const size = Math.min(this.#queuedSize, MAX_RECORD_CONTENT);
    let content: Uint8Array = NOTHING;
    let filled = 0;
    let completed = 0;
    do {
      const entry = this.#queue[completed];
      const part = entry.bytes.subarray(entry.taken, entry.taken + size - filled);
      if (part.length === size) {
        content = part;
      } else {
        if (filled === 0) content = new Uint8Array(size);
        content.set(part, filled);
      }
      filled += part.length;
      entry.taken += part.length;
      if (entry.taken === entry.bytes.length) completed++;
    } while (filled < size); // so the end, which is last and has no bytes, comes alone
    this.#leaving.push(...this.#queue.splice(0, completed));
    this.#queuedSize -= size;
    return content;
  }
}

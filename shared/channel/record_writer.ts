import type { Bytes } from "../bytes.ts";
import { CryptoError } from "../errors.ts";
import type { ByteSink } from "../io.ts";
import type { CipherState } from "./cipher_state.ts";
import {
  MAX_RECORD_CONTENT,
  MAX_RECORD_SIZE,
  MAX_RECORDS_AHEAD,
  MAX_SYNC_CONTENT,
  putRecord,
  RECORD_HEADER_SIZE,
  sealContent,
} from "./record.ts";

/** Bytes that wait to be sent; none for the end. */
interface Entry {
  readonly bytes: Uint8Array;
  /** How many of them are already in records. */
  taken: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** A record that is being encrypted, with the entries whose last byte it holds. */
interface Sealing {
  /** What follows its header; null until it is encrypted. */
  sealed: Bytes | null;
  /** Resolves when it is encrypted; null if it was at once. */
  done: Promise<void> | null;
  readonly entries: Entry[];
}

/** Most records in one write to the sink. */
const MAX_RECORDS_AT_ONCE = 4;
const NOTHING = new Uint8Array(0);

/**
 * Cuts and joins what is written into records, and writes these to a sink in order; records that
 * are ready go together. Writes that come while the sink is busy share the next record.
 *
 * It holds at most {@link MAX_RECORDS_AHEAD} records besides those in the sink. Waiting bytes are
 * not copied: they stay with their writer, so writers that wait for each write bound the queue.
 */
export class RecordWriter {
  #queue: Entry[] = [];
  #queuedSize = 0;
  #sealing: Sealing[] = [];
  /** The entries whose last byte is in the sink. */
  #leaving: Entry[] = [];
  /** The bytes in the sink, if they are more than a small record. Not kept at rest. */
  #output: Bytes = NOTHING;
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
    const sealing = this.#sealing.flatMap(({ entries }) => entries);
    const waiting = [...this.#leaving, ...sealing, ...this.#queue];
    this.#leaving = [];
    this.#sealing = [];
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
      while (this.#seal()) {
        const { done } = this.#sealing[0];
        if (done) await done;
        if (this.#failure) break;
        const records = this.#takeSealed();
        this.#seal(true); // the ciphers work while the sink does
        await this.sink.write(records);
        const sent = this.#leaving; // after a failure there is nothing left to resolve
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
   * Starts to seal records of the waiting bytes. A record that is not full waits while others are
   * under way or the sink is busy, because more bytes may fill it. Reports whether any record is
   * being encrypted.
   */
  #seal(busy = false): boolean {
    while (this.#queue.length > 0 && this.#sealing.length < MAX_RECORDS_AHEAD) {
      if ((busy || this.#sealing.length > 0) && this.#queuedSize < MAX_RECORD_CONTENT) break;
      // In the list before the cipher may throw: `fail` must find the entries.
      const sealing: Sealing = { sealed: null, done: null, entries: [] };
      this.#sealing.push(sealing);
      const sealed = sealContent(this.cipher, this.#takeContent(sealing.entries));
      if (sealed instanceof Uint8Array) {
        sealing.sealed = sealed;
      } else {
        sealing.done = sealed.then((bytes) => {
          sealing.sealed = bytes;
        });
        // After an earlier failure, which everyone knows, nobody waits for it.
        sealing.done.catch(() => {});
      }
    }
    return this.#sealing.length > 0;
  }

  /** Returns the first sealed records in a row; there is at least one. */
  #takeSealed(): Uint8Array {
    const single = this.#sealing.length === 1 || !this.#sealing[1].sealed;
    const first = this.#sealing[0].sealed;
    if (single && first && first.length <= MAX_SYNC_CONTENT) {
      this.#leaving.push(...this.#sealing.shift()!.entries);
      const record = new Uint8Array(RECORD_HEADER_SIZE + first.length);
      putRecord(first, record, 0);
      return record;
    }
    if (this.#output.length === 0) {
      this.#output = new Uint8Array(MAX_RECORDS_AT_ONCE * MAX_RECORD_SIZE);
    }
    let end = 0;
    for (let count = 0; count < MAX_RECORDS_AT_ONCE; count++) {
      const next = this.#sealing.at(0);
      if (!next?.sealed) break;
      end = putRecord(next.sealed, this.#output, end);
      this.#leaving.push(...next.entries);
      this.#sealing.shift();
    }
    return this.#output.subarray(0, end);
  }

  /** Returns the content of the next record. Moves the entries that it completes to `completed`. */
  #takeContent(completed: Entry[]): Uint8Array {
    const size = Math.min(this.#queuedSize, MAX_RECORD_CONTENT);
    let content: Uint8Array = NOTHING;
    let filled = 0;
    do {
      const entry = this.#queue[completed.length];
      const part = entry.bytes.subarray(entry.taken, entry.taken + size - filled);
      if (part.length === size) {
        content = part;
      } else {
        if (filled === 0) content = new Uint8Array(size);
        content.set(part, filled);
      }
      filled += part.length;
      entry.taken += part.length;
      if (entry.taken === entry.bytes.length) completed.push(entry);
    } while (filled < size); // so the end, which is last and has no bytes, comes alone
    this.#queue.splice(0, completed.length);
    this.#queuedSize -= size;
    return content;
  }
}

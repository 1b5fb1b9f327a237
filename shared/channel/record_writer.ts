/** The sending half of a channel. */
import type { Bytes } from "../bytes.ts";
import { CryptoError } from "../errors.ts";
import type { ByteSink } from "../io.ts";
import type { CipherState } from "./cipher_state.ts";
import { MAX_RECORD_CONTENT, MAX_RECORDS_AHEAD, sealRecord } from "./record.ts";

/** Bytes that wait to be sent; none at all for the end. */
interface Entry {
  readonly bytes: Uint8Array;
  /** How many of them are in records already. */
  taken: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** A record on its way, with the entries whose last byte it holds. */
interface Sealing {
  record: Bytes | Promise<Bytes>;
  readonly entries: Entry[];
}

const NOTHING = new Uint8Array(0);

/**
 * Cuts and joins what is written into records, and writes these to a sink, one at a time and in
 * order. Writes that come while the sink is busy share the next record.
 *
 * It holds at most {@link MAX_RECORDS_AHEAD} records. What waits is not copied but stays where its
 * writer has it, so writers that wait for one write before the next bound the queue.
 */
export class RecordWriter {
  readonly #sink: ByteSink;
  readonly #cipher: CipherState;
  readonly #onBroken: (reason: CryptoError) => void;
  #queue: Entry[] = [];
  #queuedSize = 0;
  #sealing: Sealing[] = [];
  #busy = false;
  #end: Promise<void> | null = null;
  #failure: { readonly reason: unknown } | null = null;

  /** `onBroken` learns when the cipher refuses to go on. */
  constructor(sink: ByteSink, cipher: CipherState, onBroken: (reason: CryptoError) => void) {
    this.#sink = sink;
    this.#cipher = cipher;
    this.#onBroken = onBroken;
  }

  /**
   * Sends `bytes`, which must not change until this resolves: when the sink has taken the last of
   * them. Rejects with a `TypeError` after {@link end}, and with the failure if there was one.
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

  /** Forgets the key. Every write that waits and every later one rejects with `reason`. */
  fail(reason: unknown): void {
    if (this.#failure) return;
    this.#failure = { reason };
    this.#cipher.wipe();
    const waiting = [...this.#sealing.flatMap(({ entries }) => entries), ...this.#queue];
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
        const { record, entries } = this.#sealing[0];
        const bytes = record instanceof Uint8Array ? record : await record;
        if (this.#failure) break;
        await this.#sink.write(bytes);
        this.#sealing.shift(); // after a failure there is nothing left to shift or to resolve
        for (const entry of entries) entry.resolve();
      }
      if (this.#end) this.#cipher.wipe();
    } catch (error) {
      this.fail(error);
      if (error instanceof CryptoError) this.#onBroken(error);
    }
    this.#busy = false;
  }

  /**
   * Begins to seal records of what waits. One that is not full stays back while others are on their
   * way: more may come to fill it. Gives whether any is on its way.
   */
  #seal(): boolean {
    while (this.#queue.length > 0 && this.#sealing.length < MAX_RECORDS_AHEAD) {
      if (this.#sealing.length > 0 && this.#queuedSize < MAX_RECORD_CONTENT) break;
      // In the list before the cipher may throw: `fail` must find the entries.
      const sealing: Sealing = { record: NOTHING, entries: [] };
      this.#sealing.push(sealing);
      sealing.record = sealRecord(this.#cipher, this.#takeContent(sealing.entries));
      // Nobody waits for it where an earlier one has failed, and that failure is known to all.
      if (sealing.record instanceof Promise) sealing.record.catch(() => {});
    }
    return this.#sealing.length > 0;
  }

  /** The content of the next record. Moves the entries that it completes to `completed`. */
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

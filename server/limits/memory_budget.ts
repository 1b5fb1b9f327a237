/**
 * One budget for the memory of all connections: what is on its way is charged to it before it is
 * read, and waits for it. It has a pool for each kind, so that small requests wait neither for
 * chunks nor for pages that somebody does not read.
 */
import { MemoryPool } from "./memory_pool.ts";
import type { MemoryHolder } from "./slow_holders.ts";

/** The parts of the pools; small requests have the rest. */
const CHUNKS_SHARE = 3 / 4;
const PAGES_SHARE = 1 / 8;

export class MemoryBudget {
  /** For chunks of files, and for contents on their way to the disk. */
  readonly chunks: MemoryPool;
  /** For what is read to be sent: messages that wait, and clients in lists. */
  readonly pages: MemoryPool;
  /** For all other requests. */
  readonly requests: MemoryPool;

  /** `size` is in bytes; `clock` gives milliseconds that never jump back. */
  constructor(size: number, clock: () => number) {
    this.chunks = new MemoryPool(size * CHUNKS_SHARE, clock);
    this.pages = new MemoryPool(size * PAGES_SHARE, clock);
    this.requests = new MemoryPool(size * (1 - CHUNKS_SHARE - PAGES_SHARE), clock);
  }

  /** Bytes that are taken. */
  get used(): number {
    return this.chunks.used + this.pages.used + this.requests.used;
  }

  /** How many wait. */
  get waiting(): number {
    return this.chunks.waiting + this.pages.waiting + this.requests.waiting;
  }

  /** Ends what `holder` may take. It releases what it still holds itself. */
  leave(holder: MemoryHolder, reason: Error): void {
    holder.ended ??= reason;
    for (const pool of this.#pools()) pool.leave(holder, reason);
  }

  /** Ends slow holders where others wait; returns their number. Every half second. */
  sweep(): number {
    return this.#pools().reduce((ended, pool) => ended + pool.sweep(), 0);
  }

  #pools(): MemoryPool[] {
    return [this.chunks, this.pages, this.requests];
  }
}

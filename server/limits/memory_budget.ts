/**
 * One budget for the memory of all connections: chunks, messages and pages on their way are charged
 * to it before they are read, and wait for it.
 *
 * Nothing that holds a part may ask for another before it lets go: each request takes what it needs
 * at once, and so does each step of the pushes, so nobody waits for itself or for another who
 * waits. What holds a part waits for its peer alone, and {@link MemoryPool.sweep} ends peers that
 * do not move while others wait.
 */

/** A connection, as the budget sees it. */
export interface MemoryHolder {
  /** What it shares its turns with: the same for all connections of one address. */
  readonly source: unknown;
  /** Bytes that have moved on it so far, either way. */
  moved: number;
  /** Ends the connection: all that it holds is given back. */
  readonly end: () => void;
}

/** How long somebody waits before slow holders are ended, in milliseconds. */
const PATIENCE = 2_000;
/** How long each may hold memory whatever it does, in milliseconds. */
const GRACE = 2_000;
/** Who moves that many bytes between two sweeps, every half second, is not slow. */
const FAST = 128 * 1024;
/** The part of the budget for chunks and streamed contents; messages have the rest. */
const CHUNKS_SHARE = 3 / 4;

/** A part of a pool. */
export class Hold {
  #size: number;

  constructor(
    private readonly pool: MemoryPool,
    private readonly holder: MemoryHolder,
    size: number,
  ) {
    this.#size = size;
  }

  /** Gives back all but `size` bytes. */
  shrinkTo(size: number): void {
    if (size >= this.#size) return;
    this.pool.give(this.holder, this.#size - size);
    this.#size = size;
  }

  /** Gives all of it back. A second time does nothing. */
  release(): void {
    this.shrinkTo(0);
  }
}

/** What one connection holds of a pool. */
interface Held {
  size: number;
  /** Since when it holds anything. */
  since: number;
  /** `moved` at the last sweep. */
  moved: number;
  /** Bytes between the last sweeps; older ones count half as much at each. */
  recent: number;
}

interface Waiting {
  readonly holder: MemoryHolder;
  readonly size: number;
  readonly since: number;
  readonly resolve: (hold: Hold) => void;
  readonly reject: (reason: unknown) => void;
}

export class MemoryPool {
  #used = 0;
  readonly #held = new Map<MemoryHolder, Held>();
  /** Bytes by source. */
  readonly #sources = new Map<unknown, number>();
  readonly #waiting = new Set<Waiting>();

  /** `size` is in bytes; `clock` gives milliseconds that never jump back. */
  constructor(private readonly size: number, private readonly clock: () => number) {}

  /** Bytes that are taken. */
  get used(): number {
    return this.#used;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Takes `size` bytes for `holder`, at once if nobody waits for what is free. Of those who wait
   * the one goes first whose source holds least, then the one that holds least itself. More than
   * the pool has counts as all of it. Rejects if the holder leaves.
   */
  take(holder: MemoryHolder, size: number): Hold | Promise<Hold> {
    const needed = Math.min(size, this.size);
    if (this.waiting === 0 && this.#used + needed <= this.size) return this.#grant(holder, needed);
    return new Promise((resolve, reject) => {
      this.#waiting.add({ holder, size: needed, since: this.clock(), resolve, reject });
      this.#serve();
    });
  }

  /** For {@link Hold}. */
  give(holder: MemoryHolder, size: number): void {
    this.#used -= size;
    const held = this.#held.get(holder);
    if (held && (held.size -= size) <= 0) this.#held.delete(holder);
    this.#countSource(holder, -size);
    if (this.waiting > 0) this.#serve();
  }

  /** Forgets what `holder` waits for; it has ended. */
  leave(holder: MemoryHolder, reason: unknown): void {
    for (const waiting of this.#waiting) {
      if (waiting.holder !== holder) continue;
      this.#waiting.delete(waiting);
      waiting.reject(reason);
    }
    if (this.waiting > 0) this.#serve();
  }

  /**
   * Ends those that hold memory and move slowly, the slowest first, if others have waited for too
   * long: as many as it takes for these to go on. Returns their number. To be called every half
   * second.
   */
  sweep(): number {
    const now = this.clock();
    for (const [{ moved }, held] of this.#held) {
      held.recent = held.recent / 2 + moved - held.moved;
      held.moved = moved;
    }
    const waiting = [...this.#waiting];
    if (!waiting.some(({ since }) => since + PATIENCE <= now)) return 0;
    let missing = waiting.reduce((sum, { size }) => sum + size, this.#used - this.size);
    const slow = [...this.#held].filter(([, { since, recent }]) =>
      since + GRACE <= now && recent < FAST
    );
    slow.sort(([, a], [, b]) => a.recent - b.recent);
    let ended = 0;
    for (const [holder, { size }] of slow) {
      if (missing <= 0) break;
      missing -= size;
      ended++;
      holder.end();
    }
    return ended;
  }

  #grant(holder: MemoryHolder, size: number): Hold {
    this.#used += size;
    this.#countSource(holder, size);
    const held = this.#held.get(holder);
    if (held) held.size += size;
    else {
      const { moved } = holder;
      this.#held.set(holder, { size, since: this.clock(), moved, recent: 0 });
    }
    return new Hold(this, holder, size);
  }

  #serve(): void {
    while (this.#waiting.size > 0) {
      const next = this.#next();
      // Nobody overtakes it: many small ones could keep out a large one for ever.
      if (this.#used + next.size > this.size) return;
      this.#waiting.delete(next);
      next.resolve(this.#grant(next.holder, next.size));
    }
  }

  #next(): Waiting {
    let [best] = this.#waiting;
    let [bestSource, bestSelf] = [Infinity, Infinity];
    for (const waiting of this.#waiting) {
      const source = this.#sources.get(waiting.holder.source) ?? 0;
      if (source > bestSource) continue;
      const self = this.#held.get(waiting.holder)?.size ?? 0;
      if (source === bestSource && self >= bestSelf) continue;
      [best, bestSource, bestSelf] = [waiting, source, self];
    }
    return best;
  }

  #countSource({ source }: MemoryHolder, change: number): void {
    const size = (this.#sources.get(source) ?? 0) + change;
    if (size > 0) this.#sources.set(source, size);
    else this.#sources.delete(source);
  }
}

export class MemoryBudget {
  /** For messages, lists and all other requests. */
  readonly messages: MemoryPool;
  /** For chunks of files, and for contents on their way to the disk. */
  readonly chunks: MemoryPool;

  /** `size` is in bytes; `clock` gives milliseconds that never jump back. */
  constructor(size: number, clock: () => number) {
    this.chunks = new MemoryPool(size * CHUNKS_SHARE, clock);
    this.messages = new MemoryPool(size * (1 - CHUNKS_SHARE), clock);
  }

  /** Bytes that are taken. */
  get used(): number {
    return this.messages.used + this.chunks.used;
  }

  /** How many wait. */
  get waiting(): number {
    return this.messages.waiting + this.chunks.waiting;
  }

  /** Forgets what `holder` waits for. What it holds, it gives back itself. */
  leave(holder: MemoryHolder, reason: unknown): void {
    this.messages.leave(holder, reason);
    this.chunks.leave(holder, reason);
  }

  /** Ends slow holders where others wait; returns their number. Every half second. */
  sweep(): number {
    return this.messages.sweep() + this.chunks.sweep();
  }
}

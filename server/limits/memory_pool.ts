/**
 * A pool of memory that connections share: each takes what it needs before it needs it, and waits
 * for it where there is too little.
 *
 * A source, such as an address, may hold as much as it leaves free. So one alone never has more
 * than half of the pool, two have a third each, and whoever comes new finds room. What a source
 * has no right to, it waits for without being in the way of others.
 *
 * Nobody waits for ever. Who holds a part never asks for another that it needs to let go of the
 * first, so it waits for its peer alone. Of those who wait, a connection that holds nothing has
 * others ended that move slowly, after a while: those of the source that holds most, be it its own.
 * Nobody loses anything to a source that holds as much.
 */
import { type Held, mayTake, type MemoryHolder, victimsOf, type Waiter } from "./slow_holders.ts";

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

  /** Releases all but `size` bytes. */
  shrinkTo(size: number): void {
    if (size >= this.#size) return;
    const given = this.#size - size;
    this.#size = size;
    this.pool.give(this.holder, given);
  }

  /** Releases all of it. A second call does nothing. */
  release(): void {
    this.shrinkTo(0);
  }
}

interface Waiting extends Waiter {
  readonly source: Source;
  /** Counts up with each that waits. */
  readonly turn: number;
  readonly resolve: (hold: Hold) => void;
  readonly reject: (reason: unknown) => void;
}

/** All connections of one source that hold something or wait. */
interface Source {
  held: number;
  readonly waiting: Set<Waiting>;
}

export class MemoryPool {
  #used = 0;
  #turns = 0;
  /** Whether somebody waits who must not be overtaken. */
  #blocked = false;
  /** All who wait, in the order of asking. */
  readonly #queue = new Set<Waiting>();
  readonly #held = new Map<MemoryHolder, Held>();
  readonly #sources = new Map<unknown, Source>();

  /** `size` is in bytes; `clock` gives milliseconds that never jump back. */
  constructor(private readonly size: number, private readonly clock: () => number) {}

  /** Bytes that are taken. */
  get used(): number {
    return this.#used;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Takes `size` bytes for `holder`, at once if they are free and its source may have them. Of
   * those who wait the one goes first whose source holds least, then the one that holds least
   * itself, then the one that asked first. More than the pool has counts as all of it. Rejects if
   * the holder leaves, or has left.
   */
  take(holder: MemoryHolder, size: number): Hold | Promise<Hold> {
    if (holder.ended) return Promise.reject(holder.ended);
    const needed = Math.min(size, this.size);
    const source = this.#sourceOf(holder);
    const free = this.size - this.#used;
    if (!this.#blocked && source.waiting.size === 0 && mayTake(needed, source.held, free)) {
      return this.#grant(holder, source, needed);
    }
    return new Promise((resolve, reject) => {
      const [turn, since] = [this.#turns++, this.clock()];
      const waiting = { holder, source, size: needed, turn, since, resolve, reject };
      source.waiting.add(waiting);
      this.#queue.add(waiting);
      if (!this.#blocked) this.#serve(); // else it goes behind who blocks
    });
  }

  /** For {@link Hold}. */
  give(holder: MemoryHolder, size: number): void {
    this.#used -= size;
    const held = this.#held.get(holder);
    if (held && (held.size -= size) <= 0) this.#held.delete(holder);
    const source = this.#sourceOf(holder);
    source.held -= size;
    this.#forget(holder, source);
    this.#serve();
  }

  /** Forgets what `holder` waits for. */
  leave(holder: MemoryHolder, reason: unknown): void {
    const source = this.#sources.get(holder.source);
    if (!source) return;
    for (const waiting of source.waiting) {
      if (waiting.holder !== holder) continue;
      this.#stopWaiting(waiting);
      waiting.reject(reason);
    }
    this.#forget(holder, source);
    this.#serve();
  }

  /**
   * Ends connections that hold memory and move slowly, if others have waited for too long: as many
   * as it takes for these to go on. Returns their number. To be called every half second.
   */
  sweep(): number {
    for (const [{ moved }, held] of this.#held) {
      held.recent = held.recent / 2 + moved - held.moved;
      held.moved = moved;
    }
    const [queue, held, sources] = [this.#queue, this.#held, this.#sources];
    const free = this.size - this.#used;
    const victims = victimsOf({ queue, held, sources, free }, this.clock());
    for (const holder of victims) holder.end();
    return victims.length;
  }

  #grant(holder: MemoryHolder, source: Source, size: number): Hold {
    this.#used += size;
    source.held += size;
    const held = this.#held.get(holder);
    if (held) held.size += size;
    else {
      const { moved } = holder;
      this.#held.set(holder, { size, since: this.clock(), moved, recent: 0 });
    }
    return new Hold(this, holder, size);
  }

  #serve(): void {
    this.#blocked = false;
    for (let next; (next = this.#next());) {
      // Many small ones could keep out a large one for ever.
      this.#blocked = next.size > this.size - this.#used;
      if (this.#blocked) return;
      this.#stopWaiting(next);
      next.resolve(this.#grant(next.holder, next.source, next.size));
    }
  }

  /**
   * Returns who goes next: who may take what it waits for, or could if its source, which holds
   * nothing, had the room.
   */
  #next(): Waiting | undefined {
    for (const waiting of this.#queue) if (waiting.source.held === 0) return waiting;
    const free = this.size - this.#used;
    let best: Waiting | undefined;
    for (const source of this.#queue.size > 0 ? this.#sources.values() : []) {
      if (source.waiting.size === 0 || best && source.held > best.source.held) continue;
      const first = this.#firstOf(source);
      if (!mayTake(first.size, source.held, free)) continue;
      if (best?.source.held === source.held && best.turn < first.turn) continue;
      best = first;
    }
    return best;
  }

  /** Returns who goes first of those that wait in `source`. */
  #firstOf({ waiting }: Source): Waiting {
    let [best] = waiting;
    let least = Infinity;
    for (const one of waiting) {
      const self = this.#held.get(one.holder)?.size ?? 0;
      if (self >= least) continue;
      [best, least] = [one, self];
      if (self === 0) break; // they are in the order of asking
    }
    return best;
  }

  #stopWaiting(waiting: Waiting): void {
    waiting.source.waiting.delete(waiting);
    this.#queue.delete(waiting);
  }

  #sourceOf({ source: key }: MemoryHolder): Source {
    let source = this.#sources.get(key);
    if (!source) this.#sources.set(key, source = { held: 0, waiting: new Set() });
    return source;
  }

  #forget({ source: key }: MemoryHolder, { held, waiting }: Source): void {
    if (held === 0 && waiting.size === 0) this.#sources.delete(key);
  }
}

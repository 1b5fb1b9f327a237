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

/** A connection, as the pool sees it. */
export interface MemoryHolder {
  /** What it shares its part with: the same for all connections of one address. */
  readonly source: unknown;
  /** Bytes that have moved on it so far, either way. */
  moved: number;
  /** Why it gets nothing any more; null while it may ask. */
  ended: Error | null;
  /** Ends the connection: all that it holds is given back. */
  readonly end: () => void;
}

/** How long somebody waits before slow holders are ended, in milliseconds. */
const PATIENCE = 2_000;
/** How long each may hold memory whatever it does, in milliseconds. */
const GRACE = 2_000;
/** Who moves that many bytes between two sweeps, every half second, is not slow. */
const FAST = 128 * 1024;

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
    const given = this.#size - size;
    this.#size = size;
    this.pool.give(this.holder, given);
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
  readonly source: Source;
  readonly size: number;
  /** Counts up with each that waits. */
  readonly turn: number;
  readonly since: number;
  readonly resolve: (hold: Hold) => void;
  readonly reject: (reason: unknown) => void;
}

/** All connections of one source that hold something or wait. */
interface Source {
  held: number;
  readonly waiting: Set<Waiting>;
}

/** What a source will hold after a sweep, and which of its connections may end, slowest last. */
interface Plan {
  held: number;
  readonly slow: [MemoryHolder, Held][];
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
    const victims = this.waiting > 0 ? this.#victims() : [];
    for (const holder of victims) holder.end();
    return victims.length;
  }

  /** Returns who must end for those who have waited too long, though they hold nothing. */
  #victims(): MemoryHolder[] {
    const now = this.clock();
    const tired = [...this.#queue].filter(({ holder, since }) =>
      since + PATIENCE <= now && !this.#held.has(holder)
    );
    if (tired.length === 0) return [];
    const plans = new Map<unknown, Plan>();
    for (const [key, { held }] of this.#sources) plans.set(key, { held, slow: [] });
    let free = this.size - this.#used;
    for (const [holder, held] of this.#held) {
      const plan = plans.get(holder.source)!;
      if (holder.ended) {
        plan.held -= held.size; // it lets go of it soon
        free += held.size;
      } else if (held.since + GRACE <= now && held.recent < FAST) plan.slow.push([holder, held]);
    }
    const losers = [...plans.values()].filter(({ slow }) => slow.length > 0);
    for (const { slow } of losers) slow.sort(([, a], [, b]) => b.recent - a.recent);
    const victims: MemoryHolder[] = [];
    for (const { holder: { source }, size } of tired) {
      const own = plans.get(source)!;
      while (!mayTake(size, own.held, free)) {
        const loser = loserOf(losers, own, size);
        const victim = loser?.slow.pop();
        if (!loser || !victim) break;
        const [holder, held] = victim;
        victims.push(holder);
        loser.held -= held.size;
        free += held.size;
      }
      if (!mayTake(size, own.held, free)) continue;
      own.held += size;
      free -= size;
    }
    return victims;
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

/**
 * Reports whether a source that holds `held` bytes may take `size` of those that are free: it must
 * leave as many as it then holds, except for the first thing that it takes.
 */
function mayTake(size: number, held: number, free: number): boolean {
  return size <= free && (held === 0 || held + size <= free - size);
}

/**
 * Returns the source that must give up a slow connection so that `own` may have `size` bytes: the
 * one that holds most, of equals the one with the slowest. One that would then have less than
 * `own` loses nothing, unless `own` has nothing.
 */
function loserOf(plans: Iterable<Plan>, own: Plan, size: number): Plan | undefined {
  let loser: Plan | undefined;
  for (const plan of plans) {
    if (plan.slow.length === 0 || loser && loser.held > plan.held) continue;
    if (plan !== own && own.held > 0 && plan.held < own.held + size) continue;
    if (loser?.held === plan.held && slowest(loser) <= slowest(plan)) continue;
    loser = plan;
  }
  return loser;
}

/** Returns how much the slowest connection has moved. */
function slowest({ slow }: Plan): number {
  return slow.at(-1)?.[1].recent ?? Infinity;
}

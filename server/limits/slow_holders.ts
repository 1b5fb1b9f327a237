/**
 * Who must end so that others get memory: connections that hold some of a pool and move slowly,
 * where somebody has waited for too long.
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

/** What one connection holds of a pool. */
export interface Held {
  size: number;
  /** Since when it holds anything. */
  since: number;
  /** `moved` at the last sweep. */
  moved: number;
  /** Bytes between the last sweeps; older ones count half as much at each. */
  recent: number;
}

/** Somebody who waits for memory. */
export interface Waiter {
  readonly holder: MemoryHolder;
  /** Bytes. */
  readonly size: number;
  /** Since when, in milliseconds. */
  readonly since: number;
}

/** What a pool looks like at a sweep. */
interface PoolState {
  /** All who wait, in the order of asking. */
  readonly queue: Iterable<Waiter>;
  readonly held: ReadonlyMap<MemoryHolder, Held>;
  /** What each source holds, in bytes. */
  readonly sources: ReadonlyMap<unknown, { readonly held: number }>;
  /** Bytes that nobody holds. */
  readonly free: number;
}

/** What a source will hold after a sweep, and which of its connections may end, slowest last. */
interface Plan {
  held: number;
  readonly slow: [MemoryHolder, Held][];
}

/**
 * Returns the connections that must end at `now`, in milliseconds, for those who have waited too
 * long, though they hold nothing.
 */
export function victimsOf(
  { queue, held: all, sources, free: unused }: PoolState,
  now: number,
): MemoryHolder[] {
  const tired = [...queue].filter(({ holder, since }) =>
    since + PATIENCE <= now && !all.has(holder)
  );
  if (tired.length === 0) return [];
  const plans = new Map<unknown, Plan>();
  for (const [key, { held }] of sources) plans.set(key, { held, slow: [] });
  let free = unused;
  for (const [holder, held] of all) {
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

/**
 * Reports whether a source that holds `held` bytes may take `size` of those that are free: it must
 * leave as many as it then holds, except for the first thing that it takes.
 */
export function mayTake(size: number, held: number, free: number): boolean {
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

/**
 * Token buckets, one for each key: so many at once, then one in each interval. A bucket is one
 * number, the time at which it will be full again.
 */

/** So many at once, then one more in each interval. */
export interface Rate {
  /** Tokens of a full bucket, at least 1. */
  burst: number;
  /** Milliseconds until a token that was taken is there again; a fraction for many a second. */
  interval: number;
}

export interface RateLimitOptions extends Rate {
  /** Milliseconds that never jump back. */
  clock: () => number;
  /** Buckets that are remembered at a time. */
  capacity?: number;
}

/** Some 10 MB. */
const CAPACITY = 65_536;
/** What sums of fractions may be wrong by, in milliseconds. */
const INEXACT = 1e-3;

export class RateLimit {
  readonly #options: Required<RateLimitOptions>;
  /** When each bucket is full, in the order in which a token was last taken from them. */
  readonly #fullAt = new Map<string, number>();

  constructor(options: RateLimitOptions) {
    this.#options = { capacity: CAPACITY, ...options };
  }

  /** Number of remembered buckets: all that are not full, and a few that are. */
  get size(): number {
    return this.#fullAt.size;
  }

  /**
   * Takes `count` tokens from the bucket of `key` and returns 0; if there are fewer, takes none and
   * returns the whole milliseconds until there are enough. More than a full bucket counts as one.
   */
  take(key: string, count = 1): number {
    const { burst, interval, clock } = this.#options;
    const now = Math.floor(clock()); // sums of fractions would not be exact
    const fullAt = Math.max(now, this.#fullAt.get(key) ?? now) + Math.min(count, burst) * interval;
    const wait = fullAt - now - burst * interval;
    if (wait > INEXACT) return Math.ceil(wait);
    this.#fill(key, fullAt, now);
    return 0;
  }

  /** Takes `count` tokens also where there are fewer: then later calls of {@link take} wait. */
  charge(key: string, count: number): void {
    const now = Math.floor(this.#options.clock());
    const from = Math.max(now, this.#fullAt.get(key) ?? now);
    this.#fill(key, from + count * this.#options.interval, now);
  }

  /**
   * Puts back a token of the bucket of `key` that was not used. A bucket that is full by it is
   * forgotten at once, lest it takes the place of one that is not.
   */
  giveBack(key: string): void {
    const { interval, clock } = this.#options;
    const fullAt = (this.#fullAt.get(key) ?? 0) - interval;
    if (fullAt > clock()) this.#fullAt.set(key, fullAt);
    else this.#fullAt.delete(key);
  }

  #fill(key: string, fullAt: number, now: number): void {
    this.#fullAt.delete(key); // it goes to the end
    this.#fullAt.set(key, fullAt);
    this.#forget(now);
  }

  /**
   * Forgets full buckets from the front, as an unknown bucket is full, too. If there are too many,
   * forgets the one that was unused for longest: who has that many keys gains no more by it than by
   * one more key.
   */
  #forget(now: number): void {
    for (const [key, fullAt] of this.#fullAt) {
      if (fullAt > now && this.#fullAt.size <= this.#options.capacity) return;
      this.#fullAt.delete(key);
    }
  }
}

/** How fast prekeys may be drawn, so that nobody uses up another's. */
import type { PrekeyLimits } from "./limits.ts";
import { RateLimit } from "./rate_limit.ts";

export interface PrekeyDraws {
  /** Draws of one asker, by its ID in hex. */
  readonly ofAsker: RateLimit;
  /** Draws of one-time prekeys, by asker and target: both IDs in hex. */
  readonly oneTime: RateLimit;
}

/** The buckets of one server; `clock` gives milliseconds that never jump back. */
export function prekeyDraws(
  { prekeyBurst, prekeyInterval, oneTimeBurst, oneTimeInterval }: PrekeyLimits,
  clock: () => number,
): PrekeyDraws {
  return {
    ofAsker: new RateLimit({ burst: prekeyBurst, interval: prekeyInterval, clock }),
    oneTime: new RateLimit({ burst: oneTimeBurst, interval: oneTimeInterval, clock }),
  };
}

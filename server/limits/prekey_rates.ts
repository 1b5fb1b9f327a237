/** How fast prekeys may be fetched, so that nobody uses up another's. */
import type { Limits } from "./limits.ts";
import { RateLimit } from "./rate_limit.ts";

export interface PrekeyRates {
  /** Fetches of one asker, by its ID in hex. */
  readonly ofAsker: RateLimit;
  /** One-time prekeys that one asker gets of one target, by both IDs in hex. */
  readonly oneTime: RateLimit;
}

/** `clock` returns milliseconds that never jump back. */
export function prekeyRates(
  { prekeyBurst, prekeyInterval, oneTimeBurst, oneTimeInterval }: Limits,
  clock: () => number,
): PrekeyRates {
  return {
    ofAsker: new RateLimit({ burst: prekeyBurst, interval: prekeyInterval, clock }),
    oneTime: new RateLimit({ burst: oneTimeBurst, interval: oneTimeInterval, clock }),
  };
}

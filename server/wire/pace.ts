/** Checks that a request comes no faster than its sender may ask. */
import { KiB } from "../../shared/limits.ts";
import type { Rates } from "../limits/rates.ts";
import { tooFast } from "./error_replies.ts";

/** Payloads and answers of less, in bytes, are counted as requests alone. */
const LARGE = 4 * KiB;
/** What a request draws whose answer may be large, in bytes: it waits for those before it. */
export const UNKNOWN_ANSWER = LARGE;

/** What a request draws from the buckets of its sender. */
export interface Drawn {
  /** Of its requests; 1 for most. */
  readonly requests: number;
  /** Bytes of its payload, and of its answer where that is known. */
  readonly bytes: number;
  /** Whether it is a lookup. */
  readonly lookup: boolean;
}

/**
 * Draws what a request of `sender` costs. It is an ID in hex, or the key of an address.
 * @throws {Refusal} `rate-limited` with the time until there is enough
 */
export function draw(sender: string, { requests, bytes, lookup }: Drawn, rates: Rates): void {
  let wait = rates.requests.take(sender, requests);
  if (wait > 0) throw tooFast("requests", wait);
  if (bytes >= LARGE) wait = rates.bytes.take(sender, bytes);
  if (wait > 0) throw tooFast("bytes", wait);
  if (lookup) wait = rates.lookups.take(sender);
  if (wait > 0) throw tooFast("lookups", wait);
}

/** Charges `sender` for an answer or pushes of so many bytes: what is large waits for it. */
export function chargeAnswer(sender: string, bytes: number, rates: Rates): void {
  if (bytes >= LARGE) rates.bytes.charge(sender, bytes);
}

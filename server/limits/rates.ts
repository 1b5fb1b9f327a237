/** How fast a source of requests may go on: the token buckets of one server. */
import type { Limits } from "./limits.ts";
import type { PeerAddress } from "./peer_address.ts";
import { type Rate, RateLimit } from "./rate_limit.ts";

/** So many times what one address may do may an IPv6 network of 48 bits do with all of its. */
export const NETWORK_FACTOR = 4;

export class Rates {
  /** Handshakes of secure channels, by address. */
  readonly handshakes: AddressRate;
  /** New clients, by address. */
  readonly registrations: AddressRate;
  /** Requests, by who asks: an ID in hex, or the address of a classic client. */
  readonly requests: RateLimit;
  /** Bytes of large payloads and answers, by the same. */
  readonly bytes: RateLimit;
  /** Lookups of clients and pages of the list, by the same. */
  readonly lookups: RateLimit;
  /** Fetches of prekeys by one asker. Keys are IDs in hex, here and below. */
  readonly fetches: RateLimit;
  /** Fetches that bring one-time prekeys: of one asker from one target, by both IDs. */
  readonly oneTimeOfPair: RateLimit;
  /** The same of one asker from all targets. */
  readonly oneTimeOfAsker: RateLimit;
  /** The same of all askers from one target. */
  readonly oneTimeOfTarget: RateLimit;

  /** `clock` gives milliseconds that never jump back. */
  constructor(limits: Limits, clock: () => number) {
    const rate = (burst: number, interval: number) => new RateLimit({ burst, interval, clock });
    this.handshakes = new AddressRate(limits.handshakes, clock);
    this.registrations = new AddressRate(limits.registrations, clock);
    this.requests = rate(limits.requests.burst, limits.requests.interval);
    this.bytes = rate(limits.bytes.burst, limits.bytes.interval);
    this.lookups = rate(limits.lookups.burst, limits.lookups.interval);
    this.fetches = rate(limits.prekeyBurst, limits.prekeyInterval);
    this.oneTimeOfPair = rate(limits.oneTimeBurst, limits.oneTimeInterval);
    this.oneTimeOfAsker = rate(limits.askerOneTimeBurst, limits.askerOneTimeInterval);
    this.oneTimeOfTarget = rate(limits.targetOneTimeBurst, limits.targetOneTimeInterval);
  }
}

/** A rate of each address, and of each network of them. */
export class AddressRate {
  readonly #addresses: RateLimit;
  readonly #networks: RateLimit;

  constructor({ burst, interval }: Rate, clock: () => number) {
    this.#addresses = new RateLimit({ burst, interval, clock });
    this.#networks = new RateLimit({
      burst: burst * NETWORK_FACTOR,
      interval: interval / NETWORK_FACTOR,
      clock,
    });
  }

  /** Takes one for `address` and returns 0, or returns the milliseconds until there is one. */
  take({ key, network, exempt }: PeerAddress): number {
    if (exempt) return 0;
    const wait = this.#addresses.take(key);
    if (wait > 0 || network === null) return wait;
    const networkWait = this.#networks.take(network);
    if (networkWait > 0) this.#addresses.giveBack(key);
    return networkWait;
  }
}

/**
 * Who may hold a connection: so many in all, of one address, and of one identity. When all places
 * are taken, one of those makes room that hold the most:
 *
 * - Connections without a login, as long as these are more than an eighth of all: of the address
 *   with the most of them the one that was idle longest. So a flood displaces itself, and not the
 *   few of others, such as classic clients, which never log in.
 * - Else connections with a login: of the address with the most of them the oldest, if the address
 *   of the newcomer has fewer. So a few addresses that log in as often as they can keep nobody out.
 * - Else one without a login, of an address that holds no less than the newcomer's.
 *
 * An address that logs in without end can so displace nobody who is about to log in.
 */
import type { Limits } from "../limits/limits.ts";
import type { PeerAddress } from "../limits/peer_address.ts";
import { NETWORK_FACTOR } from "../limits/rates.ts";
import type { Limit } from "../metrics/metrics.ts";
import { Crowd, type Member } from "./crowd.ts";

/** The part of all connections that one address may hold. */
const ADDRESS_SHARE = 1 / 4;
/** The part of all that one IPv6 network of 48 bits may hold. */
const NETWORK_SHARE = 1 / 2;
/** The part of all that those without a login may hold when others want in. */
const WAITING_SHARE = 1 / 8;

/** The place of one connection, until {@link leave}. */
export class Place implements Member {
  #identity: string | null = null;
  #left = false;

  constructor(
    readonly address: PeerAddress,
    /** Ends the connection. */
    readonly evict: () => void,
    private readonly admission: Admission,
  ) {}

  /** Where the limits for each address count it; an exempt one is counted with no other. */
  get source(): unknown {
    return this.address.exempt ? this : this.address.key;
  }

  get network(): unknown {
    return this.address.exempt ? this : this.address.network ?? this.address.key;
  }

  /**
   * Notes that `identity`, an ID in hex, has logged in. Returns false if it has as many connections
   * as it may have; then nothing has changed.
   */
  login(identity: string): boolean {
    if (this.#left || this.#identity !== null) return false;
    if (!this.admission.login(this, identity)) return false;
    this.#identity = identity;
    return true;
  }

  /** Notes that a request without a login was answered. */
  answered(): void {
    this.admission.answered(this);
  }

  /** Frees the place. A second call does nothing. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.admission.leave(this, this.#identity);
  }
}

export class Admission {
  /** Those without a login, and those with one. */
  readonly #waiting = new Crowd<Place>();
  readonly #known = new Crowd<Place>();
  readonly #identities = new Map<string, number>();

  /** `onRefusal` is told of each connection that is closed at once, or makes room: of whose. */
  constructor(
    private readonly limits: Limits,
    private readonly onRefusal: (limit: Limit, address: PeerAddress) => void,
  ) {}

  /**
   * Returns the place of a new connection, or null if it must be closed. `evict` ends it, to make
   * room for others.
   */
  enter(address: PeerAddress, evict: () => void): Place | null {
    const place = new Place(address, evict, this);
    const limit = this.#limitFor(place);
    if (limit) {
      this.onRefusal(limit, address);
      return null;
    }
    this.#waiting.add(place);
    return place;
  }

  /** For {@link Place.login}. */
  login(place: Place, identity: string): boolean {
    const count = this.#identities.get(identity) ?? 0;
    if (count >= this.limits.maxIdentityConnections) return false;
    this.#identities.set(identity, count + 1);
    this.#waiting.delete(place);
    this.#known.add(place);
    return true;
  }

  /** For {@link Place.answered}. */
  answered(place: Place): void {
    this.#waiting.touch(place);
  }

  /** For {@link Place.leave}. */
  leave(place: Place, identity: string | null): void {
    this.#waiting.delete(place);
    this.#known.delete(place);
    if (identity === null) return;
    const count = this.#identities.get(identity) ?? 1;
    if (count === 1) this.#identities.delete(identity);
    else this.#identities.set(identity, count - 1);
  }

  /** Returns the limit that `newcomer` is over; makes room if only that is missing. */
  #limitFor(newcomer: Place): Limit | null {
    const { maxConnections, maxWaitingConnections } = this.limits;
    const [waiting, known] = [this.#waiting, this.#known];
    const share = (part: number) => Math.ceil(maxConnections * part);
    const ofSource = waiting.ofSource(newcomer) + known.ofSource(newcomer);
    const ofNetwork = waiting.ofNetwork(newcomer) + known.ofNetwork(newcomer);
    if (ofSource >= share(ADDRESS_SHARE) || ofNetwork >= share(NETWORK_SHARE)) {
      return "address-connections";
    }
    const tooMany = waiting.ofSource(newcomer) >= maxWaitingConnections ||
      waiting.ofNetwork(newcomer) >= maxWaitingConnections * NETWORK_FACTOR;
    if (tooMany) return "waiting-connections";
    if (waiting.size + known.size < maxConnections) return null;
    const leaving = this.#whoMakesRoomFor(newcomer);
    if (!leaving) return "connections";
    this.onRefusal("connections", leaving.address);
    leaving.leave();
    leaving.evict();
    return null;
  }

  #whoMakesRoomFor(newcomer: Place): Place | undefined {
    const [waiting, known] = [this.#waiting, this.#known];
    if (waiting.size > this.limits.maxConnections * WAITING_SHARE) return waiting.first;
    if (known.first && lead(known.first, newcomer, [known]) > 1) return known.first;
    if (waiting.first && lead(waiting.first, newcomer, [waiting, known]) >= 0) return waiting.first;
  }
}

/** Returns how many more places in `crowds` than `b` the source of `a` has, or its network. */
function lead(a: Place, b: Place, crowds: readonly Crowd<Place>[]): number {
  const held = (place: Place) =>
    crowds.map((crowd) => a.network === b.network ? crowd.ofSource(place) : crowd.ofNetwork(place))
      .reduce((sum, count) => sum + count);
  return held(a) - held(b);
}

/**
 * Who may hold a connection: so many in all, of one address, and of one identity. When all places
 * are taken, the connection that has waited for its login the longest makes room.
 */
import type { Limits } from "../limits/limits.ts";
import type { PeerAddress } from "../limits/peer_address.ts";
import { NETWORK_FACTOR } from "../limits/rates.ts";
import type { Limit } from "../metrics/metrics.ts";

/** The part of all connections that one address may hold. */
const ADDRESS_SHARE = 1 / 4;
/** The part of all that one IPv6 network of 48 bits may hold. */
const NETWORK_SHARE = 1 / 2;

/** The connections of one source. */
interface Held {
  all: number;
  /** Those without a login. */
  waiting: number;
}

type Part = keyof Held;

/** The place of one connection, until {@link leave}. */
export class Place {
  #identity: string | null = null;
  #left = false;

  constructor(
    readonly address: PeerAddress,
    /** Ends the connection. */
    readonly evict: () => void,
    private readonly admission: Admission,
  ) {}

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

  /** Frees the place. A second call does nothing. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.admission.leave(this, this.#identity);
  }
}

export class Admission {
  #size = 0;
  /** Those without a login, the oldest first. */
  readonly #waiting = new Set<Place>();
  readonly #sources = new Map<string, Held>();
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
    const limit = this.#limitFor(address);
    if (limit) {
      this.onRefusal(limit, address);
      return null;
    }
    const place = new Place(address, evict, this);
    this.#size++;
    this.#waiting.add(place);
    this.#count(address, "all", 1);
    this.#count(address, "waiting", 1);
    return place;
  }

  /** For {@link Place.login}. */
  login(place: Place, identity: string): boolean {
    const count = this.#identities.get(identity) ?? 0;
    if (count >= this.limits.maxIdentityConnections) return false;
    this.#identities.set(identity, count + 1);
    this.#waiting.delete(place);
    this.#count(place.address, "waiting", -1);
    return true;
  }

  /** For {@link Place.leave}. */
  leave(place: Place, identity: string | null): void {
    this.#size--;
    this.#count(place.address, "all", -1);
    if (identity === null) {
      this.#waiting.delete(place);
      this.#count(place.address, "waiting", -1);
      return;
    }
    const count = this.#identities.get(identity) ?? 1;
    if (count === 1) this.#identities.delete(identity);
    else this.#identities.set(identity, count - 1);
  }

  /** Returns the limit that `address` has reached; makes room if only that is missing. */
  #limitFor({ key, network, exempt }: PeerAddress): Limit | null {
    const { maxConnections, maxWaitingConnections } = this.limits;
    if (!exempt) {
      const [address, larger] = [this.#of(key), this.#of(network)];
      const share = (part: number) => Math.ceil(maxConnections * part);
      if (address.all >= share(ADDRESS_SHARE) || larger.all >= share(NETWORK_SHARE)) {
        return "address-connections";
      }
      const tooMany = address.waiting >= maxWaitingConnections ||
        larger.waiting >= maxWaitingConnections * NETWORK_FACTOR;
      if (tooMany) return "waiting-connections";
    }
    if (this.#size < maxConnections) return null;
    const [oldest] = this.#waiting;
    if (!oldest) return "connections";
    this.onRefusal("connections", oldest.address);
    oldest.leave();
    oldest.evict();
    return null;
  }

  #of(key: string | null): Held {
    return key !== null && this.#sources.get(key) || { all: 0, waiting: 0 };
  }

  #count({ key, network }: PeerAddress, part: Part, change: number): void {
    for (const source of network === null ? [key] : [key, network]) {
      const held = this.#of(source);
      held[part] += change;
      if (held.all === 0) this.#sources.delete(source);
      else this.#sources.set(source, held);
    }
  }
}

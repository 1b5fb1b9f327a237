/**
 * Connections by where they come from. Of each crowd one is the first to make room: of the network
 * that holds the most, and there of the address that holds the most, the one that was idle longest.
 * All of this takes a few steps, however many there are.
 */

/** From where a connection comes; one that is not counted with others is a source of its own. */
export interface Member {
  readonly source: unknown;
  /** What `source` is one of many in, or the same again. */
  readonly network: unknown;
}

export class Crowd<M extends Member> {
  #size = 0;
  readonly #networks = new Sizes();
  /** The sources of each network that is not a source itself. */
  readonly #sources = new Map<unknown, Sizes>();
  /** The members of each source, the one that was idle longest first. */
  readonly #members = new Map<unknown, Set<M>>();

  get size(): number {
    return this.#size;
  }

  /** Returns how many members come from the source of `member`, which need not be one. */
  ofSource({ source }: Member): number {
    return this.#members.get(source)?.size ?? 0;
  }

  /** Returns how many members come from the network of `member`, which need not be one. */
  ofNetwork({ network }: Member): number {
    return this.#networks.of(network);
  }

  /** The member that is the first to make room; undefined in an empty crowd. */
  get first(): M | undefined {
    const network = this.#networks.largest;
    const source = this.#sources.get(network)?.largest ?? network;
    const [member] = this.#members.get(source) ?? [];
    return member;
  }

  add(member: M): void {
    const { source, network } = member;
    const members = this.#members.get(source) ?? new Set();
    this.#members.set(source, members.add(member));
    this.#size++;
    this.#networks.set(network, this.#networks.of(network) + 1);
    if (network === source) return;
    const sources = this.#sources.get(network) ?? new Sizes();
    this.#sources.set(network, sources);
    sources.set(source, members.size);
  }

  /** Removes a member; does nothing if it is none. */
  delete(member: M): void {
    const { source, network } = member;
    const members = this.#members.get(source);
    if (!members?.delete(member)) return;
    this.#size--;
    this.#sources.get(network)?.set(source, members.size);
    this.#networks.set(network, this.#networks.of(network) - 1);
    if (members.size === 0) this.#members.delete(source);
    if (this.#networks.of(network) === 0) this.#sources.delete(network);
  }

  /** Notes that a member was just at work: of its equals it is now the last to make room. */
  touch(member: M): void {
    if (!this.#members.get(member.source)?.has(member)) return;
    this.delete(member);
    this.add(member);
  }
}

/** Numbers by key, the largest of which can be found at once. */
class Sizes {
  readonly #sizes = new Map<unknown, number>();
  /** The keys of each size, at its index, in the order in which they were set. */
  readonly #keys: Set<unknown>[] = [];

  of(key: unknown): number {
    return this.#sizes.get(key) ?? 0;
  }

  /** The key of the largest size; of several the one that was set first. */
  get largest(): unknown {
    const [key] = this.#keys.at(-1) ?? [];
    return key;
  }

  /** Sets a size; a key of size 0 is forgotten. */
  set(key: unknown, size: number): void {
    this.#keys[this.of(key)]?.delete(key);
    this.#sizes.delete(key);
    if (size > 0) {
      this.#sizes.set(key, size);
      while (this.#keys.length <= size) this.#keys.push(new Set());
      this.#keys[size].add(key);
    }
    while (this.#keys.at(-1)?.size === 0) this.#keys.pop();
  }
}

/**
 * What waits, by the client on whose behalf it does. Clients take turns: of each it is the first
 * one's turn, then its client goes behind the others.
 */
export class RoundRobin<T> {
  /** None of the lists is empty. The turn of the first client comes next. */
  readonly #waiting = new Map<string, T[]>();

  /** How many clients wait. */
  get size(): number {
    return this.#waiting.size;
  }

  push(client: string, one: T): void {
    const before = this.#waiting.get(client);
    if (before) before.push(one);
    else this.#waiting.set(client, [one]);
  }

  /** Takes out the one whose turn it is; undefined if nothing waits. */
  next(): T | undefined {
    const [turn] = this.#waiting;
    if (!turn) return undefined;
    const [client, all] = turn;
    const next = all.shift();
    this.#waiting.delete(client);
    if (all.length > 0) this.#waiting.set(client, all);
    return next;
  }
}

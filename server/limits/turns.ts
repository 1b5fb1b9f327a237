/**
 * Turns for requests that keep everybody else waiting for a moment, such as pages of a list: they
 * go one after the other, and between two of them goes all that is short. Sources take turns, such
 * as addresses, and so do the clients of each. So nobody waits for all that another one asks.
 */
import { nextTurn } from "../../shared/sleep.ts";
import { RoundRobin } from "../storage/round_robin.ts";

export class Turns {
  /** Those of each source. */
  readonly #clients = new Map<unknown, RoundRobin<() => void>>();
  /** The sources that wait, the next one first. */
  readonly #sources = new Set<unknown>();
  #going = false;

  /** `clock` gives milliseconds that never jump back. */
  constructor(private readonly clock: () => number) {}

  /** Waits for a turn of `client` of `source`. It ends when the caller next waits for something. */
  take(source: unknown, client: string): Promise<void> {
    return new Promise((resolve) => {
      const clients = this.#clients.get(source) ?? new RoundRobin();
      this.#clients.set(source, clients);
      this.#sources.add(source);
      clients.push(client, resolve);
      if (!this.#going) this.#go();
    });
  }

  async #go(): Promise<void> {
    this.#going = true;
    for (let turn; (turn = this.#next());) {
      const begun = this.clock();
      turn();
      await nextTurn(0);
      // It has gone by now, and all else that was ready.
      await nextTurn(this.clock() - begun);
    }
    this.#going = false;
  }

  #next(): (() => void) | undefined {
    const [source] = this.#sources;
    const clients = this.#clients.get(source);
    const turn = clients?.next();
    this.#sources.delete(source);
    if (clients && clients.size > 0) this.#sources.add(source);
    else this.#clients.delete(source);
    return turn;
  }
}

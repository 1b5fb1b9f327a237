/**
 * Turns for requests that keep everybody else waiting for a moment, such as pages of a list: they
 * go one after the other, and between two of them goes all that is short. Sources take turns, such
 * as addresses, and so do the clients of each. So nobody waits for all that another one asks.
 */
import { nextTurn } from "../../shared/sleep.ts";
import { RoundRobin } from "../storage/round_robin.ts";

export class Turns {
  /** Those of each source. */
  readonly #clients = new Map<unknown, RoundRobin<() => Promise<unknown>>>();
  /** The sources that wait, the next one first. */
  readonly #sources = new Set<unknown>();
  #going = false;
  /** Who had the last turn. */
  #last = "";

  /** `clock` gives milliseconds that never jump back. */
  constructor(private readonly clock: () => number) {}

  /** Waits for a turn of `client` of `source`. It ends when the caller next waits for something. */
  take(source: unknown, client: string): Promise<void> {
    return this.run(source, client, () => Promise.resolve());
  }

  /** Waits for a turn of `client` if others have had one since its last, or wait. */
  async goOn(source: unknown, client: string): Promise<void> {
    if (client !== this.#last || this.#sources.size > 0) await this.take(source, client);
  }

  /** Does `work` in a turn of `client` of `source`, which ends when all of it is done. */
  run<T>(source: unknown, client: string, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve) => {
      const clients = this.#clients.get(source) ?? new RoundRobin();
      this.#clients.set(source, clients);
      this.#sources.add(source);
      clients.push(client, () => {
        this.#last = client;
        const working = (async () => await work())(); // which may throw: others go on
        resolve(working);
        return working.catch(() => {}); // its caller is told
      });
      if (!this.#going) this.#go();
    });
  }

  async #go(): Promise<void> {
    this.#going = true;
    for (let turn; (turn = this.#next());) {
      const begun = this.clock();
      await turn();
      await nextTurn(0);
      // It has gone by now, and all else that was ready.
      await nextTurn(this.clock() - begun);
    }
    this.#going = false;
  }

  #next(): (() => Promise<unknown>) | undefined {
    const [source] = this.#sources;
    const clients = this.#clients.get(source);
    const turn = clients?.next();
    this.#sources.delete(source);
    if (clients && clients.size > 0) this.#sources.add(source);
    else this.#clients.delete(source);
    return turn;
  }
}

import { type Bytes, toHex } from "../../../shared/bytes.ts";

/** Who is to hear of news of the type `N` about a client. */
export class Watches<N extends unknown[] = []> {
  /** By the client's ID in hex. */
  readonly #watches = new Map<string, Set<(...news: N) => void>>();

  /** Has `notify` called until the returned function is. */
  add(clientId: Bytes, notify: (...news: N) => void): () => Promise<void> {
    const key = toHex(clientId);
    const watches = this.#watches.get(key) ?? new Set();
    this.#watches.set(key, watches.add(notify));
    return () => {
      watches.delete(notify);
      if (watches.size === 0 && this.#watches.get(key) === watches) this.#watches.delete(key);
      return Promise.resolve();
    };
  }

  notify(clientId: Bytes, ...news: N): void {
    if (this.#watches.size === 0) return;
    this.#watches.get(toHex(clientId))?.forEach((notify) => notify(...news));
  }
}

import { type Bytes, toHex } from "../../../shared/bytes.ts";

/** Who is to hear of news about a client. */
export class Watches {
  /** By the client's ID in hex. */
  readonly #watches = new Map<string, Set<() => void>>();

  /** Has `notify` called until the returned function is. */
  add(clientId: Bytes, notify: () => void): () => Promise<void> {
    const key = toHex(clientId);
    const watches = this.#watches.get(key) ?? new Set();
    this.#watches.set(key, watches.add(notify));
    return () => {
      watches.delete(notify);
      if (watches.size === 0 && this.#watches.get(key) === watches) this.#watches.delete(key);
      return Promise.resolve();
    };
  }

  notify(clientId: Bytes): void {
    this.#watches.get(toHex(clientId))?.forEach((notify) => notify());
  }
}

/**
 * Fsyncs of folders, each of which is shared by all who asked for it before it began. Who asks
 * while one is under way gets the next: what changed meanwhile may not be part of the first.
 */
export class SharedSyncs {
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  constructor(private readonly sync: (folder: string) => Promise<void>) {}

  /** Resolves when all names that are in `folder` now outlast a power failure. */
  of(folder: string): Promise<void> {
    const next = this.#next.get(folder);
    if (next) return next;
    const running = this.#running.get(folder);
    if (!running) return this.#start(folder);
    const start = () => {
      this.#next.delete(folder);
      return this.#start(folder);
    };
    const waiting = running.then(start, start);
    this.#next.set(folder, waiting);
    return waiting;
  }

  #start(folder: string): Promise<void> {
    const running = this.sync(folder);
    this.#running.set(folder, running);
    const ended = () => {
      if (this.#running.get(folder) === running) this.#running.delete(folder);
    };
    running.then(ended, ended);
    return running;
  }
}

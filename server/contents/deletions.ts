/**
 * Deletions of contents, which wait while someone copies the contents: what a snapshot of the
 * database names must still be there when its turn comes.
 */
export class Deletions {
  #holds = 0;
  /** By the name of the content. */
  readonly #waiting = new Map<string, () => Promise<unknown>>();

  /**
   * Holds deletions back until the returned function was called, and so were those of all other
   * holders. The last call runs what has waited.
   */
  hold(): () => Promise<void> {
    this.#holds++;
    let held = true;
    return async () => {
      if (!held) return;
      held = false;
      if (--this.#holds > 0) return;
      const waiting = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const remove of waiting) await remove();
    };
  }

  /** Keeps `remove` for later and returns true, if deletions have to wait. */
  defer(name: string, remove: () => Promise<unknown>): boolean {
    if (this.#holds === 0) return false;
    this.#waiting.set(name, remove);
    return true;
  }

  /** Reports whether the content called `name` is to be deleted later. */
  isDeferred(name: string): boolean {
    return this.#waiting.has(name);
  }
}

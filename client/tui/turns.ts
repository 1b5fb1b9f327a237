/** What runs at most once at a time, by a name. */
export class Turns {
  readonly #busy = new Set<string>();
  readonly #again = new Set<string>();

  /** Calls `failed` with what a run throws. */
  constructor(private readonly failed: (error: unknown) => void) {}

  /** Runs something that does not run yet; if it does, it runs once more afterwards. */
  async once(name: string, run: () => Promise<void>): Promise<void> {
    if (this.#busy.has(name)) {
      this.#again.add(name);
      return;
    }
    this.#busy.add(name);
    try {
      do {
        this.#again.delete(name);
        await run();
      } while (this.#again.has(name));
    } catch (error) {
      this.failed(error);
    } finally {
      this.#busy.delete(name);
    }
  }
}

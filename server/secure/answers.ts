/**
 * The answers of one secure session: under way side by side, written in the order of requests.
 * Counts what is under way, so that a session can bound it.
 */
export class Answers {
  /** Answers that were not written yet, and bytes that they hold in memory. */
  #count = 0;
  #size = 0;
  /** Resolves when all answers so far have been handed to the channel. */
  #issued: Promise<void> = Promise.resolve();
  #onWritten = () => {};

  /**
   * Has `write` called with `answer` as soon as those of all answers before it were called.
   * Resolves when it is written. Until then it counts as `size` bytes.
   */
  async add<T>(answer: Promise<T>, size: number, write: (answer: T) => Promise<void>) {
    const before = this.#issued;
    const issued = Promise.withResolvers<void>();
    this.#issued = issued.promise;
    this.#count++;
    this.#size += size;
    try {
      const ready = await answer;
      await before;
      const written = write(ready);
      issued.resolve();
      await written;
    } finally {
      issued.resolve();
      this.#count--;
      this.#size -= size;
      this.#onWritten();
    }
  }

  /** Waits until no more than `count` answers of `size` bytes in all are under way. */
  async until(count: number, size = Infinity): Promise<void> {
    while (this.#count > count || this.#size > size) {
      await new Promise<void>((resolve) => this.#onWritten = resolve);
    }
  }
}

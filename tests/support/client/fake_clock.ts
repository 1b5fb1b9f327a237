import type { Clock } from "../../../client/network/silence.ts";

/** A clock that stands still unless a test moves it. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ interval: number; due: number; act: () => void }>();

  /** How many are waiting for the time to pass. */
  get watchers(): number {
    return this.#timers.size;
  }

  readonly ticks = (): number => this.#now;

  readonly every = (interval: number, act: () => void): () => void => {
    const timer = { interval, due: this.#now + interval, act };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  };

  /** Lets so many milliseconds pass. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.due - b.due);
      if (!next || next.due > end) break;
      this.#now = next.due;
      next.due += next.interval;
      next.act();
    }
    this.#now = end;
  }
}

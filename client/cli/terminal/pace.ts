/** The measured time, and the shortest time between two samples, in milliseconds. */
const WINDOW = 10_000;
const STEP = 100;
/** A shorter time says nothing, in milliseconds. */
const SHORTEST = 400;

/** How fast bytes move, measured over the last seconds. */
export class Pace {
  /** How many bytes had moved when, the oldest first. */
  readonly #samples: { at: number; moved: number }[] = [];
  #last = { at: 0, moved: 0 };

  /** Notes that `moved` bytes have moved in all, at the time `at` in milliseconds. */
  add(at: number, moved: number): void {
    this.#last = { at, moved };
    const samples = this.#samples;
    if (samples.length > 0 && at - samples[samples.length - 1].at < STEP) return;
    samples.push(this.#last);
    while (samples.length > 2 && at - samples[1].at >= WINDOW) samples.shift();
  }

  /** Bytes a second; null if that is not known yet. */
  get rate(): number | null {
    const [first = this.#last] = this.#samples;
    const time = this.#last.at - first.at;
    return time < SHORTEST ? null : (this.#last.moved - first.moved) * 1000 / time;
  }

  /** Returns the seconds that `size` bytes will take; null if that is not known. */
  left(size: number): number | null {
    if (size === 0) return 0;
    return this.rate ? Math.ceil(size / this.rate) : null;
  }
}

/** How fast bytes move, from what was seen lately. */

/** Over how long it is measured, and how far apart samples are at least, in milliseconds. */
const WINDOW = 10_000;
const STEP = 100;
/** Too short a time tells nothing, in milliseconds. */
const SHORTEST = 400;

export class Pace {
  /** When how many bytes had moved, the oldest first. */
  readonly #samples: { readonly at: number; readonly moved: number }[] = [];
  #last: { readonly at: number; readonly moved: number } | null = null;

  /** `moved` bytes have moved in all, at the time `at` in milliseconds. */
  add(at: number, moved: number): void {
    const last = { at, moved };
    this.#last = last;
    const samples = this.#samples;
    if (samples.length > 0 && at - samples[samples.length - 1].at < STEP) return;
    samples.push(last);
    while (samples.length > 2 && at - samples[1].at >= WINDOW) samples.shift();
  }

  /** Bytes a second; null where that is not known yet. */
  get rate(): number | null {
    if (!this.#last) return null;
    const [first] = this.#samples;
    const time = this.#last.at - first.at;
    return time < SHORTEST ? null : (this.#last.moved - first.moved) * 1000 / time;
  }

  /** The seconds that `size` bytes will take; null where that is not known. */
  left(size: number): number | null {
    const { rate } = this;
    if (size === 0) return 0;
    return rate === null || rate <= 0 ? null : Math.ceil(size / rate);
  }
}

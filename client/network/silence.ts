/** Servers that accept a connection and then say nothing: when to say so, and when to give up. */

/** A steady clock. Times are milliseconds. */
export interface Clock {
  /** The time since some moment. */
  readonly ticks: () => number;
  /** Calls `act` again and again; returns what ends that. */
  readonly every: (interval: number, act: () => void) => () => void;
}

/** How long a client waits for its server, and who hears of it. */
export interface Patience {
  /** Longest wait for a byte to move while an answer is due; 30 seconds by default. */
  readonly deadline?: number;
  /** That of the system by default. */
  readonly clock?: Clock;
  /** Called when the server has been silent for 2 seconds. */
  readonly onWait?: () => void;
}

const DEADLINE = 30_000;
/** How long a server is silent before anyone hears of it. */
const UNTOLD = 2_000;
/** How often to look whether it is silent. */
const INTERVAL = 500;

export const SYSTEM_CLOCK: Clock = {
  ticks: () => performance.now(),
  every(interval, act) {
    const timer = setInterval(act, interval);
    return () => clearInterval(timer);
  },
};

/** Hears of it when nothing moves. */
export interface Watcher {
  /** Reports whether anything is due; always by default. */
  readonly waits?: () => boolean;
  /** Called once, at the deadline; the watch is over then. */
  readonly onSilent: () => void;
}

/** Watches for silence until it is disposed of. */
export class SilenceWatch implements Disposable {
  readonly #clock: Clock;
  readonly #stop: () => void;
  #lastMoved: number;
  #told = false;

  constructor(private readonly patience: Patience, private readonly watcher: Watcher) {
    const { clock = SYSTEM_CLOCK, deadline = DEADLINE } = patience;
    this.#clock = clock;
    this.#lastMoved = clock.ticks();
    this.#stop = clock.every(Math.min(INTERVAL, deadline / 2), () => this.#look(deadline));
  }

  /** Notes that a byte has moved, or that none was expected to. */
  moved(): void {
    this.#lastMoved = this.#clock.ticks();
    this.#told = false;
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  #look(deadline: number): void {
    if (this.watcher.waits?.() === false) return this.moved();
    const silence = this.#clock.ticks() - this.#lastMoved;
    if (silence >= deadline) {
      this.#stop();
      this.watcher.onSilent();
    } else if (silence >= UNTOLD && !this.#told) {
      this.#told = true;
      this.patience.onWait?.();
    }
  }
}

/**
 * Waits for `step`, but not for ever. Not every step on a connection ends when that is closed.
 * @throws {unknown} what `onSilent` returns, at the deadline
 */
export async function unlessSilent<T>(
  patience: Patience,
  step: Promise<T>,
  onSilent: () => unknown,
): Promise<T> {
  const silent = Promise.withResolvers<never>();
  using _watch = new SilenceWatch(patience, { onSilent: () => silent.reject(onSilent()) });
  step.catch(() => {}); // at the deadline nobody waits for it any more
  return await Promise.race([step, silent.promise]);
}

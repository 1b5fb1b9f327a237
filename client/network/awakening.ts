/** What makes another attempt to connect worth it at once: the machine woke up, or its network. */
import { localAddresses } from "./connect.ts";
import { type Clock, SYSTEM_CLOCK } from "./silence.ts";

export interface Surroundings {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly clock?: Clock;
  /** Returns what tells networks apart; by default the addresses of this machine. */
  readonly network?: () => string;
}

/** How often to look, in milliseconds. */
const INTERVAL = 5_000;
/** A look that comes so much later than it should shows that the machine slept, in milliseconds. */
const SLEPT = 15_000;

/** Looks for such changes until it is disposed of. */
export class AwakeningWatch implements Disposable {
  readonly #stop: () => void;
  #lastLook: number;
  #network: string;

  /** `woken` hears whether the machine "slept", or has another "network". */
  constructor(
    private readonly surroundings: Surroundings,
    private readonly woken: (change: "slept" | "network") => void,
  ) {
    const { now, clock = SYSTEM_CLOCK, network = localAddresses } = surroundings;
    this.#lastLook = now();
    this.#network = network();
    this.#stop = clock.every(INTERVAL, () => this.#look(now(), network()));
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  #look(now: number, network: string): void {
    const slept = now - this.#lastLook >= INTERVAL + SLEPT;
    const changed = network !== this.#network;
    this.#lastLook = now;
    this.#network = network;
    // A steady clock stands still on some systems while they sleep, so the time of day tells it.
    if (slept) this.woken("slept");
    else if (changed) this.woken("network");
  }
}

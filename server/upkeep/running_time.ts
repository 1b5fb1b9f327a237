/**
 * The time by which what waits grows old. It follows the clock of the system at the first start.
 * From then on it goes on while the server runs, whatever that clock does: a clock that jumps by a
 * year deletes nothing, and one that goes back keeps nothing for a year. Time in which the server
 * was stopped counts, but not more than a day at a time: nobody could fetch anything then, and a
 * clock that is wrong at the start looks the same.
 */
import type { Logger } from "@logtape/logtape";
import type { Storage } from "../storage/storage.ts";

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

export interface Clocks {
  /** Milliseconds that never jump back. */
  readonly clock: () => number;
  /** Milliseconds since 1970, as the system has it. */
  readonly now: () => number;
}

interface Parts {
  storage: Pick<Storage, "timeMark" | "keepTimeMark">;
  log: Logger;
}

export class RunningTime {
  /** The running time at {@link #since}. */
  #base: number;
  #since: number;
  /** The system's time when it was last compared. */
  #wall: number;

  constructor(private readonly clocks: Clocks) {
    this.#base = this.#wall = clocks.now();
    this.#since = clocks.clock();
  }

  /** Whole milliseconds since 1970, but for what the clock of the system has jumped. */
  readonly read = (): number => Math.floor(this.#base + this.clocks.clock() - this.#since);

  /**
   * Goes on from where the server before has stopped, and notes every hour how far it is. Before
   * this nothing may be stored. The returned function ends it and notes the last time.
   */
  async start(parts: Parts): Promise<() => Promise<void>> {
    const mark = await parts.storage.timeMark();
    if (mark) {
      const stopped = this.#wall - mark.wall;
      if (stopped < -HOUR || stopped > DAY) warn(parts.log, stopped);
      this.#base = mark.running + Math.min(DAY, Math.max(0, stopped));
    }
    const note = async () => {
      await this.note(parts).catch((error) => {
        parts.log.error("The time is not noted: {error}", { error });
      });
    };
    await note();
    const timer = setInterval(note, HOUR);
    return async () => {
      clearInterval(timer);
      await note();
    };
  }

  /** Notes how far it is, and tells of a jump of the system's clock. */
  async note({ storage, log }: Parts): Promise<void> {
    const { clock, now } = this.clocks;
    const [running, wall] = [this.read(), now()];
    const jump = wall - this.#wall - (running - Math.floor(this.#base));
    if (Math.abs(jump) > HOUR) warn(log, jump);
    [this.#base, this.#since, this.#wall] = [running, clock(), wall];
    await storage.keepTimeMark({ running, wall });
  }
}

function warn(log: Logger, jump: number): void {
  log.warn(
    "The clock of the system has jumped by {hours} hours; what waits does not expire by that",
    { hours: Math.round(jump / HOUR) },
  );
}

/**
 * What repeats in the log is one line in each interval: the first of its kind at once, then how
 * many more came. So whoever can make the server log something cannot fill its disk with it.
 */
import type { LogRecord } from "@logtape/logtape";

/** In milliseconds: a minute. */
export const REPEAT_INTERVAL = 60_000;
/** Kinds that are told apart. The server has some dozens. */
const MAX_KINDS = 256;

/** Records of one template and level, since the last line of them. */
interface Kind {
  count: number;
  last: LogRecord;
}

export class Repetitions {
  readonly #kinds = new Map<string, Kind>();

  /** Calls `write` with each record that is to become a line. */
  constructor(private readonly write: (record: LogRecord) => void) {}

  /** Writes `record`, or counts it if one of its kind was written in this interval. */
  add(record: LogRecord): void {
    const key = this.#keyOf(record);
    const kind = this.#kinds.get(key);
    if (kind) {
      kind.count++;
      kind.last = record;
    } else {
      this.#kinds.set(key, { count: 0, last: record });
      this.write(record);
    }
  }

  /** Ends an interval, and sums it up. What did not come in it is written at once the next time. */
  endInterval(): void {
    for (const [key, kind] of this.#kinds) {
      if (kind.count > 0) this.write(summary(kind));
      else this.#kinds.delete(key);
      kind.count = 0;
    }
  }

  #keyOf({ level, rawMessage }: LogRecord): string {
    const key = `${level} ${rawMessage}`;
    return this.#kinds.size < MAX_KINDS || this.#kinds.has(key) ? key : "";
  }
}

/** Returns the last record of `kind`, with the number of those that it stands for. */
function summary({ count, last }: Kind): LogRecord {
  if (count === 1) return last;
  return {
    ...last,
    message: [...last.message.slice(0, -1), `${last.message.at(-1)}; `, count, " times since"],
    properties: { ...last.properties, repeated: count },
  };
}

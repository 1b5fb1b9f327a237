import type { Bytes } from "../../../shared/bytes.ts";
import { MAX_RESET_MESSAGES } from "../../../shared/session/reset.ts";
import { SealedStore } from "../sealing/sealed_store.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";

/** What is known about getting out of step with a client. Times are milliseconds since 1970. */
export interface Repair {
  /** The time of the last reset that was accepted from it; 0 if there was none. */
  readonly accepted: number;
  /** When it was last asked; 0 if it never was. */
  readonly askedAt: number;
  /** How often it was asked since it last sent something that could be opened. */
  readonly count: number;
  /** The time of the last reset that it was sent; 0 if there was none. */
  readonly sent: number;
  /**
   * Up to when answers to its resets are used up: each takes a minute, and one that its prekeys did
   * not allow takes all.
   */
  readonly answeredUntil: number;
  /** The IDs of messages that could not be opened, and that it was not asked for yet. */
  readonly wanted: readonly number[];
}

interface Row extends Repair {
  readonly peer: Bytes;
}

/** IDs that are kept for one client. */
const MAX_WANTED = 10_000;
/** Between two questions, in milliseconds, if the first brought something. */
export const MIN_WAIT = 60 * 1000;
/** Answers to resets of one client that may follow each other without a wait. */
export const MAX_ANSWERS = 4;
export const MAX_WAIT = 24 * 60 * 60 * 1000;

const NOTHING = { accepted: 0, askedAt: 0, count: 0, sent: 0, answeredUntil: 0, wanted: [] };

export const REPAIRS: SealedTable<Row> = {
  name: "repairs",
  schema: `
    CREATE TABLE repairs (
      peer   BLOB PRIMARY KEY, -- tag
      sealed BLOB NOT NULL
    ) STRICT;
  `,
  key: "peer",
  tags: { peer: ["repairs", ({ peer }) => [peer]] },
};

/**
 * Getting back into step with other clients (`shared/PROTOCOL.md` section 10, Messages): which
 * messages each must send again, when it is asked for them, and which of its resets were accepted.
 */
export class Repairs extends SealedStore<Row> {
  protected readonly table = REPAIRS;

  /** Returns what is known about `peer`. */
  get(peer: Bytes): Repair {
    const { peer: _, ...repair } = this.#load(peer);
    return repair;
  }

  /** Notes messages that could not be opened. Of more than 10,000 the oldest are given up. */
  want(peer: Bytes, messageIds: readonly number[]): void {
    this.#change(peer, ({ wanted }) => {
      const all = [...new Set([...wanted, ...messageIds])];
      return all.length === wanted.length ? {} : { wanted: all.slice(-MAX_WANTED) };
    });
  }

  /**
   * Returns the IDs of the messages to ask `peer` for at `now`, at most 256; none if it is too
   * early. There is a minute between two questions, and twice as long after each that brought
   * nothing, up to a day.
   */
  due(peer: Bytes, now: number): number[] {
    const { askedAt, count, wanted } = this.#load(peer);
    const wait = Math.min(MIN_WAIT * 2 ** count, MAX_WAIT);
    // A clock that was set back must not stop the questions.
    return now < askedAt || now - askedAt >= wait ? wanted.slice(0, MAX_RESET_MESSAGES) : [];
  }

  /** Returns the time for a reset that `peer` is sent at `now`: later than that of all before. */
  nextTime(peer: Bytes, now: number): number {
    return Math.max(now, this.#load(peer).sent + 1);
  }

  /** Notes that `peer` was asked at `now`, by a reset of that `time`, for the messages `ids`. */
  asked(peer: Bytes, now: number, time: number, ids: readonly number[]): void {
    this.#change(peer, ({ count, wanted }) => {
      const named = new Set(ids);
      const others = wanted.filter((id) => !named.has(id));
      return { askedAt: now, sent: time, count: count + 1, wanted: others };
    });
  }

  /** Notes that `peer` sent something that could be opened. */
  healed(peer: Bytes): void {
    this.#change(peer, ({ count }) => count === 0 ? {} : { count: 0 });
  }

  /** Reports whether a reset of that `time` is newer than all that were accepted from `peer`. */
  isNew(peer: Bytes, time: number): boolean {
    return time > this.#load(peer).accepted;
  }

  /** Lets all who are to send something again be asked at once. */
  askAtOnce(): void {
    this.transaction(() => {
      for (const peer of this.peersWanting()) this.#change(peer, () => ({ askedAt: 0, count: 0 }));
    });
  }

  /** Reports whether `peer` has had all answers that it may have at `now`: four, one a minute. */
  answeredLately(peer: Bytes, now: number): boolean {
    const used = this.#load(peer).answeredUntil - now;
    // A clock that was set back must not stop the answers.
    return used > (MAX_ANSWERS - 1) * MIN_WAIT && used <= MAX_ANSWERS * MIN_WAIT;
  }

  /**
   * Notes that a reset could not be answered at `now`. It is not accepted, and no other one is for
   * a minute.
   */
  attempted(peer: Bytes, now: number): void {
    this.#change(peer, () => ({ answeredUntil: now + MAX_ANSWERS * MIN_WAIT }));
  }

  /** Notes that a reset of that `time` is answered at `now`. */
  accept(peer: Bytes, time: number, now: number): void {
    this.#change(peer, (row) => ({ accepted: time, answeredUntil: afterAnswer(row, now) }));
  }

  /** Returns the clients that must be asked for messages, now or in time. */
  peersWanting(): Bytes[] {
    return this.rows("ORDER BY rowid")
      .filter(({ wanted }) => wanted.length > 0)
      .map(({ peer }) => peer);
  }

  /** Keeps the values that `change` returns, if any. */
  #change(peer: Bytes, change: (row: Row) => Partial<Row>): void {
    this.transaction(() => {
      const row = this.#load(peer);
      const changed = change(row);
      if (Object.keys(changed).length > 0) this.putRow({}, { ...row, ...changed });
    });
  }

  #load(peer: Bytes): Row {
    return { ...NOTHING, peer, ...this.findRow(this.tag("peer", peer)) };
  }
}

/** Returns up to when answers are used up after one more. */
function afterAnswer({ answeredUntil }: Repair, now: number): number {
  const until = answeredUntil > now + MAX_ANSWERS * MIN_WAIT ? now : answeredUntil;
  return Math.max(until, now) + MIN_WAIT;
}

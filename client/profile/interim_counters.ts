/** The counters of the interim encryption: see `shared/session/interim.ts`. */
import type { Database, Statement } from "@db/sqlite";
import type { Bytes } from "../../shared/bytes.ts";

export class InterimCounters {
  readonly #next: Statement;
  readonly #received: Statement;
  readonly #setReceived: Statement;

  constructor(database: Database) {
    this.#next = database.prepare(
      "INSERT INTO interim_counters (contact, sent) VALUES (?1, ?2) " +
        "ON CONFLICT DO UPDATE SET sent = max(sent + 1, ?2) RETURNING sent",
    );
    this.#received = database.prepare("SELECT received FROM interim_counters WHERE contact = ?");
    this.#setReceived = database.prepare(
      "INSERT INTO interim_counters (contact, received) VALUES (?1, ?2) " +
        "ON CONFLICT DO UPDATE SET received = ?2",
    );
  }

  /**
   * A counter for the next message to this contact: larger than all before, also than those of a
   * profile that was restored from an older copy, as it is not less than `now`, milliseconds.
   */
  next(contact: Bytes, now: number): number {
    const counter = this.#next.value<[number]>(contact, now)?.[0];
    if (counter === undefined) throw new RangeError("no counter");
    return counter;
  }

  /** The counter of the last message that was accepted from this contact, or -1. */
  received(contact: Bytes): number {
    return this.#received.value<[number]>(contact)?.[0] ?? -1;
  }

  setReceived(contact: Bytes, counter: number): void {
    this.#setReceived.run(contact, counter);
  }
}

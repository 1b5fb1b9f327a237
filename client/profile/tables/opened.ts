import { type Bytes, utf8 } from "../../../shared/bytes.ts";
import type { MessageType } from "../../../shared/protocol/codes.ts";
import { SealedStore } from "../sealing/sealed_store.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";

/** Envelopes that are remembered. */
export const MAX_OPENED = 100_000;

export const OPENED: SealedTable = {
  name: "opened",
  schema: `
    -- Envelopes that were opened, so that a repeat is recognised.
    CREATE TABLE opened (
      number   INTEGER PRIMARY KEY, -- in the order in which they were opened
      envelope BLOB NOT NULL UNIQUE -- tag
    ) STRICT;
  `,
  key: "number",
  tags: {},
  isPlain: true,
};

/** The last 100,000 envelopes that were opened (`shared/PROTOCOL.md` section 10, Messages). */
export class OpenedEnvelopes extends SealedStore<never> {
  protected readonly table = OPENED;

  /** Returns the tag of all bytes of an envelope, for the other methods. */
  tagOf(from: Bytes, type: MessageType, envelope: Bytes): Bytes {
    return this.vault.lastingBlind(OPENED.name, from, utf8(`${type}`), envelope);
  }

  has(tag: Bytes): boolean {
    return this.hasRow("envelope = ?", tag);
  }

  /** Remembers an envelope. The oldest goes when there are too many, found by its number. */
  add(tag: Bytes): void {
    const sql = "INSERT INTO opened (envelope) VALUES (?) RETURNING number";
    const number = this.statement(sql).value<[number]>(tag)?.[0] ?? 0;
    if (number <= MAX_OPENED) return;
    this.run("DELETE FROM opened WHERE number <= ?", number - MAX_OPENED);
  }
}

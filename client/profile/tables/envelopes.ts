import type { Database } from "@db/sqlite";
import type { Bytes } from "../../../shared/bytes.ts";
import type { MessageHead } from "../../../shared/protocol/message.ts";
import { SealedStore } from "../sealing/sealed_store.ts";
import type { Part, SealedTable } from "../sealing/sealed_table.ts";
import { rowOf, type Vault } from "../sealing/vault.ts";

/** Bytes at the end of a content that are remembered. */
export const TAIL_SIZE = 16;

/** Messages that are recognised when a secure profile gets them again. */
export const MAX_KNOWN = 100_000;

/** A collected message; without `content` it is in the file {@link Envelopes.path}. */
export interface Envelope extends MessageHead {
  /** Its number here, in the order of arrival. */
  number: number;
  content: Bytes | null;
}

/** A message that is about to be kept. */
export interface NewEnvelope extends Envelope {
  /** The last {@link TAIL_SIZE} bytes of its content, or all of a shorter one. */
  tail: Bytes;
}

/** All that is known of a message, by which it is recognised. */
type Row = Omit<NewEnvelope, "number" | "content">;

export const ENVELOPES: SealedTable<Row> = {
  name: "envelopes",
  schema: `
    -- What was collected from the server, as it came. A row stays when its message is done, so that
    -- one that the server delivers again is known.
    CREATE TABLE envelopes (
      number  INTEGER PRIMARY KEY,  -- in the order of arrival
      message BLOB NOT NULL UNIQUE, -- tag of all that is known of it
      sender  BLOB NOT NULL,        -- tag
      filed   INTEGER NOT NULL,     -- 1: the content is in the folder incoming
      state   TEXT NOT NULL,        -- waiting, unreadable (no key fits yet), done
      sealed  BLOB NOT NULL,
      content BLOB                  -- sealed; NULL: in a file, or done
    ) STRICT;

    CREATE INDEX envelopes_by_state ON envelopes (state, number) WHERE state <> 'done';
  `,
  key: "number",
  tags: {
    message: ["envelopes.message", partsOf],
    sender: ["envelopes.sender", ({ from }) => [from]],
  },
  alsoSealed: ["content"],
};

/**
 * Messages as the server delivered them, kept from before they are acknowledged until they are
 * decrypted and shown. Large contents are files in a folder of their own.
 *
 * A message is recognised by everything about it, because a server that lost its memory would use
 * its number again. The last {@link TAIL_SIZE} bytes stand for the content: in every type they
 * depend on all that was encrypted.
 */
export class Envelopes extends SealedStore<Row> {
  protected readonly table = ENVELOPES;
  /** Where the files are. */
  readonly folder: string;
  /** The last number that was taken or kept; undefined before the table was asked. */
  #last: number | undefined;
  constructor(database: Database, vault: Vault, folder: string) {
    super(database, vault);
    this.folder = folder;
  }

  /** Returns a number to keep a message under, which nobody else gets. */
  takeNumber(): number {
    return this.#reach((this.#last ?? this.nextNumber() - 1) + 1);
  }

  /** Returns the last number, which is at least this one from now on. */
  #reach(number: number): number {
    return this.#last = Math.max(this.#last ?? this.nextNumber() - 1, number);
  }

  /** Reports whether this message was collected before, even if it is done. */
  known(message: Row): boolean {
    return this.hasRow("message = ?", this.tag("message", ...partsOf(message)));
  }

  /** Returns the path of a content that is too large for the database. */
  path(number: number): string {
    return `${this.folder}/${number}`;
  }

  /** Returns the names of the files that hold contents. */
  files(): Set<string> {
    const sql = "SELECT number FROM envelopes WHERE state <> 'done' AND filed = 1";
    return new Set(
      this.statement(sql).all<{ number: number }>().map(({ number }) => String(number)),
    );
  }

  /**
   * Keeps messages; one that is known stays as it was. A content that is null has been written to
   * {@link path} and fsynced. Returns how many were new.
   */
  put(envelopes: readonly NewEnvelope[]): number {
    return this.transaction(() => {
      return envelopes.filter((envelope) => {
        const { number, messageId, from, type, size, tail, content } = envelope;
        this.#reach(number);
        const message = this.tag("message", ...partsOf(envelope));
        const clear = { number, message, filed: content ? 0 : 1, state: "waiting" };
        const row = { messageId, from, type, size, tail };
        return this.addRow(clear, row, "ON CONFLICT DO NOTHING", { content });
      }).length;
    });
  }

  /** Returns the first message behind number `after` that waits to be opened. */
  nextWaiting(after: number): Envelope | undefined {
    const sql = "SELECT min(number) FROM envelopes WHERE state = 'waiting' AND number > ?";
    const number = this.statement(sql).value<[number | null]>(after)?.[0] ?? undefined;
    return number === undefined ? undefined : this.#read(number);
  }

  #read(number: number): Envelope | undefined {
    const cells = this.statement("SELECT sealed, content FROM envelopes WHERE number = ?")
      .get<{ sealed: Bytes; content: Bytes | null }>(number);
    if (!cells) return undefined;
    const { sealed, content } = cells;
    const context = rowOf(`${ENVELOPES.name}.content`, number);
    const { tail: _, ...head } = this.openRow(number, sealed);
    return { ...head, number, content: content && this.vault.open(context, content) };
  }

  /** Yields the senders, 16 bytes, of the first `count` messages from `number` on that wait. */
  *sendersFrom(number: number, count: number): Generator<Bytes> {
    const rows = this.statement(
      "SELECT number, sealed FROM envelopes " +
        "WHERE state = 'waiting' AND number >= ? ORDER BY number LIMIT ?",
    ).all<{ number: number; sealed: Bytes }>(number, count);
    for (const { number, sealed } of rows) yield this.openRow(number, sealed).from;
  }

  /** Notes that no known key fits; the message is tried again when another key comes. */
  markUnreadable(number: number): void {
    this.run("UPDATE envelopes SET state = 'unreadable' WHERE number = ?", number);
  }

  /** Marks the unreadable messages of this sender to be tried again; returns their number. */
  retryUnreadable(sender: Bytes): number {
    return this.run(
      "UPDATE envelopes SET state = 'waiting' WHERE state = 'unreadable' AND sender = ?",
      this.tag("sender", sender),
    );
  }

  /** Forgets messages that are done, except for the last 100,000. */
  forgetOld(): void {
    const sql = "DELETE FROM envelopes WHERE number <= ? AND state = 'done'";
    this.run(sql, this.nextNumber() - 1 - MAX_KNOWN);
  }

  /** Notes that the message was shown or saved; keeps only the end of its content. */
  markDone(number: number): void {
    const sql = "UPDATE envelopes SET state = 'done', content = NULL WHERE number = ?";
    this.run(sql, number);
  }
}

function partsOf({ messageId, from, type, size, tail }: Row): Part[] {
  return [`${messageId} ${type} ${size}`, from, tail];
}

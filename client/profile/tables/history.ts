import type { Bytes } from "../../../shared/bytes.ts";
import { SealedStore } from "../sealing/sealed_store.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";

/** What was written: a text, or a file. */
export type HistoryBody = { readonly text: string } | { readonly file: HistoryFile };

export type HistoryFile = {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Where it was read from or saved to; null if it is not saved yet. */
  readonly path: string | null;
  /** Between secure clients: its ID on the server, 16 bytes, and the key of its chunks, 32. */
  readonly blob?: Bytes;
  readonly key?: Bytes;
};

/** An entry as it is kept. Times are milliseconds since 1970. */
export interface HistoryEntry extends Fields {
  /** Its number here, in the order of the entries; never used again. */
  readonly number: number;
}

/** What came from a client. */
export type ReceivedEntry = Omit<Fields, "sent" | "state">;
/** What is about to be sent to one. */
export type SentEntry = Omit<Fields, "sent" | "state" | "messageId">;

type Fields = {
  /** The other client's ID. */
  readonly peer: Bytes;
  /** Whether it was written here. */
  readonly sent: boolean;
  /** When it was written, as its author says. */
  readonly at: number;
  /** When it came to be here. */
  readonly stored: number;
  /** 16 bytes; null between classic clients. */
  readonly contentId: Bytes | null;
  /** In the receiver's mailbox; null if it is not known. */
  readonly messageId: number | null;
  readonly state: "pending" | "sent" | "failed" | "received";
  readonly body: HistoryBody;
};

/** Values of the column `shown`. A file that is arriving is to be shown once it was saved. */
const DISPLAY = { due: 0, shown: 1, arriving: 2 };

const CONTENT_TAG = "history content";
/** Entries of a long history that are in memory at a time. */
const PAGE = 256;
const NEXT_PAGE = `AND number > ? ORDER BY number LIMIT ${PAGE}`;
const TAGGED_PAGE = "SELECT number, content IS NOT NULL AS tagged FROM history " +
  `WHERE peer = ? ORDER BY number LIMIT ${PAGE}`;
type Tagged = { readonly number: number; readonly tagged: number };
/** All that is sealed in the row of a forgotten entry: it belongs to nobody. */
const FORGOTTEN = { peer: new Uint8Array(0) } as Fields;

export const HISTORY: SealedTable<Pick<Fields, "peer" | "messageId">> = {
  name: "history",
  schema: `
    CREATE TABLE history (
      number  INTEGER PRIMARY KEY,
      peer    BLOB NOT NULL,    -- tag
      content BLOB UNIQUE,      -- tag of peer and content ID; NULL for classic
      message BLOB,             -- tag of peer and message ID, of what was sent
      shown   INTEGER NOT NULL,
      sealed  BLOB NOT NULL
    ) STRICT;

    CREATE INDEX history_by_peer ON history (peer, number);
    CREATE INDEX history_by_message ON history (message) WHERE message IS NOT NULL;
    CREATE INDEX history_unshown ON history (number) WHERE shown = 0;
  `,
  key: "number",
  // The content's tag is a lasting one.
  tags: {
    peer: ["history", ({ peer }) => [peer]],
    message: ["history message", ({ peer, messageId }) => [peer, messageId]],
  },
};

/**
 * The texts and files that were exchanged with each client, in the order in which they came here.
 * A file is noted without its content.
 *
 * When an entry from a secure client is forgotten, the tag of its content ID stays, so that a
 * repeat is not shown again.
 */
export class History extends SealedStore<Fields, HistoryEntry> {
  protected readonly table = HISTORY;

  /**
   * Keeps what came from a client, to be shown at once or, if it is a file that is `arriving`,
   * after {@link markSaved}; returns its number. Returns undefined, and keeps nothing, if something
   * with this content ID came from this client before.
   */
  addReceived(entry: ReceivedEntry, { arriving = false } = {}): number | undefined {
    const { peer, contentId } = entry;
    const tag = contentId && this.vault.lastingBlind(CONTENT_TAG, peer, contentId);
    const fields: Fields = { ...fieldsOf(entry), sent: false, state: "received" };
    return this.#add(fields, tag, arriving ? DISPLAY.arriving : DISPLAY.due);
  }

  /** Keeps what is about to be sent; returns its number. */
  addSent(entry: SentEntry): number {
    const fields = fieldsOf({ ...entry, messageId: null });
    const number = this.#add({ ...fields, sent: true, state: "pending" }, null, DISPLAY.shown);
    if (number === undefined) throw new RangeError("no number");
    return number;
  }

  /** Notes that the server has taken it as `messageId`. A forgotten entry stays forgotten. */
  markSent(number: number, messageId: number): void {
    this.#change(number, { state: "sent", messageId });
  }

  /** Notes that it will not be sent. A forgotten entry stays forgotten. */
  markFailed(number: number): void {
    this.#change(number, { state: "failed" });
  }

  /** Returns the first `limit` received entries that are to be shown. */
  unshown(limit: number): HistoryEntry[] {
    return this.rows("WHERE shown = 0 ORDER BY number LIMIT ?", limit);
  }

  /** Returns the entry with this number, unless it was forgotten. */
  entry(number: number): HistoryEntry | undefined {
    const fields = this.findRow(number);
    return fields && fields.peer.length > 0 ? { ...fields, number } : undefined;
  }

  /** Reports whether nothing was exchanged with `peer` before the entry with this number. */
  beginsWith(number: number, peer: Bytes): boolean {
    return !this.hasRow("peer = ? AND number < ?", this.tag("peer", peer), number);
  }

  markShown(number: number): void {
    this.run("UPDATE history SET shown = 1 WHERE number = ?", number);
  }

  /** Notes that a received file is at `path` now, and marks it as not shown. */
  markSaved(number: number, path: string): void {
    this.transaction(() => {
      const entry = this.entry(number);
      if (!entry || entry.sent || !("file" in entry.body)) return;
      const { number: _, ...fields } = entry;
      const saved = { ...fields, body: { file: { ...entry.body.file, path } } };
      const sql = "UPDATE history SET shown = 0, sealed = ? WHERE number = ?";
      this.run(sql, this.sealRow(number, saved), number);
      this.onChange({ kind: "entry", number });
    });
  }

  /** Returns the entry that the server took as `messageId` for `peer`; the last, if several. */
  sentAs(peer: Bytes, messageId: number): HistoryEntry | undefined {
    return this.rowsBy("message", [peer, messageId], "ORDER BY number DESC LIMIT 1")[0];
  }

  /**
   * Yields the entries of `peer` in their order; with `search` those whose text or file name holds
   * it, whatever the case.
   */
  *list(peer: Bytes, { search = "" }: { search?: string } = {}): Generator<HistoryEntry> {
    const wanted = folded(search);
    for (let after = 0;;) {
      const entries = this.rowsBy("peer", [peer], NEXT_PAGE, after);
      for (const entry of entries) {
        if (wanted === "" || folded(nameOrText(entry.body)).includes(wanted)) yield entry;
        after = entry.number;
      }
      if (entries.length < PAGE) return;
    }
  }

  /** Reports whether the server has taken something that was sent to `peer`. */
  wroteTo(peer: Bytes): boolean {
    return this.hasRow("peer = ? AND message IS NOT NULL", this.tag("peer", peer));
  }

  /** Forgets all entries of `peer`; returns how many there were. */
  forget(peer: Bytes): number {
    return this.transaction(() => {
      const tag = this.tag("peer", peer);
      const last = this.nextNumber() - 1;
      const page = this.statement(TAGGED_PAGE);
      let count = 0;
      for (let rows; (rows = page.all<Tagged>(tag)).length > 0;) {
        for (const { number, tagged } of rows) {
          // The last row stays as well, or its number would be used again.
          if (tagged === 1 || number === last) this.#blank(number);
          else this.run("DELETE FROM history WHERE number = ?", number);
        }
        count += rows.length;
      }
      this.onChange({ kind: "conversation", peer });
      return count;
    });
  }

  #add(fields: Fields, content: Bytes | null, shown: number): number | undefined {
    return this.transaction(() => {
      const number = this.nextNumber();
      // Only what was sent is found by its message, once it has that.
      const clear = { number, content, shown, message: null };
      const added = this.addRow(clear, fields, "ON CONFLICT (content) DO NOTHING");
      if (added) this.onChange({ kind: "entry", number });
      return added ? number : undefined;
    });
  }

  #change(number: number, changes: Partial<Fields>): void {
    this.transaction(() => {
      const before = this.findRow(number);
      if (!before?.sent) return;
      const fields = { ...before, ...changes };
      const tag = this.tag("message", fields.peer, fields.messageId);
      const sql = "UPDATE history SET message = ?, sealed = ? WHERE number = ?";
      this.run(sql, tag, this.sealRow(number, fields), number);
      this.onChange({ kind: "entry", number });
    });
  }

  #blank(number: number): void {
    this.run(
      "UPDATE history SET peer = ?, message = NULL, shown = 1, sealed = ? WHERE number = ?",
      this.tag("peer", FORGOTTEN.peer),
      this.sealRow(number, FORGOTTEN),
      number,
    );
  }
}

function nameOrText(body: HistoryBody): string {
  return "text" in body ? body.text : body.file.name;
}

/** Returns what is kept of an entry, without anything else that `entry` may have. */
function fieldsOf({ peer, at, stored, contentId, messageId, body }: ReceivedEntry): ReceivedEntry {
  return { peer, at, stored, contentId, messageId, body };
}

/**
 * Returns `text` as it is compared in a search. Lower case, then upper case: this makes ß and ẞ,
 * all sigmas, and, without the dot that İ keeps, all kinds of i look the same.
 */
function folded(text: string): string {
  const upper = text.normalize("NFKD").toLowerCase().toUpperCase();
  return upper.replaceAll("I\u0307", "I").normalize("NFC");
}

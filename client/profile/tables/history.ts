import { type Bytes, equalBytes, utf8 } from "../../../shared/bytes.ts";
import { SealedStore } from "../sealing/sealed_store.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";
import { movedRow, rowOf } from "../sealing/vault.ts";
import {
  type EntryFields,
  type HistoryEntry,
  type Marks,
  nameOrText,
  type ReceivedEntry,
  type SentEntry,
} from "./history_entry.ts";
import { type Searchable, SearchBlocks } from "./search_blocks.ts";

/** Values of the column `shown`. A file that is arriving is to be shown once it was saved. */
const DISPLAY = { due: 0, shown: 1, arriving: 2 };

/** What was read is not to be shown any more; what is still arriving will be, when it is there. */
const MARK_READ = `UPDATE history SET unread = 0, shown = max(shown, ${DISPLAY.shown})`;

/** More than there are. */
const ALL = Number.MAX_SAFE_INTEGER;
const CONTENT_TAG = "history content";
/** Entries of a long history that are in memory at a time. */
const PAGE = 256;
const NEXT_PAGE = `AND number > ? ORDER BY number LIMIT ${PAGE}`;
/** The last row of each tag; the index is walked from tag to tag, not through. */
const LAST_ROWS = `
  WITH RECURSIVE tags (tag) AS (
    SELECT min(peer) FROM history
    UNION ALL
    SELECT (SELECT min(peer) FROM history WHERE peer > tag) FROM tags WHERE tag IS NOT NULL
  )
  SELECT (SELECT max(number) FROM history WHERE peer = tag) FROM tags WHERE tag IS NOT NULL`;
const TAGGED_PAGE = "SELECT number, content IS NOT NULL AS tagged FROM history " +
  `WHERE peer = ? ORDER BY number LIMIT ${PAGE}`;
type Tagged = { readonly number: number; readonly tagged: number };
/** All that is sealed in the row of a forgotten entry: it belongs to nobody. */
const FORGOTTEN = { peer: new Uint8Array(0) } as EntryFields;
/** The tag of what was sent by a version that had none. */
const UNTAGGED = new Uint8Array(0);
/** How long what changes other messages is kept, so that it can be sent again: 30 days. */
const CONTROL_LIFETIME = 30 * 24 * 60 * 60 * 1000;

/** Values of the column `outcome`; without one, the state is the one that is sealed. */
const OUTCOME = { sent: 1, failed: 2 };

export const HISTORY: SealedTable<EntryFields> = {
  name: "history",
  schema: `
    CREATE TABLE history (
      number  INTEGER PRIMARY KEY,
      peer    BLOB NOT NULL,    -- tag
      content BLOB UNIQUE,      -- tag of peer and content ID; NULL for classic
      message BLOB,             -- tag of peer and message ID, where that is sealed
      shown   INTEGER NOT NULL,
      sealed  BLOB NOT NULL,
      own     BLOB,             -- tag of peer and content ID, of what was sent
      expires INTEGER,          -- when it disappears; NULL: never, or not known yet
      unread  INTEGER NOT NULL DEFAULT 0,
      outcome INTEGER,          -- of what was sent: 1 sent, 2 failed; NULL: the state is sealed
      sent_as INTEGER,          -- its number with the receiver; -1: that is sealed
      sent_at INTEGER,          -- when the server took it
      lasts   INTEGER           -- of what was sent: for so many seconds, 0 for ever; NULL: sealed
    ) STRICT;

    CREATE INDEX history_by_peer ON history (peer, number);
    CREATE INDEX history_by_message ON history (message) WHERE message IS NOT NULL;
    CREATE INDEX history_unshown ON history (number) WHERE shown = 0;
    CREATE INDEX history_by_own ON history (own) WHERE own IS NOT NULL;
    CREATE INDEX history_expiring ON history (expires) WHERE expires IS NOT NULL;
    CREATE INDEX history_unread ON history (peer, number) WHERE unread = 1;
    CREATE INDEX history_by_sent ON history (peer, sent_as) WHERE sent_as IS NOT NULL;
  `,
  key: "number",
  // The content's tag is a lasting one.
  tags: {
    // Entries that only change other messages have a tag of their own: no list shows them.
    peer: ["history", ({ peer, body }) => body && "control" in body ? controls(peer) : [peer]],
    message: ["history message", ({ peer, messageId }) => [peer, messageId]],
    own: ["history own", ({ peer, contentId, sent }) => [peer, sent ? contentId : null]],
  },
  // What changes after each message that is sent: so nothing has to be sealed anew for it.
  beside: {
    columns: ["outcome", "sent_as", "sent_at"],
    read({ outcome, sent_as, sent_at }) {
      if (outcome === null) return undefined;
      return {
        state: outcome === OUTCOME.sent ? "sent" : "failed",
        ...typeof sent_as === "number" && sent_as >= 0 && { messageId: sent_as },
        ...typeof sent_at === "number" && { sentAt: sent_at },
      };
    },
  },
};

/**
 * The texts and files that were exchanged with each client, in the order in which they came here.
 * A file is noted without its content.
 *
 * When an entry from a secure client is forgotten, the tag of its content ID stays, so that a
 * repeat is not shown again.
 */
export class History extends SealedStore<EntryFields, HistoryEntry> {
  protected readonly table = HISTORY;
  readonly #blocks = new SearchBlocks(this.database, this.vault);

  /**
   * Keeps what came from a client, to be shown at once or, if it is a file that is `arriving`,
   * after {@link markSaved}; returns its number. Returns undefined, and keeps nothing, if something
   * with this content ID came from this client before.
   */
  addReceived(entry: ReceivedEntry, { arriving = false } = {}): number | undefined {
    const { peer, contentId } = entry;
    const tag = contentId && this.vault.lastingBlind(CONTENT_TAG, peer, contentId);
    const fields: EntryFields = { ...fieldsOf(entry), sent: false, state: "received" };
    return this.#add(fields, tag, arriving ? DISPLAY.arriving : DISPLAY.due);
  }

  /** Keeps what is about to be sent; returns its number. */
  addSent(entry: SentEntry): number {
    return this.#addOwn({ ...fieldsOf({ ...entry, messageId: null }), state: "pending" });
  }

  /** Keeps what the owner has written to no other client; returns its number. */
  addNote(entry: SentEntry): number {
    return this.#addOwn({ ...fieldsOf({ ...entry, messageId: null }), state: "sent" });
  }

  /** Notes that the server has taken it as `messageId`. A forgotten entry stays forgotten. */
  markSent(number: number, messageId: number, sentAt: number | null = null): void {
    this.transaction(() => {
      const sql = `UPDATE history SET outcome = ${OUTCOME.sent}, sent_as = ?, message = NULL, ` +
        "sent_at = ifnull(?, sent_at)";
      const lasts = this.#settle(number, sql, messageId, sentAt);
      if (sentAt !== null && lasts !== 0) this.startTimer(number, sentAt);
    });
  }

  /** Notes that it will not be sent. A forgotten entry stays forgotten. */
  markFailed(number: number): void {
    this.#settle(number, `UPDATE history SET outcome = ${OUTCOME.failed}`);
  }

  /** Notes what became of what was sent; returns the column `lasts`, mostly without opening it. */
  #settle(number: number, update: string, ...values: (number | null)[]): number | null {
    const sql = `${update} WHERE number = ? AND lasts IS NOT NULL RETURNING lasts`;
    const lasts = this.statement(sql).value<[number]>(...values, number)?.[0];
    const fields = lasts === undefined ? this.findRow(number) : undefined;
    if (fields?.sent) this.run(`${update} WHERE number = ?`, ...values, number);
    if (fields?.sent ? isSeen(fields) : lasts !== undefined) {
      this.onChange({ kind: "entry", number });
    }
    return lasts ?? null;
  }

  /** Returns the first `limit` received entries behind number `after` that are to be shown. */
  unshown(limit: number, after = 0): HistoryEntry[] {
    return this.rows("WHERE shown = 0 AND number > ? ORDER BY number LIMIT ?", after, limit);
  }

  /** Reports whether the entry with this number is to be shown. */
  isUnshown(number: number): boolean {
    return this.hasRow("number = ? AND shown = 0", number);
  }

  /** Notes that a file that was to be shown as announced is shown after {@link markSaved}. */
  markArriving(number: number): void {
    this.run(`UPDATE history SET shown = ${DISPLAY.arriving} WHERE number = ?`, number);
  }

  /** Returns the entry with this number, unless it was forgotten. */
  entry(number: number): HistoryEntry | undefined {
    const fields = this.findRow(number);
    return fields && isSeen(fields) ? { ...fields, number } : undefined;
  }

  /** Reports whether this is no message, but an edit, a deletion or a reaction. */
  isChange(number: number): boolean {
    if (this.hasRow("number = ? AND lasts IS NOT NULL", number)) return false;
    const fields = this.findRow(number);
    return fields !== undefined && "control" in fields.body;
  }

  /** Returns what came from `peer` with this content ID, unless it was forgotten. */
  receivedAs(peer: Bytes, contentId: Bytes): HistoryEntry | undefined {
    const tag = this.vault.lastingBlind(CONTENT_TAG, peer, contentId);
    const [entry] = this.rows("WHERE content = ?", tag);
    return entry && isSeen(entry) ? entry : undefined;
  }

  /** Returns what was sent to `peer` with this content ID, unless it was forgotten. */
  sentWith(peer: Bytes, contentId: Bytes): HistoryEntry | undefined {
    const find = () => this.rowsBy("own", [peer, contentId], "LIMIT 1")[0];
    let entry = find();
    if (!entry && this.#tagOlder(peer)) entry = find();
    return entry && isSeen(entry) ? entry : undefined;
  }

  /** Notes what became of a message, or has another text in it. A forgotten one stays so. */
  mark(number: number, changes: Marks & Partial<Pick<EntryFields, "body">>): void {
    this.transaction(() => {
      const before = this.findRow(number);
      if (!before || !isSeen(before)) return;
      if (changes.body) this.#blocks.drop(number);
      const sealed = this.sealRow(number, { ...before, ...changes });
      this.run("UPDATE history SET sealed = ? WHERE number = ?", sealed, number);
      this.onChange({ kind: "entry", number });
    });
  }

  /** Leaves nothing of a message but that it was there, and has been deleted at that time. */
  erase(number: number, deletedAt: number): void {
    this.transaction(() => {
      const before = this.entry(number);
      if (!before) return;
      const { peer, sent, at, stored, contentId, messageId, state } = before;
      const head = { peer, sent, at, stored, contentId, messageId, state };
      const sealed = this.sealRow(number, { ...head, body: { text: "" }, deletedAt });
      this.#blocks.drop(number);
      const sql = "UPDATE history SET shown = 1, unread = 0, sealed = ? WHERE number = ?";
      this.run(sql, sealed, number);
      this.onChange({ kind: "entry", number });
    });
  }

  /** From now on the time runs after which the message disappears, if it has one. */
  startTimer(number: number, now: number): void {
    const { timer } = this.findRow(number) ?? {};
    if (timer === undefined) return;
    const sql = "UPDATE history SET expires = ? WHERE number = ? AND expires IS NULL";
    this.run(sql, now + timer * 1000, number);
  }

  /** Returns the numbers of the first `limit` entries whose time is over. */
  expired(now: number, limit: number): number[] {
    const sql = "SELECT number FROM history WHERE expires <= ? ORDER BY expires LIMIT ?";
    return this.statement(sql).all<{ number: number }>(now, limit).map(({ number }) => number);
  }

  /** Returns when the next entry disappears; undefined if none will. */
  nextExpiry(): number | undefined {
    const sql = "SELECT min(expires) FROM history WHERE expires IS NOT NULL";
    return this.statement(sql).value<[number | null]>()?.[0] ?? undefined;
  }

  /** Forgets one entry. */
  remove(number: number): void {
    this.transaction(() => {
      const sql = "SELECT number, content IS NOT NULL AS tagged FROM history WHERE number = ?";
      const row = this.statement(sql).get<Tagged>(number);
      if (!row) return;
      this.#forget(row, this.nextNumber() - 1);
      this.onChange({ kind: "entry", number });
    });
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
    const end = "WHERE peer IN (?, ?) AND sent_as = ? ORDER BY number DESC LIMIT 1";
    const [entry] = this.rows(end, this.tag("peer", peer), this.#controlTag(peer), messageId);
    if (entry && !equalBytes(entry.peer, peer)) throw movedRow(rowOf(HISTORY.name, entry.number));
    return entry ??
      this.rowsBy("message", [peer, messageId], "ORDER BY number DESC LIMIT 1")[0];
  }

  /** Yields the entries of `peer` in their order. */
  *list(peer: Bytes): Generator<HistoryEntry> {
    for (let after = 0;;) {
      const entries = this.rowsBy("peer", [peer], NEXT_PAGE, after);
      yield* entries;
      if (entries.length < PAGE) return;
      after = entries[entries.length - 1].number;
    }
  }

  /** Returns the last `limit` entries of `peer` before the one with a number, in their order. */
  page(peer: Bytes, limit: number, before = ALL): HistoryEntry[] {
    const end = "AND number < ? ORDER BY number DESC LIMIT ?";
    return this.rowsBy("peer", [peer], end, before, limit).reverse();
  }

  /** Returns the last entry of each client, the newest first. */
  lastEntries(): HistoryEntry[] {
    return this.rows(`WHERE number IN (${LAST_ROWS}) ORDER BY number DESC`).filter(isSeen);
  }

  /**
   * Yields the numbers of the entries, of `peer` or of all, whose text or file name holds all
   * `words`, whatever the case, the newest first. Nothing may change before the end.
   */
  *search(words: readonly string[], peer?: Bytes): Generator<number> {
    const tag = peer && this.tag("peer", peer);
    for (const number of this.#blocks.find(words, this.#readTexts)) {
      if (!tag || this.hasRow("number = ? AND peer = ?", number, tag)) yield number;
    }
  }

  /**
   * Does a part of what a first search has to do, some tens of milliseconds; reports whether there
   * may be more. Without it the search does all at once.
   */
  prepareSearch(): boolean {
    return this.#blocks.packSome(this.#readTexts);
  }

  readonly #readTexts = (after: number, before: number, limit: number): Searchable[] => {
    const end = "WHERE number > ? AND number < ? ORDER BY number LIMIT ?";
    return this.rows(end, after, before, limit).map((entry) => {
      return { number: entry.number, text: isSeen(entry) ? nameOrText(entry.body) : "" };
    });
  };

  /** Returns how many entries of `peer` are unread, and the number of the first. */
  unread(peer: Bytes): { count: number; first: number | null } {
    const sql = "SELECT count(*) AS count, min(number) AS first FROM history " +
      "WHERE peer = ? AND unread = 1";
    return this.statement(sql).get<{ count: number; first: number | null }>(
      this.tag("peer", peer),
    )!;
  }

  /** Returns how many entries are unread. */
  unreadInAll(): number {
    const sql = "SELECT count(*) FROM history WHERE unread = 1";
    return this.statement(sql).value<[number]>()![0];
  }

  /** The number of the newest entry; 0 if there was none yet. */
  get newest(): number {
    return this.nextNumber() - 1;
  }

  /**
   * Notes that the first `limit` unread entries of `peer` up to `last` are read and shown; returns
   * their numbers.
   */
  markRead(peer: Bytes, last = ALL, limit = ALL): number[] {
    const sql = `${MARK_READ} WHERE number IN (SELECT number FROM history ` +
      "WHERE peer = ? AND unread = 1 AND number <= ? ORDER BY number LIMIT ?) RETURNING number";
    const rows = this.statement(sql).all<{ number: number }>(this.tag("peer", peer), last, limit);
    if (rows.length > 0) this.onChange({ kind: "conversation", peer });
    return rows.map(({ number }) => number).sort((a, b) => a - b);
  }

  /** Notes that these entries are read and shown; returns the numbers of those that were not. */
  markSeen(numbers: readonly number[]): number[] {
    return this.transaction(() =>
      numbers.filter((number) => {
        const sql = `${MARK_READ} WHERE number = ? AND unread = 1`;
        if (this.run(sql, number) === 0) return false;
        const peer = this.findRow(number)?.peer;
        if (peer) this.onChange({ kind: "conversation", peer });
        return true;
      })
    );
  }

  /**
   * Notes when a person read these received entries, in one transaction, and starts their timers.
   * Returns those that were not noted before. Only those with a timer are told of one by one: the
   * event of the conversation, whose count has changed, stands for all.
   */
  noteRead(numbers: readonly number[], readAt: number): HistoryEntry[] {
    return this.transaction(() => {
      const end = "WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number";
      const read = this.rows(end, JSON.stringify(numbers))
        .filter((entry) => isSeen(entry) && !entry.sent && entry.readAt === undefined);
      for (const { number, ...fields } of read) {
        const { timer } = fields;
        const expires = timer === undefined ? null : readAt + timer * 1000;
        const sealed = this.sealRow(number, { ...fields, readAt });
        const sql = "UPDATE history SET sealed = ?, expires = ifnull(expires, ?) WHERE number = ?";
        this.run(sql, sealed, expires, number);
        if (timer !== undefined) this.onChange({ kind: "entry", number });
      }
      return read;
    });
  }

  /** Reports whether the server has taken something that was sent to `peer`. */
  wroteTo(peer: Bytes): boolean {
    return this.hasRow("peer = ? AND sent_as IS NOT NULL", this.tag("peer", peer));
  }

  /** Forgets all entries of `peer`; returns how many there were. */
  forget(peer: Bytes): number {
    return this.transaction(() => {
      this.#forgetTagged(this.#controlTag(peer));
      const count = this.#forgetTagged(this.tag("peer", peer));
      this.onChange({ kind: "conversation", peer });
      return count;
    });
  }

  /** Returns the tag of what changes other messages of `peer`. */
  #controlTag(peer: Bytes): Bytes {
    return this.vault.blind("history", ...controls(peer));
  }

  #forgetTagged(tag: Bytes | null): number {
    const last = this.nextNumber() - 1;
    const page = this.statement(TAGGED_PAGE);
    let count = 0;
    for (let rows; (rows = page.all<Tagged>(tag)).length > 0;) {
      for (const row of rows) this.#forget(row, last);
      count += rows.length;
    }
    return count;
  }

  #forget({ number, tagged }: Tagged, last: number): void {
    this.#blocks.drop(number);
    // The last row stays as well, or its number would be used again.
    if (tagged === 1 || number === last) this.#blank(number);
    else this.run("DELETE FROM history WHERE number = ?", number);
  }

  #addOwn(fields: Omit<EntryFields, "sent">): number {
    const number = this.#add({ ...fields, sent: true }, null, DISPLAY.shown);
    if (number === undefined) throw new RangeError("no number");
    return number;
  }

  #add(fields: EntryFields, content: Bytes | null, shown: number): number | undefined {
    return this.transaction(() => {
      const number = this.nextNumber();
      // Only what was sent is found by its message, once it has that.
      const isChange = "control" in fields.body;
      const expires = isChange ? fields.stored + CONTROL_LIFETIME : null;
      const lasts = fields.sent && !isChange ? fields.timer ?? 0 : null;
      const unread = fields.sent || !isNews(fields) ? 0 : 1;
      const clear = { number, content, shown, message: null, expires, unread, lasts };
      const added = this.addRow(clear, fields, "ON CONFLICT (content) DO NOTHING");
      if (added && isSeen(fields)) this.onChange({ kind: "entry", number });
      if (added && unread === 1) this.onChange({ kind: "conversation", peer: fields.peer });
      return added ? number : undefined;
    });
  }

  /** Adds the tags to what an earlier version sent to `peer`. Reports whether any were missing. */
  #tagOlder(peer: Bytes): boolean {
    return this.transaction(() => {
      const end = `WHERE peer = ? AND own = ? LIMIT ${PAGE}`;
      let count = 0;
      for (let rows; (rows = this.rows(end, this.tag("peer", peer), UNTAGGED)).length > 0;) {
        for (const { number, sent, contentId } of rows) {
          const tag = this.tag("own", peer, sent ? contentId : null);
          this.run("UPDATE history SET own = ? WHERE number = ?", tag, number);
        }
        count += rows.length;
      }
      return count > 0;
    });
  }

  #blank(number: number): void {
    this.run(
      "UPDATE history SET peer = ?, message = NULL, own = NULL, expires = NULL, shown = 1, " +
        "unread = 0, outcome = NULL, sent_as = NULL, sent_at = NULL, lasts = NULL, sealed = ? " +
        "WHERE number = ?",
      this.tag("peer", FORGOTTEN.peer),
      this.sealRow(number, FORGOTTEN),
      number,
    );
  }
}

/** The parts of the tag of what changes other messages of `peer`. */
function controls(peer: Bytes): [Bytes, Bytes] {
  return [peer, utf8("control")];
}

/** Reports whether it is neither forgotten nor there for other messages alone. */
function isSeen({ peer, body }: EntryFields): boolean {
  return peer.length > 0 && !("control" in body);
}

/** Reports whether somebody may want to read it. */
function isNews({ body }: EntryFields): boolean {
  return !("control" in body || "timer" in body);
}

/** Returns what is kept of a new entry, without anything else that `entry` may have. */
function fieldsOf(entry: ReceivedEntry): ReceivedEntry {
  const { peer, at, stored, contentId, messageId, body, reply, timer } = entry;
  return {
    ...{ peer, at, stored, contentId, messageId, body },
    ...reply && { reply },
    ...timer && { timer },
  };
}

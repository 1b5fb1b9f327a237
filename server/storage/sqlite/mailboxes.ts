/** The table of messages: what of a mailbox is read and deleted. */
import type { Bytes } from "../../../shared/bytes.ts";
import type { MessageType } from "../../../shared/protocol/codes.ts";
import { MESSAGE_HEAD_SIZE } from "../../../shared/protocol/message.ts";
import type { Expired, FullMessage, Room, StoredMessage } from "../messages.ts";
import type { StorageOptions } from "../storage_options.ts";
import { type SqliteFile, Table } from "./database.ts";
import type { SqliteOccupancy } from "./occupancy.ts";
import type { SqliteTally, Tallied } from "./tally.ts";
import { Watches } from "./watches.ts";

export const MESSAGES_SCHEMA = `
  CREATE TABLE messages (
    mailbox INTEGER NOT NULL REFERENCES clients (number),
    id      INTEGER NOT NULL,
    sender  BLOB NOT NULL,
    type    INTEGER NOT NULL,
    size    INTEGER NOT NULL,
    content BLOB, -- either this
    blob    TEXT, -- or the name of a file
    PRIMARY KEY (mailbox, id)
  ) STRICT;

  CREATE INDEX messages_by_blob ON messages (blob) WHERE blob IS NOT NULL;
`;

interface MessageRow {
  id: number;
  sender: Bytes;
  type: MessageType;
  size: number;
  blob: string | null;
}

/** What a message takes of a page, in bytes. */
interface NeededRow {
  id: number;
  needed: number;
}

/** What was deleted. */
interface RemovedRow extends Tallied {
  blob: string | null;
}

/** Messages that are looked at in one step. */
export const STEP = 1024;
/** Messages that are deleted in one step, between which others have their turns. */
const REMOVED = 64;

export class SqliteMailboxes extends Table<keyof typeof STATEMENTS> {
  readonly watches = new Watches<[FullMessage]>();

  constructor(
    file: SqliteFile,
    private readonly tally: SqliteTally,
    private readonly occupancy: SqliteOccupancy,
  ) {
    super(file, STATEMENTS);
  }

  async heads(mailbox: Bytes, after: number, room: Room): Promise<StoredMessage[]> {
    const heads: StoredMessage[] = [];
    let left = room.size;
    const most = Math.min(STEP, room.count + 1);
    const step = () =>
      this.scan(mailbox, after, most, (message) => {
        left -= MESSAGE_HEAD_SIZE + message.size;
        if (left < 0 || heads.length >= room.count) return false;
        after = message.messageId;
        heads.push(message);
        return true;
      });
    await this.file.readInSteps(step);
    return heads;
  }

  page(mailbox: Bytes, after: number, room: Room): Promise<FullMessage[]> {
    return this.file.read(() => {
      const { number } = this.occupancy.mailboxOf(mailbox);
      const count = Math.min(room.count, STEP);
      // The size of each comes first, so that no content is read that does not fit.
      const needed = this.statements.needed.all<NeededRow & object>(number, after, count);
      const end = endOfPage(needed, room.size);
      if (end === undefined) return [];
      const rows = this.statements.page.all<MessageRow & { content: Bytes }>(number, after, end);
      return rows.map(({ id, sender: from, type, size, blob, content: inline }) =>
        blob === null
          ? { from, messageId: id, type, size, inline }
          : { from, messageId: id, type, size, blob }
      );
    });
  }

  /**
   * Calls `visit` for each of the first `most` messages after `after`, until it returns false.
   * Returns whether there may be more for it. To be called inside a read.
   */
  scan(
    mailbox: Bytes,
    after: number,
    most: number,
    visit: (message: StoredMessage) => boolean,
  ): boolean {
    const { number } = this.occupancy.mailboxOf(mailbox);
    const rows = this.statements.heads.all<MessageRow>(number, after, most);
    const goesOn = rows.every(({ id, sender, type, size, blob }) =>
      visit({ from: sender, messageId: id, type, size, blob: blob ?? undefined })
    );
    return goesOn && rows.length === most;
  }

  watch(mailbox: Bytes, notify: (message: FullMessage) => void): Promise<() => Promise<void>> {
    return this.file.read(() => this.watches.add(mailbox, notify));
  }

  async acknowledge(mailbox: Bytes, messageIds: readonly number[]): Promise<string[]> {
    const steps: Promise<string[]>[] = [];
    for (let at = 0; at < Math.max(1, messageIds.length); at += REMOVED) {
      const ids = messageIds.slice(at, at + REMOVED);
      steps.push(this.file.write(() => this.#remove(mailbox, ids), mailbox));
    }
    return (await Promise.all(steps)).flat();
  }

  /** See {@link Storage.expireMessages}. */
  expire({ limits, now }: StorageOptions): Promise<Expired> {
    const before = now() - limits.expiry;
    return this.file.write(() => {
      const rows = this.statements.expire.all<RemovedRow & object>(REMOVED, before);
      return { count: rows.length, blobs: this.#tally(rows) };
    });
  }

  /** Deletes messages; returns the names of their blobs. */
  #remove(mailbox: Bytes, messageIds: readonly number[]): string[] {
    const { number } = this.occupancy.mailboxOf(mailbox);
    const rows = runsOf(messageIds).flatMap(([first, last]) =>
      this.statements.remove.all<RemovedRow & object>(number, first, last)
    );
    return this.#tally(rows);
  }

  /** Deletes the first messages of a mailbox that has this number, inside a write. */
  removeFirst(mailbox: number, count: number): Expired {
    const rows = this.statements.removeFirst.all<RemovedRow & object>(mailbox, count);
    return { count: rows.length, blobs: this.#tally(rows) };
  }

  /** Counts what was deleted. Returns the names of the blobs. */
  #tally(rows: readonly RemovedRow[]): string[] {
    for (const row of rows) this.tally.removeMessage(row);
    return rows.flatMap(({ blob }) => blob ?? []);
  }

  neededBlobs(names: readonly string[]): Promise<Set<string>> {
    return this.file.read(() =>
      new Set(names.filter((name) => this.statements.byBlob.get(name) !== undefined))
    );
  }
}

/** Returns the first and the last of each run of `ids` that follow each other. */
function runsOf(ids: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const id of ids) {
    const run = runs.at(-1);
    if (run && id === run[1] + 1) run[1] = id;
    else runs.push([id, id]);
  }
  return runs;
}

/** Returns the ID of the last of `rows` that fit into `size` bytes; the first one always does. */
function endOfPage(rows: readonly NeededRow[], size: number): number | undefined {
  let end = rows.at(0)?.id;
  let left = size;
  for (const { id, needed } of rows) {
    left -= needed;
    if (left < 0) break;
    end = id;
  }
  return end;
}

const REMOVED_COLUMNS = "RETURNING mailbox, coalesce(payer, sender) AS payer, size, counted, blob";

const STATEMENTS = {
  heads: "SELECT id, sender, type, size, blob FROM messages " +
    "WHERE mailbox = ? AND id > ? ORDER BY id LIMIT ?",
  needed: `SELECT id, ${MESSAGE_HEAD_SIZE} + iif(blob IS NULL, size, 0) AS needed ` +
    "FROM messages WHERE mailbox = ? AND id > ? ORDER BY id LIMIT ?",
  page: "SELECT id, sender, type, size, blob, content FROM messages " +
    "WHERE mailbox = ? AND id > ? AND id <= ? ORDER BY id",
  remove: `DELETE FROM messages WHERE mailbox = ? AND id BETWEEN ? AND ? ${REMOVED_COLUMNS}`,
  removeFirst: "DELETE FROM messages WHERE mailbox = ?1 AND id IN " +
    `(SELECT id FROM messages WHERE mailbox = ?1 ORDER BY id LIMIT ?2) ${REMOVED_COLUMNS}`,
  // Rows are numbered as they come, so the oldest are the first.
  expire: "DELETE FROM messages WHERE rowid IN (SELECT rowid FROM messages ORDER BY rowid " +
    `LIMIT ?) AND deposited_at < ? ${REMOVED_COLUMNS}`,
  byBlob: "SELECT 1 FROM messages WHERE blob = ?",
};

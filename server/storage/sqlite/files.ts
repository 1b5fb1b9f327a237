/** The tables of files in chunks, of their receivers, and of what each sender's files take. */
import { type Bytes, equalBytes } from "../../../shared/bytes.ts";
import { StorageError } from "../../../shared/errors.ts";
import { FILE_CHUNK_SIZE } from "../../../shared/limits.ts";
import {
  type FileRecord,
  type FileRecords,
  UPLOAD_WINDOW,
  UPLOADS_AHEAD,
} from "../file_records.ts";
import { known } from "../storage.ts";
import {
  FILE_OVERHEAD,
  MAX_FILE_RECEIVERS,
  RECEIVER_OVERHEAD,
  type StorageOptions,
} from "../storage_options.ts";
import { type SqliteFile, Table } from "./database.ts";
import type { SqliteQuotas } from "./quotas.ts";

export const FILES_SCHEMA = `
  -- The bytes of the files lie in the folder chunks/.
  CREATE TABLE files (
    number     INTEGER PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE,       -- chosen by the owner
    owner      BLOB NOT NULL,
    size       INTEGER NOT NULL,
    complete   INTEGER NOT NULL DEFAULT 0, -- 1 when all of it is on the disk
    changed_at INTEGER NOT NULL            -- last progress, then last shared; ms since 1970
  ) STRICT;

  CREATE INDEX files_by_age ON files (complete, changed_at);

  -- Who may fetch a file, until it is released.
  CREATE TABLE file_receivers (
    file     INTEGER NOT NULL REFERENCES files (number),
    receiver BLOB NOT NULL,
    PRIMARY KEY (file, receiver)
  ) STRICT, WITHOUT ROWID;

  -- What the files of each client take; with an empty ID, those of all. Later: table usage.
  CREATE TABLE file_usage (
    client BLOB PRIMARY KEY NOT NULL,
    files  INTEGER NOT NULL,
    bytes  INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/** For finding the files of a client that leaves. */
export const FILES_OF_SCHEMA = `
  CREATE INDEX files_by_owner ON files (owner);
  CREATE INDEX file_receivers_by_receiver ON file_receivers (receiver);
`;

interface FileRow {
  number: number;
  id: Bytes;
  owner: Bytes;
  size: number;
  charged: number;
  complete: number;
}

/** Files that are deleted in one transaction, or listed in one step. */
const PAGE = 128;

export class SqliteFiles extends Table<keyof typeof STATEMENTS> implements FileRecords {
  readonly #options: StorageOptions;

  constructor(file: SqliteFile, options: StorageOptions, private readonly quotas: SqliteQuotas) {
    super(file, STATEMENTS);
    this.#options = options;
  }

  open(id: Bytes, owner: Bytes, size: number): Promise<{ file: FileRecord; created: boolean }> {
    return this.file.write(() => {
      const row = this.statements.find.get<FileRow>(id);
      if (row) {
        if (!equalBytes(row.owner, owner)) {
          throw new StorageError("file-taken", "the file is another client's");
        }
        if (row.size !== size) throw new StorageError("file-differs", "the file has another size");
        if (row.complete === 0) this.statements.touch.run(this.#options.now(), id);
        return { file: recordOf(row), created: false };
      }
      this.quotas.checkFiles(owner);
      this.quotas.checkSize(owner, size + FILE_OVERHEAD);
      const ahead = this.quotas.uploads(owner) < UPLOADS_AHEAD ? FILE_CHUNK_SIZE : 0;
      const charged = Math.min(size, ahead);
      this.statements.add.run(id, owner, size, charged, this.#options.now());
      return { file: { id, owner, size, charged, complete: false }, created: true };
    }, owner);
  }

  find(id: Bytes): Promise<FileRecord | undefined> {
    return this.file.read(() => recordOf(this.statements.find.get<FileRow>(id)));
  }

  findFor(id: Bytes, receiver: Bytes): Promise<FileRecord | undefined> {
    return this.file.read(() => recordOf(this.statements.findFor.get<FileRow>(id, receiver)));
  }

  receivers(id: Bytes): Promise<number> {
    return this.file.read(() => this.statements.receivers.value<[number]>(id)?.[0] ?? 0);
  }

  charge(id: Bytes, arrived: number): Promise<void> {
    return this.file.write(() => {
      const row = this.statements.find.get<FileRow>(id);
      if (!row || arrived <= row.charged) return;
      const chunks = this.quotas.uploads(row.owner) <= UPLOADS_AHEAD ? UPLOAD_WINDOW - 1 : 0;
      const ahead = Math.min(row.size, arrived + chunks * FILE_CHUNK_SIZE);
      const charged = this.#fits(row, ahead) ? ahead : arrived;
      this.quotas.checkSize(row.owner, charged - row.charged);
      this.statements.charge.run(charged, row.number);
      this.statements.touch.run(this.#options.now(), id);
    }, id);
  }

  async settle(id: Bytes, most: number): Promise<void> {
    await this.file.write(() => this.statements.settle.run(most, id), id);
  }

  /** Reports whether `charged` bytes of an upload may count. */
  #fits(row: FileRow, charged: number): boolean {
    try {
      this.quotas.checkSize(row.owner, charged - row.charged);
      return true;
    } catch {
      return false;
    }
  }

  share(id: Bytes, receivers: readonly Bytes[]): Promise<void> {
    return this.file.write(() => {
      const row = this.statements.find.get<FileRow>(id);
      if (!row) throw new StorageError("unknown-file", "no file has this ID");
      for (const receiver of receivers) known(this.statements.client.get(receiver));
      const isNew = (receiver: Bytes) => !this.statements.isReceiver.get(row.number, receiver);
      this.#checkReceivers(row, receivers.filter(isNew).length);
      this.statements.complete.run(this.#options.now(), row.number);
      for (const receiver of receivers) this.statements.addReceiver.run(row.number, receiver);
    }, id);
  }

  /**
   * Checks that a file may have so many receivers more.
   * @throws {StorageError} `quota-full`
   */
  #checkReceivers({ id, owner }: FileRow, more: number): void {
    if (more === 0) return;
    const count = this.statements.receivers.value<[number]>(id)?.[0] ?? 0;
    if (count + more > MAX_FILE_RECEIVERS) {
      const text = `${count} receivers have not released the file; upload it again for others`;
      throw new StorageError("quota-full", text);
    }
    this.quotas.checkSize(owner, more * RECEIVER_OVERHEAD);
  }

  async reopen(id: Bytes): Promise<void> {
    await this.file.write(() => this.statements.reopen.run(this.#options.now(), id), id);
  }

  release(id: Bytes, receiver: Bytes): Promise<boolean> {
    return this.file.write(() => {
      const row = this.statements.findFor.get<FileRow>(id, receiver);
      if (!row) return false;
      this.statements.removeReceiver.run(row.number, receiver);
      if (this.statements.receivers.value<[number]>(id)?.[0] !== 0) return false;
      this.#remove(row);
      return true;
    }, receiver);
  }

  async remove(id: Bytes): Promise<void> {
    await this.file.write(() => {
      const row = this.statements.find.get<FileRow>(id);
      if (row) this.#remove(row);
    }, id);
  }

  expire(): Promise<Bytes[]> {
    const unfinished = this.#options.now() - this.#options.limits.uploadExpiry;
    const unfetched = this.#options.now() - this.#options.limits.expiry;
    return this.file.write(() => {
      return this.#removeSome(this.statements.old.all<FileRow>(unfinished, unfetched, PAGE));
    });
  }

  /**
   * Deletes up to `count` files of a client, or rights of it to files of others. Returns the IDs of
   * the files that are gone; null when the client has nothing more. To be called inside a write.
   */
  removeOf(client: Bytes, count: number): Bytes[] | null {
    const owned = this.statements.ownedBy.all<FileRow>(client, count);
    if (owned.length > 0) return this.#removeSome(owned);
    const received = this.statements.receivedBy.all<FileRow>(client, count);
    if (received.length === 0) return null;
    for (const { number } of received) this.statements.removeReceiver.run(number, client);
    const unneeded = received.filter(({ id }) =>
      this.statements.receivers.value<[number]>(id)?.[0] === 0
    );
    for (const row of unneeded) this.#remove(row);
    return unneeded.map(({ id }) => id);
  }

  async *all(): AsyncIterable<FileRecord> {
    for (let after = 0;;) {
      const page = await this.file.read(() => this.statements.after.all<FileRow>(after, PAGE));
      yield* page.map(recordOf);
      const last = page.at(-1);
      if (!last) return;
      after = last.number;
    }
  }

  /** Deletes the first of `rows`, as many as go in one step. Returns their IDs. */
  #removeSome(rows: readonly FileRow[]): Bytes[] {
    const removed: Bytes[] = [];
    for (let work = 0; work < PAGE && removed.length < rows.length;) {
      const row = rows[removed.length];
      work += 1 + this.#remove(row);
      removed.push(row.id);
    }
    return removed;
  }

  /** Deletes a file. Returns how many receivers it had. */
  #remove({ number }: FileRow): number {
    const receivers = this.statements.removeReceivers.run(number);
    this.statements.remove.run(number);
    return receivers;
  }
}

function recordOf<Row extends FileRow | undefined>(row: Row) {
  return row && {
    id: row.id,
    owner: row.owner,
    size: row.size,
    charged: row.charged,
    complete: row.complete === 1,
  };
}

const COLUMNS = "number, id, owner, size, charged, complete";

const STATEMENTS = {
  find: `SELECT ${COLUMNS} FROM files WHERE id = ?`,
  findFor: `SELECT ${COLUMNS} FROM files JOIN file_receivers ON file = number ` +
    "WHERE id = ? AND receiver = ?",
  receivers: "SELECT count(*) FROM file_receivers JOIN files ON file = number WHERE id = ?",
  client: "SELECT 1 FROM clients WHERE id = ?",
  add: "INSERT INTO files (id, owner, size, charged, changed_at) VALUES (?, ?, ?, ?, ?)",
  touch: "UPDATE files SET changed_at = ? WHERE id = ? AND complete = 0",
  charge: "UPDATE files SET charged = ? WHERE number = ?",
  settle: "UPDATE files SET charged = ?1 WHERE id = ?2 AND complete = 0 AND charged > ?1",
  complete: "UPDATE files SET complete = 1, charged = size, changed_at = ? WHERE number = ?",
  reopen: "UPDATE files SET complete = 0, changed_at = ? WHERE id = ? AND complete = 1",
  isReceiver: "SELECT 1 FROM file_receivers WHERE file = ? AND receiver = ?",
  addReceiver: "INSERT OR IGNORE INTO file_receivers (file, receiver) VALUES (?, ?)",
  removeReceiver: "DELETE FROM file_receivers WHERE file = ? AND receiver = ?",
  removeReceivers: "DELETE FROM file_receivers WHERE file = ?",
  remove: "DELETE FROM files WHERE number = ?",
  ownedBy: `SELECT ${COLUMNS} FROM files WHERE owner = ? LIMIT ?`,
  receivedBy: `SELECT ${COLUMNS} FROM file_receivers JOIN files ON number = file ` +
    "WHERE receiver = ? LIMIT ?",
  old: `SELECT ${COLUMNS} FROM files WHERE complete = 0 AND changed_at < ? ` +
    `UNION ALL SELECT ${COLUMNS} FROM files WHERE complete = 1 AND changed_at < ? LIMIT ?`,
  after: `SELECT ${COLUMNS} FROM files WHERE number > ? ORDER BY number LIMIT ?`,
};

/** The tables of `server.db`, and the settings that make a commit mean "on the disk". */
import type { Database } from "@db/sqlite";
import { StorageError } from "../../../shared/errors.ts";

/** Marks a SQLite file as ours (`PRAGMA application_id`): "MSGS" in ASCII. */
const APPLICATION_ID = 0x4d534753;

/** Pages that are kept in memory, in KiB. */
const CACHE_SIZE = 16 * 1024;

/** The steps from each version (`PRAGMA user_version`) to the next; never edited, only added to. */
const MIGRATIONS = [
  `
  CREATE TABLE clients (
    number        INTEGER PRIMARY KEY,
    id            BLOB NOT NULL UNIQUE,
    name          TEXT NOT NULL UNIQUE,
    public_key    BLOB NOT NULL,
    registered_at INTEGER NOT NULL,           -- milliseconds since 1970
    last_message  INTEGER NOT NULL DEFAULT 0, -- highest message ID ever given in this mailbox
    messages      INTEGER NOT NULL DEFAULT 0, -- waiting now
    bytes         INTEGER NOT NULL DEFAULT 0  -- of content, waiting now
  ) STRICT;

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
  `,
  `
  -- What each sender has named its messages, so that a repeat is known as one.
  CREATE TABLE tokens (
    number  INTEGER PRIMARY KEY, -- grows with time
    sender  BLOB NOT NULL,
    token   BLOB NOT NULL,
    mailbox INTEGER NOT NULL,
    message INTEGER NOT NULL,
    used_at INTEGER NOT NULL,    -- milliseconds since 1970
    UNIQUE (token, sender)       -- clients begin tokens with the time: neighbours share a page
  ) STRICT;
  `,
  `
  ALTER TABLE clients ADD COLUMN last_prekey INTEGER NOT NULL DEFAULT 0; -- highest ID ever published
  ALTER TABLE clients ADD COLUMN mark BLOB NOT NULL DEFAULT x'00000000000000000000000000000000';

  CREATE TABLE prekeys (
    owner     INTEGER NOT NULL REFERENCES clients (number),
    kind      INTEGER NOT NULL,
    id        INTEGER NOT NULL,
    key       BLOB NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (owner, kind, id)
  ) STRICT;
  `,
  `
  -- Files in chunks. Their bytes lie in the folder chunks/.
  CREATE TABLE files (
    number     INTEGER PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE,       -- chosen by the owner
    owner      BLOB NOT NULL,
    size       INTEGER NOT NULL,
    complete   INTEGER NOT NULL DEFAULT 0, -- 1 when all of it is on the disk
    changed_at INTEGER NOT NULL            -- last progress, then last shared; milliseconds since 1970
  ) STRICT;

  CREATE INDEX files_by_age ON files (complete, changed_at);

  -- Who may fetch a file, until it is released.
  CREATE TABLE file_receivers (
    file     INTEGER NOT NULL REFERENCES files (number),
    receiver BLOB NOT NULL,
    PRIMARY KEY (file, receiver)
  ) STRICT, WITHOUT ROWID;

  -- What the files of each client take; with an empty ID, those of all.
  CREATE TABLE file_usage (
    client BLOB PRIMARY KEY NOT NULL,
    files  INTEGER NOT NULL,
    bytes  INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];

/**
 * Sets `database` up and brings its tables up to date.
 * @throws {StorageError} `failed` where it is not ours, or from a newer version
 */
export function prepareDatabase(database: Database): void {
  const pragma = (name: string) => database.prepare(`PRAGMA ${name}`).value<[number]>()?.[0] ?? 0;
  const version = pragma("user_version");
  const tables = database.prepare("SELECT count(*) FROM sqlite_schema").value<[number]>()?.[0];
  if (tables !== 0 && pragma("application_id") !== APPLICATION_ID) {
    throw new StorageError("failed", "the database is not one of this server");
  }
  if (version > MIGRATIONS.length) {
    throw new StorageError("failed", "the database is from a newer version of this server");
  }
  // FULL makes each commit wait until the write-ahead log is on the disk.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
  database.exec(`PRAGMA cache_size = -${CACHE_SIZE}`);
  database.transaction(() => {
    for (const step of MIGRATIONS.slice(version)) database.exec(step);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
  }).immediate();
}

/** The tables of `profile.db`. */
import type { Database } from "@db/sqlite";

/** The steps from each version (`PRAGMA user_version`) to the next; never edited, only added to. */
const MIGRATIONS = [
  `
  CREATE TABLE contacts (
    id         BLOB PRIMARY KEY,
    name       TEXT NOT NULL,
    public_key BLOB              -- once it was fetched
  ) STRICT;

  -- Symmetric keys shared with classic contacts.
  CREATE TABLE classic_keys (
    number    INTEGER PRIMARY KEY,
    contact   BLOB NOT NULL,
    key       BLOB NOT NULL,
    own       INTEGER NOT NULL,           -- 1: made here, 0: received
    sending   INTEGER NOT NULL DEFAULT 0, -- 1: what is sent now is encrypted with it
    last_used INTEGER NOT NULL DEFAULT 0, -- grows with each message it decrypted
    UNIQUE (contact, key)
  ) STRICT;

  -- What was collected from the server, as it came. A row stays when its message is done, so that
  -- one that the server delivers again is known.
  CREATE TABLE envelopes (
    number  INTEGER PRIMARY KEY, -- in the order of arrival
    message INTEGER NOT NULL,
    sender  BLOB NOT NULL,
    type    INTEGER NOT NULL,
    size    INTEGER NOT NULL,
    tail    BLOB NOT NULL,       -- the last bytes of the content
    content BLOB,                -- NULL: in the folder incoming, or done
    state   TEXT NOT NULL,       -- waiting, unreadable (no key fits yet), done
    -- A server that was set up anew, or restored from a backup, counts from an earlier number.
    UNIQUE (message, sender, type, size, tail)
  ) STRICT;

  CREATE INDEX envelopes_by_state ON envelopes (state, number) WHERE state <> 'done';
  `,
  `
  -- The identity of a secure client; that of a classic one is in me.info.
  CREATE TABLE secure_identity (
    one        INTEGER PRIMARY KEY CHECK (one = 1), -- there is but one
    id         BLOB NOT NULL,
    name       TEXT NOT NULL,
    public_key BLOB NOT NULL,
    signing    BLOB NOT NULL,    -- Ed25519 secret key
    agreement  BLOB NOT NULL,    -- X25519 secret key
    registered INTEGER NOT NULL  -- 0: a registration is under way
  ) STRICT;

  CREATE TABLE servers (
    address TEXT PRIMARY KEY, -- HOST:PORT
    key     BLOB NOT NULL
  ) STRICT;

  CREATE TABLE interim_counters (
    contact  BLOB PRIMARY KEY,
    sent     INTEGER NOT NULL DEFAULT -1,
    received INTEGER NOT NULL DEFAULT -1
  ) STRICT;
  `,
];

/** Whether there is nothing for {@link prepareDatabase} to change in the file. */
export function isPrepared(database: Database): boolean {
  return versionOf(database) === MIGRATIONS.length;
}

/**
 * Sets `database` up and brings its tables up to date. Where {@link isPrepared} says no, one process
 * at a time may do this: SQLite does not wait for others before it starts its log.
 */
export function prepareDatabase(database: Database): void {
  const version = versionOf(database);
  if (version > MIGRATIONS.length) throw new TypeError("it is from a newer version of the client");
  database.exec("PRAGMA synchronous = FULL");
  if (version === MIGRATIONS.length) return;
  database.exec("PRAGMA journal_mode = WAL");
  database.transaction(() => {
    for (const step of MIGRATIONS.slice(version)) database.exec(step);
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
  }).immediate();
}

function versionOf(database: Database): number {
  database.exec("PRAGMA busy_timeout = 5000");
  return database.prepare("PRAGMA user_version").value<[number]>()?.[0] ?? 0;
}

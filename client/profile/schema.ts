/**
 * The tables of `profile.db`. Whatever says anything about the user is in a column of sealed rows, or
 * stands there as a blind tag (see `vault.ts`); in the clear are numbers, states and times alone.
 */
import type { Database } from "@db/sqlite";

/** Files in chunks, on their way up or down. */
const TRANSFERS = `
  CREATE TABLE transfers (
    number  INTEGER PRIMARY KEY, -- as users see it
    up      INTEGER NOT NULL,    -- 1: sent, 0: received
    state   TEXT NOT NULL,       -- waiting (announced), active, done, cancelled, failed
    settled INTEGER NOT NULL,    -- 1: nothing is left to be done with the server
    history INTEGER,             -- the number of its entry there
    sealed  BLOB NOT NULL
  ) STRICT;

  CREATE INDEX transfers_open ON transfers (number) WHERE settled = 0;
  CREATE INDEX transfers_by_history ON transfers (history) WHERE history IS NOT NULL;
`;

/** The tables of this version. */
export const TABLES = `
  -- The data key, under which everything else is sealed.
  CREATE TABLE keyring (
    one       INTEGER PRIMARY KEY CHECK (one = 1), -- there is but one
    protected INTEGER NOT NULL, -- 1: the key is under a passphrase, 0: it is in the clear
    key       BLOB NOT NULL,
    lasting   BLOB NOT NULL     -- sealed: the key of tags that stay when the data key changes
  ) STRICT;

  -- Who the owner is: 1 as a secure client; 2 as a classic one, where a passphrase protects it
  -- (else it is in me.info).
  CREATE TABLE identities (
    kind       INTEGER PRIMARY KEY,
    registered INTEGER NOT NULL, -- 0: a registration is under way
    sealed     BLOB NOT NULL
  ) STRICT;

  CREATE TABLE servers (
    address BLOB PRIMARY KEY, -- tag
    sealed  BLOB NOT NULL
  ) STRICT;

  CREATE TABLE contacts (
    id     BLOB PRIMARY KEY,  -- tag
    name   BLOB NOT NULL,     -- tag
    alias  BLOB,              -- tag
    sealed BLOB NOT NULL
  ) STRICT;

  CREATE INDEX contacts_by_name ON contacts (name);
  CREATE INDEX contacts_by_alias ON contacts (alias) WHERE alias IS NOT NULL;

  -- Symmetric keys shared with classic contacts.
  CREATE TABLE classic_keys (
    number    INTEGER PRIMARY KEY,
    contact   BLOB NOT NULL,              -- tag
    key       BLOB NOT NULL UNIQUE,       -- tag of contact and key
    own       INTEGER NOT NULL,           -- 1: made here, 0: received
    sending   INTEGER NOT NULL DEFAULT 0, -- 1: what is sent now is encrypted with it
    last_used INTEGER NOT NULL DEFAULT 0, -- grows with each message it decrypted
    sealed    BLOB NOT NULL
  ) STRICT;

  CREATE INDEX classic_keys_by_contact ON classic_keys (contact);

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

  CREATE TABLE sessions (
    number INTEGER PRIMARY KEY,
    peer   BLOB NOT NULL,    -- tag
    used   INTEGER NOT NULL, -- grows with each use
    sealed BLOB NOT NULL
  ) STRICT;

  CREATE INDEX sessions_by_peer ON sessions (peer, used);

  CREATE TABLE prekeys (
    id          INTEGER PRIMARY KEY,
    kind        INTEGER NOT NULL,
    made_at     INTEGER NOT NULL,
    replaced_at INTEGER,
    sealed      BLOB NOT NULL
  ) STRICT;

  -- First messages that were agreed on, so that none is a second time.
  CREATE TABLE agreed (
    base   BLOB PRIMARY KEY, -- tag
    prekey INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE outbox (
    number INTEGER PRIMARY KEY, -- in the order of sending
    sealed BLOB NOT NULL
  ) STRICT;

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

  CREATE TABLE repairs (
    peer   BLOB PRIMARY KEY, -- tag
    sealed BLOB NOT NULL
  ) STRICT;

  CREATE TABLE marks (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    sealed BLOB NOT NULL
  ) STRICT;
${TRANSFERS}`;

/** The version of {@link TABLES} (`PRAGMA user_version`). Those before 3 were not sealed. */
export const VERSION = 4;
/** The first version whose rows are sealed. */
export const FIRST_SEALED = 3;

/** What leads from each sealed version to the next; never edited, only added to. */
const MIGRATIONS: readonly string[] = [TRANSFERS];

/** The version of the tables in a file; 0 where there are none yet. */
export function versionOf(database: Database): number {
  database.exec("PRAGMA busy_timeout = 5000");
  const version = database.prepare("PRAGMA user_version").value<[number]>()?.[0] ?? 0;
  if (version > VERSION) throw new TypeError("it is from a newer version of the client");
  return version;
}

/** Makes the tables in an empty file and, in the same transaction, what `fill` puts into them. */
export function createTables(database: Database, fill: () => void = () => {}): void {
  database.transaction(() => {
    database.exec(TABLES);
    fill();
    database.exec(`PRAGMA user_version = ${VERSION}`);
  }).immediate();
}

/**
 * Sets `database` up, and brings tables that are sealed up to date; makes them where there are none.
 * What is overwritten or deleted is gone from the file, so that old keys cannot be found in it.
 */
export function prepareDatabase(database: Database, fill?: () => void): void {
  const version = versionOf(database);
  if (version > 0 && version < FIRST_SEALED) throw new TypeError("its tables are not sealed yet");
  database.exec("PRAGMA synchronous = FULL");
  database.exec("PRAGMA secure_delete = ON");
  database.exec("PRAGMA journal_mode = WAL");
  if (version === 0) return createTables(database, fill);
  if (version === VERSION) return;
  database.transaction(() => {
    for (const step of MIGRATIONS.slice(version - FIRST_SEALED)) database.exec(step);
    database.exec(`PRAGMA user_version = ${VERSION}`);
  }).immediate();
}

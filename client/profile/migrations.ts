/** The version of the tables in a database, and the way from each earlier one to this. */
import type { Database } from "@db/sqlite";
import { KEYRING } from "./sealing/keyring.ts";
import { TABLES } from "./tables.ts";

/** The version of the tables (`PRAGMA user_version`). */
const VERSION = 7;
/** The first version whose rows are sealed; the earlier ones are for `plain_tables.ts`. */
export const FIRST_SEALED = 3;
/** The first version that is brought up to date in its place; `version_03/` renews those before. */
export const FIRST_KEPT = 5;

/**
 * The SQL that leads from each version since {@link FIRST_KEPT} to the next; never edited, only
 * added to. When the schema of a table changes, its earlier text moves here.
 */
const STEPS: readonly string[] = [
  // 5 to 6
  `
    ALTER TABLE history ADD COLUMN own BLOB;
    ALTER TABLE history ADD COLUMN expires INTEGER;
    UPDATE history SET own = x''; -- given when it is looked for
    CREATE INDEX history_by_own ON history (own) WHERE own IS NOT NULL;
    CREATE INDEX history_expiring ON history (expires) WHERE expires IS NOT NULL;
    ALTER TABLE history ADD COLUMN unread INTEGER NOT NULL DEFAULT 0;
    UPDATE history SET unread = 1 WHERE shown <> 1; -- what nobody has seen
    CREATE INDEX history_unread ON history (peer, number) WHERE unread = 1;
    CREATE TABLE search_blocks (
      first  INTEGER PRIMARY KEY,
      last   INTEGER NOT NULL,
      sealed BLOB NOT NULL,
      texts  BLOB NOT NULL
    ) STRICT;
    CREATE TABLE conversations (
      peer   BLOB PRIMARY KEY,
      sealed BLOB NOT NULL
    ) STRICT;
  `,
  // 6 to 7
  `
    ALTER TABLE history ADD COLUMN outcome INTEGER;
    ALTER TABLE history ADD COLUMN sent_as INTEGER;
    ALTER TABLE history ADD COLUMN sent_at INTEGER;
    ALTER TABLE history ADD COLUMN lasts INTEGER;
    UPDATE history SET sent_as = -1 WHERE message IS NOT NULL; -- the number is sealed
    CREATE INDEX history_by_sent ON history (peer, sent_as) WHERE sent_as IS NOT NULL;
  `,
];

/** Returns the version of the tables in a database; 0 if there are none yet. */
export function versionOf(database: Database): number {
  database.exec("PRAGMA busy_timeout = 5000");
  const version = database.prepare("PRAGMA user_version").value<[number]>()?.[0] ?? 0;
  if (version > VERSION) throw new TypeError("it is from a newer version of the client");
  return version;
}

/** Creates the tables in an empty database and, in the same transaction, runs `fill`. */
export function createTables(database: Database, fill: () => void = () => {}): void {
  database.exec("PRAGMA auto_vacuum = INCREMENTAL"); // so that the file can shrink
  database.transaction(() => {
    for (const schema of [KEYRING, ...TABLES.map(({ schema }) => schema)]) database.exec(schema);
    fill();
    database.exec(`PRAGMA user_version = ${VERSION}`);
  }).immediate();
}

/**
 * Sets `database` up, and brings sealed tables up to date; creates them with `fill` if there are
 * none. What is overwritten or deleted is gone from the file, so that old keys cannot be found in
 * it.
 */
export function prepareDatabase(database: Database, fill?: () => void): void {
  const version = versionOf(database);
  if (version > 0 && version < FIRST_KEPT) throw new TypeError("its tables are not renewed yet");
  database.exec("PRAGMA synchronous = FULL");
  database.exec("PRAGMA secure_delete = ON");
  // A log would be the first to write to an empty file, and settle how it is laid out.
  if (version === 0) createTables(database, fill);
  database.exec("PRAGMA journal_mode = WAL");
  if (version === 0 || version === VERSION) return;
  database.transaction(() => {
    for (const step of STEPS.slice(version - FIRST_KEPT)) database.exec(step);
    database.exec(`PRAGMA user_version = ${VERSION}`);
  }).immediate();
}

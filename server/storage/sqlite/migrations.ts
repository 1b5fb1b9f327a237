/** The schema of `server.db`, step by step, and what makes a commit mean "on the disk". */
import type { Database } from "@db/sqlite";
import { StorageError } from "../../../shared/errors.ts";
import { addLooks, CLIENTS_SCHEMA, LEAVING_SCHEMA, QUOTA_SCHEMA } from "./clients.ts";
import { FILES_OF_SCHEMA, FILES_SCHEMA } from "./files.ts";
import { INVITES_SCHEMA } from "./invites.ts";
import { MESSAGES_SCHEMA } from "./mailboxes.ts";
import { PREKEYS_SCHEMA } from "./prekeys.ts";
import { TIME_MARK_SCHEMA } from "./time_mark.ts";
import { TOKENS_SCHEMA } from "./tokens.ts";
import { USAGE_SCHEMA } from "./usage.ts";

/** Marks a SQLite file as ours (`PRAGMA application_id`): "MSGS" in ASCII. */
const APPLICATION_ID = 0x4d534753;

/** Pages that are kept in memory, in KiB. */
const CACHE_SIZE = 16 * 1024;

/** SQL, or what changes the database. */
type Part = string | ((database: Database) => void);

/** The steps from each version (`PRAGMA user_version`) to the next; only ever added to. */
export const STEPS: readonly (readonly Part[])[] = [
  [CLIENTS_SCHEMA, MESSAGES_SCHEMA],
  [TOKENS_SCHEMA],
  [PREKEYS_SCHEMA],
  [FILES_SCHEMA],
  [
    LEAVING_SCHEMA,
    USAGE_SCHEMA,
    FILES_OF_SCHEMA,
    INVITES_SCHEMA,
    addLooks,
    TIME_MARK_SCHEMA,
    QUOTA_SCHEMA,
  ],
];

/**
 * Sets `database` up and brings its tables up to date, as far as `upgrade` allows. Returns whether
 * they were of an older version.
 * @throws {StorageError} `failed` if it is not ours, from a newer version, or from an older one
 * that may not change
 */
export function prepareDatabase(database: Database, { upgrade = true } = {}): boolean {
  const pragma = (name: string) => database.prepare(`PRAGMA ${name}`).value<[number]>()?.[0] ?? 0;
  const version = pragma("user_version");
  const tables = database.prepare("SELECT count(*) FROM sqlite_schema").value<[number]>()?.[0];
  if (tables !== 0 && pragma("application_id") !== APPLICATION_ID) {
    throw new StorageError("failed", "the database is not one of this server");
  }
  if (version > STEPS.length) {
    throw new StorageError("failed", "the database is from a newer version of this server");
  }
  const isOlder = tables !== 0 && version < STEPS.length;
  if (isOlder && !upgrade) {
    throw new StorageError(
      "failed",
      "the database is from an older version of this server. Start the server, which brings it " +
        "up to date; older ones refuse it then, so make a backup before",
    );
  }
  // A new database can give back its free pages one by one.
  database.exec("PRAGMA auto_vacuum = INCREMENTAL");
  // FULL makes each commit wait until the write-ahead log is on the disk.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
  database.exec(`PRAGMA cache_size = -${CACHE_SIZE}`);
  // Also a full disk can be read.
  if (version < STEPS.length) migrate(database, version, STEPS.length);
  return isOlder;
}

/**
 * Makes the tables of `version` in a new database.
 * @throws {StorageError} `failed` if there is no such version
 */
export function createSchema(database: Database, version: number): void {
  if (version < 1 || version > STEPS.length) {
    throw new StorageError("failed", `the database has the unknown version ${version}`);
  }
  database.exec("PRAGMA auto_vacuum = INCREMENTAL");
  migrate(database, 0, version);
}

function migrate(database: Database, from: number, to: number): void {
  database.transaction(() => {
    for (const part of STEPS.slice(from, to).flat()) {
      if (typeof part === "string") database.exec(part);
      else part(database);
    }
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${to}`);
  }).immediate();
}

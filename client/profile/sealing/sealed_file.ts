/**
 * Whole database files under a new data key. One is written beside the old, fsynced and put in its
 * place, so that nothing stays that the old key could open, and a crash at any point leaves the old
 * file or the new one.
 */
import { Database } from "@db/sqlite";
import { CLASSIC_KEYS } from "../tables/classic_keys.ts";
import { CONTACTS } from "../tables/contacts.ts";
import { ENVELOPES } from "../tables/envelopes.ts";
import { HISTORY } from "../tables/history.ts";
import { type Keyring, writeKeyring } from "./keyring.ts";
import { MARKS } from "../tables/marks.ts";
import { OUTBOX } from "../tables/outbox.ts";
import { AGREED, PREKEYS } from "../tables/prekey_store.ts";
import {
  createPrivateFile,
  removeIfThere,
  replaceFile,
  syncFile,
} from "../../disk/private_file.ts";
import { REPAIRS } from "../tables/repairs.ts";
import { createTables } from "../schema.ts";
import { IDENTITIES } from "../tables/secure_identity.ts";
import { SERVERS } from "../tables/servers.ts";
import { SESSIONS } from "../tables/session_store.ts";
import { copyPlainTable, copyTable } from "./sealed_table.ts";
import { TRANSFERS } from "../tables/transfers.ts";
import type { Vault } from "./vault.ts";

/** How long another process may still have the database open, in milliseconds. */
const PATIENCE = 500;

/** A database that can be read. */
export interface Unlocked {
  readonly database: Database;
  readonly vault: Vault;
}

/**
 * Writes a database with what `fill` puts into it to `path`, where there must be no file. It is
 * fsynced; after a failure there is none. `seal` has the last word: what it sets tells a whole file
 * from one that a crash left behind.
 */
export async function writeSealedFile(
  path: string,
  keyring: Keyring,
  fill: (to: Unlocked) => void | Promise<void>,
  seal: (database: Database) => void = () => {},
): Promise<void> {
  await createPrivateFile(path);
  try {
    const database = new Database(path, { int64: true });
    try {
      // There is nothing that a rollback could bring back.
      database.exec("PRAGMA journal_mode = OFF");
      database.exec("PRAGMA synchronous = OFF");
      createTables(database, () => writeKeyring(database, keyring));
      database.exec("BEGIN");
      await fill({ database, vault: keyring.vault });
      database.exec("COMMIT");
      await syncFile(path);
      seal(database);
    } finally {
      database.close();
    }
    await syncFile(path);
  } catch (error) {
    await removeIfThere(path);
    throw error;
  }
}

/**
 * Copies everything from one database to another, empty one, under the key of that.
 * @throws {ClientError} `bad-profile` where anything was changed
 */
export function copyTables(from: Unlocked, to: Unlocked): void {
  copyTable(from, to, IDENTITIES);
  copyTable(from, to, SERVERS);
  copyTable(from, to, CONTACTS);
  copyTable(from, to, CLASSIC_KEYS);
  copyTable(from, to, ENVELOPES);
  copyTable(from, to, SESSIONS);
  copyTable(from, to, PREKEYS);
  copyPlainTable(from.database, to.database, AGREED);
  copyTable(from, to, OUTBOX);
  copyTable(from, to, HISTORY);
  copyTable(from, to, REPAIRS);
  copyTable(from, to, MARKS);
  copyTable(from, to, TRANSFERS);
}

/**
 * Closes the database at `path` for ever, and puts the file at `${path}.new` in its place. Its log
 * must be gone before: SQLite would take it for that of the new file.
 */
export async function replaceDatabase(path: string, old: Database): Promise<void> {
  try {
    old.exec(`PRAGMA busy_timeout = ${PATIENCE}`);
    old.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    const mode = old.prepare("PRAGMA journal_mode = DELETE").value<[string]>()?.[0];
    if (mode !== "delete") throw new TypeError("another process has its database open");
  } finally {
    old.close();
  }
  for (const end of ["-wal", "-shm"]) await removeIfThere(path + end);
  await replaceFile(`${path}.new`, path);
}

/**
 * Whole database files under a new data key. The new file is written beside the old one, fsynced
 * and put in its place: nothing stays that the old key could open, and a crash at any point leaves
 * either the old file or the new one.
 */
import { Database } from "@db/sqlite";
import { removeFile } from "../disk/files.ts";
import { createPrivateFile, replaceFile, syncFile } from "../disk/private_file.ts";
import { ClientError } from "../errors.ts";
import { createTables } from "./migrations.ts";
import { type Keyring, writeKeyring } from "./sealing/keyring.ts";
import { copyTable, type Readable, type Unlocked } from "./sealing/sealed_table.ts";
import { TABLES } from "./tables.ts";

/** How long another process may still have the database open, in milliseconds. */
const PATIENCE = 500;

/**
 * Writes a database with what `fill` puts into it to `path`, where no file must be, and fsyncs it.
 * After a failure there is none. `complete` runs last: what it sets distinguishes a whole file from
 * one that a crash left behind.
 */
export async function writeSealedFile(
  path: string,
  keyring: Keyring,
  fill: (to: Unlocked) => void | Promise<void>,
  complete: (database: Database) => void = () => {},
): Promise<void> {
  if (!await createPrivateFile(path)) {
    const message = `${path} exists already; choose another name. If it is left of an export ` +
      "that was broken off, remove it";
    throw new ClientError("file", message);
  }
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
      complete(database);
    } finally {
      database.close();
    }
    await syncFile(path);
  } catch (error) {
    await removeFile(path);
    throw error;
  }
}

/**
 * Copies everything from one database to another, empty one, under the key of the latter.
 * @throws {ClientError} `bad-profile` if anything was changed
 */
export function copyTables(from: Readable, to: Unlocked): void {
  for (const table of TABLES) copyTable(from, to, table);
}

/**
 * Closes the database at `path`, and puts the file at `${path}.new` in its place. Its log must be
 * gone before, or SQLite would take it for the log of the new file.
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
  for (const end of ["-wal", "-shm"]) await removeFile(path + end);
  await replaceFile(`${path}.new`, path);
}

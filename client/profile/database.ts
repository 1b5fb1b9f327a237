/** The database of a profile: opening it, and putting another in its place. */
import { Database } from "@db/sqlite";
import {
  type Keyring,
  openKeyring,
  plainKeyring,
  type Random,
  writeKeyring,
} from "./sealing/keyring.ts";
import { createPrivateFile, isThere, makePrivate, removeIfThere } from "../disk/private_file.ts";
import { sealPlainTables } from "./migrations.ts";
import { FIRST_SEALED, prepareDatabase, versionOf } from "./schema.ts";
import { replaceDatabase, writeSealedFile } from "./sealing/sealed_file.ts";
import { Stores } from "./stores.ts";

/** What a crash may leave in a profile's folder; none of it counts. */
const LEFTOVERS = [
  "profile.db.new",
  "import.new",
  "import.new-wal",
  "import.new-shm",
  "me.info.new",
];

/** Where the database of the profile in `folder` is. */
export function databasePath(folder: string): string {
  return `${folder}/profile.db`;
}

/**
 * Opens the database of the profile in `folder`, which nobody else uses; makes it where there is
 * none, and seals one of a version in which nothing was. `passphrase` is called where it is needed.
 * @throws {ClientError} `wrong-passphrase`, `bad-profile`
 */
export async function openStores(
  folder: string,
  passphrase: () => Promise<string>,
  random: Random,
): Promise<Stores> {
  const path = databasePath(folder);
  for (const name of LEFTOVERS) await removeIfThere(`${folder}/${name}`);
  // SQLite gives its log the permissions of the database.
  if (await isThere(path)) await makePrivate(path);
  else await createPrivateFile(path);
  await sealOldDatabase(path, random);
  const database = new Database(path, { int64: true });
  try {
    prepareDatabase(database, () => writeKeyring(database, plainKeyring(random)));
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)"); // what a killed process has left in the log
    return storesIn(folder, database, await openKeyring(database, passphrase, random));
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Opens it again, with the keyring that it has. */
export function reopenStores(folder: string, keyring: Keyring): Stores {
  const database = new Database(databasePath(folder), { int64: true });
  prepareDatabase(database);
  return storesIn(folder, database, keyring);
}

function storesIn(folder: string, database: Database, keyring: Keyring): Stores {
  return new Stores(database, keyring, `${folder}/incoming`);
}

/** The sealed tables go to a file of their own: nothing that lay open stays in what it replaces. */
async function sealOldDatabase(path: string, random: Random): Promise<void> {
  const old = new Database(path, { int64: true });
  let version: number;
  try {
    version = versionOf(old);
    if (version === 0 || version >= FIRST_SEALED) return old.close();
    const keyring = plainKeyring(random);
    await writeSealedFile(`${path}.new`, keyring, (to) => sealPlainTables(old, version, to));
    keyring.vault.wipe();
  } catch (error) {
    old.close();
    throw error;
  }
  await replaceDatabase(path, old);
}

/** Whether somebody is registered in the database of the profile in `folder`, where there is one. */
export async function isRegistered(folder: string): Promise<boolean> {
  const path = databasePath(folder);
  if (!await isThere(path)) return false;
  const database = new Database(path, { int64: true });
  try {
    const version = versionOf(database);
    if (version < 2) return false;
    const table = version < FIRST_SEALED ? "secure_identity" : "identities";
    return database.prepare(`SELECT 1 FROM ${table} WHERE registered = 1`).get() !== undefined;
  } finally {
    database.close();
  }
}

/** The database of a profile: found or created in its folder, brought up to date, and unlocked. */
import type { Random } from "../../shared/crypto/random.ts";
import { Database } from "@db/sqlite";
import { removeFile } from "../disk/files.ts";
import { createPrivateFile, isThere, makePrivate } from "../disk/private_file.ts";
import { FIRST_SEALED, prepareDatabase, versionOf } from "./migrations.ts";
import { sealPlainTables } from "./plain_tables.ts";
import { replaceDatabase, writeSealedFile } from "./sealed_file.ts";
import { type Keyring, openKeyring, plainKeyring, writeKeyring } from "./sealing/keyring.ts";
import type { Vault } from "./sealing/vault.ts";
import { openTables, type Tables } from "./tables.ts";

/** What a crash may leave in a profile's folder; none of it counts. */
const LEFTOVERS = [
  "profile.db.new",
  "import.new",
  "import.new-wal",
  "import.new-shm",
  "me.info.new",
];

/** Returns the path of the database of the profile in `folder`. */
export function databasePath(folder: string): string {
  return `${folder}/profile.db`;
}

/** An open database with its keys and its tables. */
export class ProfileDatabase implements Disposable {
  readonly database: Database;
  readonly vault: Vault;
  /** Whether a passphrase protects it. */
  readonly isProtected: boolean;
  readonly tables: Tables;

  private constructor(folder: string, database: Database, { vault, isProtected }: Keyring) {
    this.database = database;
    this.vault = vault;
    this.isProtected = isProtected;
    this.tables = openTables(database, vault, `${folder}/incoming`);
  }

  /**
   * Opens the database of the profile in `folder`, which no other process may use. Creates it if
   * there is none, and seals one of a version in which nothing was sealed. `passphrase` is called
   * if the database is protected by one.
   * @throws {ClientError} `wrong-passphrase`, `bad-profile`
   */
  static async open(
    folder: string,
    passphrase: () => Promise<string>,
    random: Random,
  ): Promise<ProfileDatabase> {
    const path = databasePath(folder);
    for (const name of LEFTOVERS) await removeFile(`${folder}/${name}`);
    // SQLite creates its log with the permissions of the database.
    if (await isThere(path)) await makePrivate(path);
    else await createPrivateFile(path);
    await sealOldDatabase(path, random);
    const database = new Database(path, { int64: true });
    try {
      prepareDatabase(database, () => writeKeyring(database, plainKeyring(random)));
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)"); // what a killed process left in the log
      return new ProfileDatabase(folder, database, await openKeyring(database, passphrase, random));
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Opens it again, with the keyring that it has. */
  static reopen(folder: string, keyring: Keyring): ProfileDatabase {
    const database = new Database(databasePath(folder), { int64: true });
    prepareDatabase(database);
    return new ProfileDatabase(folder, database, keyring);
  }

  /** Closes the database, whose log goes into it, and wipes the keys. */
  [Symbol.dispose](): void {
    this.vault.wipe();
    this.database.close();
  }
}

/** Seals into a new file, so that nothing of the old one stays in the clear. */
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

/** Reports whether the folder has the database of a profile in which someone is registered. */
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

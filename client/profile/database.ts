/** The database of a profile: found or created in its folder, brought up to date, and unlocked. */
import type { Random } from "../../shared/crypto/random.ts";
import { Database } from "@db/sqlite";
import { removeFile } from "../disk/files.ts";
import { isThere } from "../../shared/files.ts";
import { createPrivateFile, makePrivate } from "../disk/private_file.ts";
import { FIRST_KEPT, FIRST_SEALED, prepareDatabase, versionOf } from "./migrations.ts";
import { sealPlainTables } from "./plain_tables.ts";
import { replaceDatabase, writeSealedFile } from "./sealed_file.ts";
import {
  type Keyring,
  newKeyring,
  openKeyring,
  plainKeyring,
  writeKeyring,
} from "./sealing/keyring.ts";
import { copyTable } from "./sealing/sealed_table.ts";
import type { Vault } from "./sealing/vault.ts";
import { openTables, TABLES, type Tables } from "./tables.ts";
import { openOldKeyring } from "./version_03/old_keyring.ts";
import { renewTables } from "./version_03/renew_tables.ts";

/** What a crash may leave in a profile's folder; none of it counts. */
const LEFTOVERS = [
  "profile.db.new",
  "import.new",
  "import.new-wal",
  "import.new-shm",
  "me.info.new",
];

/** A file shrinks when a quarter of its pages, and so many, are free. */
const MIN_FREE_PAGES = 64;
/** Pages that are freed in one transaction. */
const SHRINK_STEP = 1024;

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
  /** Whether it was of an earlier version until now, so that its sessions start anew. */
  readonly isRenewed: boolean;
  readonly tables: Tables;

  private constructor(
    folder: string,
    database: Database,
    { vault, isProtected }: Keyring,
    isRenewed = false,
  ) {
    this.database = database;
    this.vault = vault;
    this.isProtected = isProtected;
    this.isRenewed = isRenewed;
    this.tables = openTables(database, vault, `${folder}/incoming`);
  }

  /**
   * Opens the database of the profile in `folder`, which no other process may use. Creates it if
   * there is none, and renews one of an earlier version. `passphrase` is called if the database is
   * protected by one.
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
    const renewed = await renewOldDatabase(path, passphrase, random);
    const database = new Database(path, { int64: true });
    try {
      prepareDatabase(database, () => writeKeyring(database, plainKeyring(random)));
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)"); // what a killed process left in the log
      const keyring = renewed ?? await openKeyring(database, passphrase, random);
      if (!canShrink(database) && isWasteful(database) && await rewrite(path, database, keyring)) {
        return ProfileDatabase.reopen(folder, keyring);
      }
      return new ProfileDatabase(folder, database, keyring, renewed !== undefined);
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

  /**
   * Removes deleted rows from the log, too. Gives free pages of the file back to the disk, if they
   * are many. A file of an earlier version cannot give any back: the next {@link open} writes it
   * anew. What fails, such as on a full disk, is done another time.
   */
  shrink(): void {
    const { database } = this;
    const free = () => pragma(database, "freelist_count");
    try {
      let before = isWasteful(database) ? Infinity : 0;
      for (let left; (left = free()) > 0 && left < before; before = left) {
        // Each row that is asked for gives one page back.
        database.prepare(`PRAGMA incremental_vacuum(${SHRINK_STEP})`).all();
      }
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // The file stays as large as it is.
    }
  }

  /** Closes the database, whose log goes into it, and wipes the keys. */
  [Symbol.dispose](): void {
    this.vault.wipe();
    this.shrink();
    this.database.close();
  }
}

function pragma(database: Database, name: string): number {
  return database.prepare(`PRAGMA ${name}`).value<[number]>()?.[0] ?? 0;
}

/** Reports whether much of the file is free. */
function isWasteful(database: Database): boolean {
  const enough = Math.max(MIN_FREE_PAGES, pragma(database, "page_count") / 4);
  return pragma(database, "freelist_count") >= enough;
}

/** Reports whether the file can give free pages back; only a new one can learn to. */
function canShrink(database: Database): boolean {
  return pragma(database, "auto_vacuum") === 2;
}

/**
 * Writes the database anew, row by row as it is, and puts the new file in the place of the old one,
 * which is closed. Reports whether it could: if it could not, all is as before. (`VACUUM` attaches
 * a second database, which the runtime forbids.)
 */
async function rewrite(path: string, database: Database, keyring: Keyring): Promise<boolean> {
  try {
    await writeSealedFile(`${path}.new`, keyring, (to) => {
      const from = { database, vault: keyring.vault };
      for (const table of TABLES) copyTable(from, to, { ...table, isPlain: true });
    });
  } catch {
    return false; // such as on a full disk
  }
  await replaceDatabase(path, database);
  return true;
}

/**
 * Brings a database of an earlier version up to date in a new file, under a new data key, so that
 * nothing stays that is in the clear or that the old key could open. Returns its keyring; undefined
 * if there was nothing to do.
 */
async function renewOldDatabase(
  path: string,
  passphrase: () => Promise<string>,
  random: Random,
): Promise<Keyring | undefined> {
  const old = new Database(path, { int64: true });
  let keyring: Keyring;
  try {
    const version = versionOf(old);
    if (version === 0 || version >= FIRST_KEPT) {
      old.close();
      return undefined;
    }
    keyring = await writeRenewed(`${path}.new`, old, version, passphrase, random);
  } catch (error) {
    old.close();
    throw error;
  }
  await replaceDatabase(path, old);
  return keyring;
}

/** Writes what an `old` database becomes to `path`; returns the keyring of the new one. */
async function writeRenewed(
  path: string,
  old: Database,
  version: number,
  passphrase: () => Promise<string>,
  random: Random,
): Promise<Keyring> {
  if (version < FIRST_SEALED) {
    const keyring = plainKeyring(random);
    await writeSealedFile(path, keyring, (to) => sealPlainTables(old, version, to));
    return keyring;
  }
  const { vault, passphrase: given, cost } = await openOldKeyring(old, passphrase);
  const from = { database: old, vault };
  try {
    const keyring = await newKeyring(random, given, { lasting: vault.lasting, cost });
    await writeSealedFile(path, keyring, (to) => renewTables(from, version, to, random));
    return keyring;
  } finally {
    vault.wipe();
  }
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

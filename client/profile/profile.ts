/**
 * A profile: a folder with its owner's identity, contacts, keys and messages. One process at a time
 * has it open. Its database is sealed under a data key, which a passphrase may protect; with each
 * new passphrase comes a new data key, in a new file.
 */
import type { Random } from "../../shared/crypto/random.ts";
import { Database } from "@db/sqlite";
import { equalBytes } from "../../shared/bytes.ts";
import { generateIdentity, publicIdentity, secureClientId } from "../../shared/crypto/identity.ts";
import type { PassphraseCost } from "../../shared/crypto/passphrase.ts";
import { randomBytes } from "../../shared/crypto/random.ts";
import { folderOf, isThere, syncFolder } from "../../shared/files.ts";
import { sleep } from "../../shared/sleep.ts";
import { removeFile } from "../disk/files.ts";
import { createPrivateFolder, namesIn, removeNew } from "../disk/private_file.ts";
import { ClientError, withReason } from "../errors.ts";
import { Events } from "../events.ts";
import { unpackArchive, writeArchive } from "./archive.ts";
import { databasePath, isRegistered, ProfileDatabase } from "./database.ts";
import { lockProfile, type Sleep } from "./lock.ts";
import { meInfoPath, readMeInfo, removeMeInfo, writeMeInfo } from "./me_info.ts";
import { copyTables, replaceDatabase, writeSealedFile } from "./sealed_file.ts";
import { newKeyring } from "./sealing/keyring.ts";
import { ShownNotes, shownNotesPath } from "./shown_notes.ts";
import type { Tables } from "./tables.ts";
import { type ClassicIdentity, Identities, type SecureIdentity } from "./tables/identities.ts";

/** What a profile gets from its caller; each has a default. */
export interface ProfileOptions {
  /** Returns the passphrase; called once, and only if the profile is protected by one. */
  readonly passphrase?: () => Promise<string>;
  readonly random?: Random;
  readonly sleep?: Sleep;
  /** The cost of trying a passphrase that is set or exported with. */
  readonly passphraseCost?: PassphraseCost;
}

/** Its tables are properties: `profile.contacts`, `profile.history` and so on. */
export interface Profile extends Tables {}

/** What an import puts into a folder, beside the database. */
const IMPORTED = ["incoming", "outgoing", "profile.db.new", "server.info", "profile.lock"];

/** Reports whether there is a profile in `folder`, registered or not. */
export async function isProfile(folder: string): Promise<boolean> {
  return await isThere(databasePath(folder)) || await isThere(meInfoPath(folder));
}

/** Reports whether the profile in `folder` has an owner; it need not be there, or be opened. */
export async function hasOwner(folder: string): Promise<boolean> {
  return await isThere(meInfoPath(folder)) || await isRegistered(folder);
}

/** Returns the error of who needs the owner of a profile that has none. */
export function notRegistered(folder: string): ClientError {
  return new ClientError(
    "not-registered",
    `the profile ${folder} is not registered yet; run: messaging-client setup`,
  );
}

/** A profile that is open, and locked against other processes until it is disposed of. */
export class Profile implements Disposable {
  readonly folder: string;
  /** Tells of what changes in it, and of the connection. */
  readonly events = new Events();
  /** The texts that were just shown. */
  readonly shown: ShownNotes;
  readonly #lock: Disposable;
  readonly #random: Random;
  readonly #cost: PassphraseCost | undefined;
  #database!: ProfileDatabase;
  #identity: ClassicIdentity | SecureIdentity | undefined;
  #disposed = false;

  private constructor(
    folder: string,
    lock: Disposable,
    database: ProfileDatabase,
    { random = randomBytes, passphraseCost }: ProfileOptions,
  ) {
    this.folder = folder;
    this.#lock = lock;
    this.#random = random;
    this.#cost = passphraseCost;
    this.#use(database);
    this.shown = new ShownNotes(shownNotesPath(folder), (numbers) => this.#markShown(numbers));
  }

  /** Nobody waits for the disk: to show something twice after a power failure does no harm. */
  #markShown(numbers: Iterable<number>): void {
    this.transaction(() => {
      for (const number of numbers) this.history.markShown(number);
    }, { durable: false });
  }

  /**
   * Opens the profile in `folder`, and creates it if there is none. Waits up to 2 seconds for
   * another process that has it open.
   * @throws {ClientError} `in-use`, `wrong-passphrase`, `bad-profile`
   */
  static async open(folder: string, options: ProfileOptions = {}): Promise<Profile> {
    const { passphrase = noPassphrase, random = randomBytes } = options;
    return await withReason("bad-profile", `cannot use the profile ${folder}`, async () => {
      await createPrivateFolder(`${folder}/incoming`);
      const lock = await lockProfile(folder, options.sleep ?? sleep);
      let database: ProfileDatabase | undefined;
      try {
        const classic = await readMeInfo(folder);
        database = await ProfileDatabase.open(folder, passphrase, random);
        const profile = new Profile(folder, lock, database, options);
        await profile.#takeIdentity(classic);
        return profile;
      } catch (error) {
        database?.[Symbol.dispose]();
        lock[Symbol.dispose]();
        throw error;
      }
    });
  }

  /**
   * Creates the profile in `folder` from the export in `file`, under the same passphrase. Reports
   * whether the export was of an earlier version, as {@link renewed} does.
   * @throws {ClientError} `already-registered` if there is one, `wrong-passphrase`, `file` if
   * `file` is no whole export, `in-use`; then nothing of it stays
   */
  static async importFrom(
    file: string,
    folder: string,
    passphrase: string,
    options: Omit<ProfileOptions, "passphrase"> = {},
  ): Promise<boolean> {
    const { random = randomBytes, passphraseCost } = options;
    return await withReason("bad-profile", `cannot use the profile ${folder}`, async () => {
      const before = await namesIn(folder);
      await createPrivateFolder(`${folder}/incoming`);
      using _lock = await lockProfile(folder, options.sleep ?? sleep);
      if (await hasOwner(folder)) {
        throw new ClientError(
          "already-registered",
          `the profile ${folder} is registered already; import into another folder: --profile DIR`,
        );
      }
      try {
        const protection = { passphrase, random, cost: passphraseCost };
        await removeFile(shownNotesPath(folder)); // of another history
        const isRenewed = await unpackArchive(file, folder, protection);
        const path = databasePath(folder);
        await replaceDatabase(path, new Database(path, { int64: true }));
        return isRenewed;
      } catch (error) {
        await removeNew(folder, IMPORTED, before);
        throw error;
      }
    });
  }

  /** The folder for copies of files that are being sent; created when it is needed. */
  get outgoingFolder(): string {
    return `${this.folder}/outgoing`;
  }

  /**
   * Runs `change` in one transaction; returns its result. With `durable` false it does not wait for
   * the disk: a power failure may lose the change and later ones. That is for changes that are
   * harmless when repeated.
   */
  transaction<T>(change: () => T, { durable = true }: { durable?: boolean } = {}): T {
    const { database } = this.#database;
    // Within another transaction, that one decides whether to wait.
    if (durable || database.inTransaction) return database.transaction(change).immediate();
    database.exec("PRAGMA synchronous = NORMAL");
    try {
      return database.transaction(change).immediate();
    } finally {
      database.exec("PRAGMA synchronous = FULL");
    }
  }

  /**
   * Removes earlier states of rows, which may hold deleted keys, from the log. SQLite does this by
   * itself when the profile is closed.
   */
  dropOldStates(): void {
    this.#database.database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /**
   * Leaves nothing of what was deleted, as {@link dropOldStates}, and makes the database's file
   * smaller after much was. Closing it does the same.
   */
  shrink(): void {
    this.#database.shrink();
  }

  /** @throws {ClientError} `not-registered` */
  get identity(): ClassicIdentity | SecureIdentity {
    if (this.#identity) return this.#identity;
    throw notRegistered(this.folder);
  }

  get registered(): boolean {
    return this.#identity !== undefined;
  }

  /**
   * Makes `identity` the owner and keeps it; without a passphrase in `me.info`. The contacts of an
   * earlier owner are forgotten. What was collected stays, and so do the keys that open it.
   */
  async register(identity: ClassicIdentity): Promise<void> {
    this.#forgetOwner();
    if (this.protected) this.identities.putClassic(identity);
    else await writeMeInfo(this.folder, identity);
    this.#identity = identity;
  }

  /** The owner of a secure profile; undefined in a classic one, or before the registration. */
  get secureIdentity(): SecureIdentity | undefined {
    return this.#identity && "secrets" in this.#identity ? this.#identity : undefined;
  }

  /** The identity of {@link prepareSecure}, until it is registered. */
  get pendingIdentity(): SecureIdentity | undefined {
    return this.identities.pending();
  }

  /** Returns the identity to register as `name`: that of an unanswered registration, or a new. */
  async prepareSecure(name: string): Promise<SecureIdentity> {
    const identity = { ...this.identities.pending() ?? await newIdentity(), name };
    this.identities.putPending(identity);
    return identity;
  }

  /** Makes the identity of {@link prepareSecure} the owner; otherwise as {@link register}. */
  registerSecure(): void {
    this.transaction(() => {
      this.#forgetOwner();
      this.identities.markRegistered();
    });
    this.#identity = this.identities.registered();
  }

  /** Whether it was of an earlier version when it was opened, so that its sessions start anew. */
  get renewed(): boolean {
    return this.#database.isRenewed;
  }

  /** Whether a passphrase protects the profile. */
  get protected(): boolean {
    return this.#database.isProtected;
  }

  /**
   * Protects the profile by `passphrase` instead of any other; by none if it is null. It gets a
   * new data key, so that nothing stays that the old one could open. Afterwards the profile's
   * tables are new objects.
   * @throws {ClientError} `bad-passphrase`
   */
  async setPassphrase(passphrase: string | null): Promise<void> {
    const { vault, database, isProtected } = this.#database;
    const options = { lasting: vault.lasting, cost: this.#cost };
    const keyring = await newKeyring(this.#random, passphrase, options);
    const classic = this.#classicIdentity;
    const path = databasePath(this.folder);
    this.shown.settle();
    await removeFile(`${path}.new`);
    await writeSealedFile(`${path}.new`, keyring, (to) => {
      copyTables({ vault, database }, to);
      const identities = new Identities(to.database, to.vault);
      if (keyring.isProtected && classic) identities.putClassic(classic);
      else identities.removeClassic();
    });
    // At any time the key is in one of the two places, and no more in the clear than before.
    if (!keyring.isProtected && classic) await writeMeInfo(this.folder, classic);
    try {
      await replaceDatabase(path, database);
    } catch (error) {
      const stored = new Uint8Array(0);
      this.#use(ProfileDatabase.reopen(this.folder, { vault, isProtected, stored }));
      throw error;
    }
    vault.wipe();
    this.#use(ProfileDatabase.reopen(this.folder, keyring));
    if (keyring.isProtected) await removeMeInfo(this.folder);
  }

  /**
   * Writes the whole profile to a new file under its own passphrase; {@link importFrom} creates a
   * profile from it.
   * @throws {ClientError} `file` if it cannot be written, or exists; `bad-passphrase`
   */
  async exportTo(file: string, passphrase: string): Promise<void> {
    const classic = this.#classicIdentity;
    const names = [...this.envelopes.files(), ...this.secureIdentity ? [] : this.outbox.copies()];
    const surroundings = { folder: this.folder, names, classic };
    const protection = { passphrase, random: this.#random, cost: this.#cost };
    this.shown.settle();
    await withReason("file", `cannot write ${file}`, async () => {
      await writeArchive(file, this.#database, surroundings, protection);
      await syncFolder(folderOf(file));
    });
  }

  /** Closes the database, wipes the keys, and frees the lock. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    try {
      this.shown[Symbol.dispose]();
    } catch {
      // What is left of it is for the next process.
    }
    try {
      this.#database[Symbol.dispose]();
    } finally {
      this.#lock[Symbol.dispose]();
    }
  }

  #forgetOwner(): void {
    this.outbox.clear();
    this.contacts.forgetAll();
    this.keys.retireAll();
  }

  #use(database: ProfileDatabase): void {
    this.#database = database;
    const { tables } = database;
    for (const table of Object.values(tables)) table.onChange = (event) => this.events.emit(event);
    Object.assign(this, tables);
  }

  get #classicIdentity(): ClassicIdentity | undefined {
    return this.#identity && "privateKey" in this.#identity ? this.#identity : undefined;
  }

  /** Sets the owner: `classic`, which `me.info` holds, or else the one in the database. */
  async #takeIdentity(classic: ClassicIdentity | undefined): Promise<void> {
    const kept = this.identities.classic();
    const isSame = kept && classic && equalBytes(kept.id, classic.id) &&
      equalBytes(kept.privateKey, classic.privateKey);
    if (kept && classic && !isSame) {
      const message = `there is a ${meInfoPath(this.folder)}, but the profile belongs to another`;
      throw new ClientError("bad-profile", `${message} identity, "${kept.name}"; remove one`);
    }
    if (classic && this.protected) {
      if (!kept) this.identities.putClassic(classic);
      await removeMeInfo(this.folder);
    }
    this.#identity = classic ?? kept ?? this.identities.registered();
  }
}

async function newIdentity(): Promise<Omit<SecureIdentity, "name">> {
  const secrets = generateIdentity();
  const publicKey = await publicIdentity(secrets);
  return { id: secureClientId(publicKey), publicKey, secrets };
}

function noPassphrase(): Promise<string> {
  const message = "the profile is protected by a passphrase, and none was given";
  return Promise.reject(new ClientError("wrong-passphrase", message));
}

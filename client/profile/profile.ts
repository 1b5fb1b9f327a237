/**
 * A profile: a folder with who its owner is, whom it knows, and what it has collected. It is one
 * process's alone while it is open. Its database is sealed under a data key, which a passphrase may
 * protect; every other passphrase comes with another data key, in another file.
 */
import { Database } from "@db/sqlite";
import { equalBytes } from "../../shared/bytes.ts";
import { generateIdentity, publicIdentity, secureClientId } from "../../shared/crypto/identity.ts";
import { randomBytes } from "../../shared/crypto/random.ts";
import { ClientError } from "../errors.ts";
import { unpackArchive, writeArchive } from "./archive.ts";
import type { ClassicKeys } from "./tables/classic_keys.ts";
import { ClassicIdentityStore } from "./tables/classic_identity.ts";
import type { Contacts } from "./tables/contacts.ts";
import type { Envelopes } from "./tables/envelopes.ts";
import type { History } from "./tables/history.ts";
import { newKeyring, type Random } from "./sealing/keyring.ts";
import type { Marks } from "./tables/marks.ts";
import { decodeMeInfo, encodeMeInfo, type Identity } from "./me_info.ts";
import type { Outbox } from "./tables/outbox.ts";
import type { PrekeyStore } from "./tables/prekey_store.ts";
import {
  createPrivateFolder,
  folderOf,
  isThere,
  makePrivate,
  readIfThere,
  removeIfThere,
  syncFolder,
  writePrivateFile,
} from "../disk/private_file.ts";
import { databasePath, isRegistered, openStores, reopenStores } from "./database.ts";
import { lockProfile, type Sleep } from "./lock.ts";
import type { Repairs } from "./tables/repairs.ts";
import {
  copyTables,
  replaceDatabase,
  type Unlocked,
  writeSealedFile,
} from "./sealing/sealed_file.ts";
import type { SecureIdentity } from "./tables/secure_identity.ts";
import type { Servers } from "./tables/servers.ts";
import type { SessionStore } from "./tables/session_store.ts";
import type { Stores } from "./stores.ts";
import type { Transfers } from "./tables/transfers.ts";

/** What a profile needs of its surroundings; each has a default. */
export interface ProfileOptions {
  /** Gives the passphrase; called once, and only where the profile is protected by one. */
  readonly passphrase?: () => Promise<string>;
  readonly random?: Random;
  readonly sleep?: Sleep;
}

export class Profile implements Disposable {
  readonly folder: string;
  readonly #lock: Disposable;
  readonly #random: Random;
  #stores: Stores;
  #identity: Identity | SecureIdentity | undefined;
  #disposed = false;

  private constructor(folder: string, lock: Disposable, stores: Stores, random: Random) {
    this.folder = folder;
    this.#lock = lock;
    this.#stores = stores;
    this.#random = random;
  }

  /**
   * Opens the profile in `folder`, and makes it where there is none. Waits up to 2 seconds for
   * another process that has it open.
   * @throws {ClientError} `in-use`, `wrong-passphrase`, `bad-profile`
   */
  static async open(folder: string, options: ProfileOptions = {}): Promise<Profile> {
    const { passphrase = noPassphrase, random = randomBytes } = options;
    return await explained(folder, async () => {
      await createPrivateFolder(`${folder}/incoming`);
      const lock = await lockProfile(folder, options.sleep ?? sleep);
      let stores: Stores | undefined;
      try {
        await makePrivate(meInfo(folder));
        const classic = await readIdentity(folder);
        stores = await openStores(folder, passphrase, random);
        const profile = new Profile(folder, lock, stores, random);
        await profile.#takeIdentity(classic);
        return profile;
      } catch (error) {
        stores?.[Symbol.dispose]();
        lock[Symbol.dispose]();
        throw error;
      }
    });
  }

  /**
   * Makes the export in `file` the profile in `folder`, under the same passphrase.
   * @throws {ClientError} `already-registered` where there is one, `wrong-passphrase`, `file` where
   * `file` is no whole export, `in-use`
   */
  static async importFrom(
    file: string,
    folder: string,
    passphrase: string,
    options: Omit<ProfileOptions, "passphrase"> = {},
  ): Promise<void> {
    const { random = randomBytes } = options;
    await explained(folder, async () => {
      await createPrivateFolder(`${folder}/incoming`);
      using _lock = await lockProfile(folder, options.sleep ?? sleep);
      if (await isThere(meInfo(folder)) || await isRegistered(folder)) {
        throw new ClientError(
          "already-registered",
          `the profile ${folder} is registered already; import into another folder: --profile DIR`,
        );
      }
      await unpackArchive(file, folder, passphrase, random);
      const path = databasePath(folder);
      await replaceDatabase(path, new Database(path, { int64: true }));
    });
  }

  /** Where copies of files lie that are being sent; not made before it is needed. */
  get outgoingFolder(): string {
    return `${this.folder}/outgoing`;
  }

  get servers(): Servers {
    return this.#stores.servers;
  }

  get contacts(): Contacts {
    return this.#stores.contacts;
  }

  get keys(): ClassicKeys {
    return this.#stores.keys;
  }

  get envelopes(): Envelopes {
    return this.#stores.envelopes;
  }

  get sessions(): SessionStore {
    return this.#stores.sessions;
  }

  get prekeys(): PrekeyStore {
    return this.#stores.prekeys;
  }

  get outbox(): Outbox {
    return this.#stores.outbox;
  }

  get history(): History {
    return this.#stores.history;
  }

  get repairs(): Repairs {
    return this.#stores.repairs;
  }

  get marks(): Marks {
    return this.#stores.marks;
  }

  get transfers(): Transfers {
    return this.#stores.transfers;
  }

  /**
   * Runs `change` in one transaction; gives what it gives. With `durable` false the disk is not
   * waited for: after a power failure it may not have happened, nor what came after it; for what does
   * no harm when it is repeated.
   */
  transaction<T>(change: () => T, { durable = true }: { durable?: boolean } = {}): T {
    const { database } = this.#stores;
    // Within another transaction it is that one which is waited for.
    if (durable || database.inTransaction) return database.transaction(change).immediate();
    database.exec("PRAGMA synchronous = NORMAL");
    try {
      return database.transaction(change).immediate();
    } finally {
      database.exec("PRAGMA synchronous = FULL");
    }
  }

  /**
   * Takes earlier states of rows, which hold keys that are gone since, out of the log. SQLite does it
   * by itself when the profile is closed.
   */
  dropOldStates(): void {
    this.#stores.database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /** @throws {ClientError} `not-registered` */
  get identity(): Identity | SecureIdentity {
    if (this.#identity) return this.#identity;
    throw new ClientError(
      "not-registered",
      `the profile ${this.folder} is not registered yet; run: messaging-client register NAME`,
    );
  }

  get registered(): boolean {
    return this.#identity !== undefined;
  }

  /**
   * Makes `identity` the owner and keeps it, without a passphrase in `me.info`. What an earlier owner
   * knew of others does not hold for this one; what it has collected stays, and so do the keys that
   * open it.
   */
  async register(identity: Identity): Promise<void> {
    this.contacts.forgetAll();
    this.keys.retireAll();
    if (this.protected) this.#stores.classicIdentity.put(identity);
    else await writePrivateFile(meInfo(this.folder), encodeMeInfo(identity));
    this.#identity = identity;
  }

  /** The owner of a secure profile; undefined in a classic one, or where nobody is registered. */
  get secureIdentity(): SecureIdentity | undefined {
    return this.#identity && "secrets" in this.#identity ? this.#identity : undefined;
  }

  /** The identity of {@link prepareSecure}, until it is registered. */
  get pendingIdentity(): SecureIdentity | undefined {
    return this.#stores.secureIdentity.pending();
  }

  /** The identity to register as `name`: that of a registration that was not answered, else new. */
  async prepareSecure(name: string): Promise<SecureIdentity> {
    const store = this.#stores.secureIdentity;
    const pending = store.pending();
    if (pending) {
      store.rename(name);
      return { ...pending, name };
    }
    const secrets = generateIdentity();
    const publicKey = await publicIdentity(secrets);
    const identity = { id: secureClientId(publicKey), name, publicKey, secrets };
    store.put(identity);
    return identity;
  }

  /** Makes the identity of {@link prepareSecure} the owner; otherwise as {@link register}. */
  registerSecure(): void {
    this.transaction(() => {
      this.contacts.forgetAll();
      this.keys.retireAll();
      this.#stores.secureIdentity.markRegistered();
    });
    this.#identity = this.#stores.secureIdentity.registered();
  }

  /** Whether a passphrase protects the profile. */
  get protected(): boolean {
    return this.#stores.isProtected;
  }

  /**
   * Protects the profile by `passphrase`, instead of any other; by none where it is null. It gets a
   * new data key, so that nothing stays that the old one could open. The stores of the profile are
   * other ones afterwards.
   * @throws {ClientError} `bad-passphrase`
   */
  async setPassphrase(passphrase: string | null): Promise<void> {
    const { vault, database, isProtected } = this.#stores;
    const keyring = await newKeyring(this.#random, passphrase, vault.lasting);
    const classic = this.#classicIdentity;
    const path = databasePath(this.folder);
    await removeIfThere(`${path}.new`);
    await writeSealedFile(`${path}.new`, keyring, (to) => {
      copyTables({ vault, database }, to);
      const store = new ClassicIdentityStore(to.database, to.vault);
      if (keyring.isProtected && classic) store.put(classic);
      else store.remove();
    });
    // Its key is in one of both places at any time, and no more in the clear than before.
    if (!keyring.isProtected && classic) {
      await writePrivateFile(meInfo(this.folder), encodeMeInfo(classic));
    }
    try {
      await replaceDatabase(path, database);
    } catch (error) {
      const stored = new Uint8Array(0);
      this.#stores = reopenStores(this.folder, { vault, isProtected, stored });
      throw error;
    }
    vault.wipe();
    this.#stores = reopenStores(this.folder, keyring);
    if (keyring.isProtected) await this.#removeMeInfo();
  }

  /**
   * Writes the whole profile to a new file under a passphrase of its own; {@link importFrom} makes a
   * profile of it.
   * @throws {ClientError} `file` where it cannot be written, or exists; `bad-passphrase`
   */
  async exportTo(file: string, passphrase: string): Promise<void> {
    const { folder } = this;
    const from: Unlocked = this.#stores;
    const incoming = this.envelopes.files();
    const classic = this.#classicIdentity;
    try {
      await writeArchive(file, from, { folder, incoming, classic }, passphrase, this.#random);
      await syncFolder(folderOf(file));
    } catch (error) {
      if (error instanceof ClientError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new ClientError("file", `cannot write ${file}: ${reason}`, { cause: error });
    }
  }

  /** Closes the database, wipes the keys, and frees the lock. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    try {
      this.#stores[Symbol.dispose]();
    } finally {
      this.#lock[Symbol.dispose]();
    }
  }

  get #classicIdentity(): Identity | undefined {
    return this.#identity && "privateKey" in this.#identity ? this.#identity : undefined;
  }

  /** Makes `classic`, of `me.info`, or who is in the database the owner. */
  async #takeIdentity(classic: Identity | undefined): Promise<void> {
    const { classicIdentity, secureIdentity } = this.#stores;
    const kept = classicIdentity.get();
    if (kept && classic && !isSame(kept, classic)) {
      const message = `there is a ${meInfo(this.folder)}, but the profile belongs to another`;
      throw new ClientError("bad-profile", `${message} identity, "${kept.name}"; remove one`);
    }
    if (classic && this.protected) {
      if (!kept) classicIdentity.put(classic);
      await this.#removeMeInfo();
    }
    this.#identity = classic ?? kept ?? secureIdentity.registered();
  }

  async #removeMeInfo(): Promise<void> {
    if (await removeIfThere(meInfo(this.folder))) await syncFolder(this.folder);
  }
}

/** Where a classic identity is that no passphrase protects. */
function meInfo(folder: string): string {
  return `${folder}/me.info`;
}

async function readIdentity(folder: string): Promise<Identity | undefined> {
  const path = meInfo(folder);
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return decodeMeInfo(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "it cannot be read";
    throw new ClientError("bad-profile", `${path} is not a valid me.info: ${reason}`);
  }
}

function isSame(a: Identity, b: Identity): boolean {
  return equalBytes(a.id, b.id) && equalBytes(a.privateKey, b.privateKey);
}

function noPassphrase(): Promise<string> {
  const message = "the profile is protected by a passphrase, and none was given";
  return Promise.reject(new ClientError("wrong-passphrase", message));
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Whatever the system or the database throws, told as what it means for the user. */
async function explained<T>(folder: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof ClientError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ClientError("bad-profile", `cannot use the profile ${folder}: ${reason}`);
  }
}

/** A profile: a folder with who its owner is, whom it knows, and what it has collected. */
import { Database } from "@db/sqlite";
import { generateIdentity, publicIdentity, secureClientId } from "../../shared/crypto/identity.ts";
import { ClientError } from "../errors.ts";
import { ClassicKeys } from "./classic_keys.ts";
import { Contacts } from "./contacts.ts";
import { Envelopes } from "./envelopes.ts";
import { decodeMeInfo, encodeMeInfo, type Identity } from "./me_info.ts";
import {
  makePrivate,
  PRIVATE_FILE,
  PRIVATE_FOLDER,
  readIfThere,
  tryLock,
  waitForLock,
  writePrivateFile,
} from "./private_file.ts";
import { InterimCounters } from "./interim_counters.ts";
import { isPrepared, prepareDatabase } from "./schema.ts";
import { type SecureIdentity, SecureIdentityStore } from "./secure_identity.ts";
import { Servers } from "./servers.ts";

const LOCK = "profile.lock";

export class Profile implements Disposable {
  readonly folder: string;
  readonly contacts: Contacts;
  readonly keys: ClassicKeys;
  readonly envelopes: Envelopes;
  readonly #database: Database;
  readonly servers: Servers;
  readonly counters: InterimCounters;
  readonly #secureIdentity: SecureIdentityStore;
  #identity: Identity | SecureIdentity | undefined;

  private constructor(folder: string, database: Database, identity: Identity | undefined) {
    this.folder = folder;
    this.#database = database;
    this.#secureIdentity = new SecureIdentityStore(database);
    this.#identity = identity ?? this.#secureIdentity.registered();
    this.servers = new Servers(database);
    this.counters = new InterimCounters(database);
    this.contacts = new Contacts(database);
    this.keys = new ClassicKeys(database);
    this.envelopes = new Envelopes(database, `${folder}/incoming`);
  }

  /**
   * Opens the profile in `folder`, and makes it where there is none.
   * @throws {ClientError} `bad-profile`
   */
  static async open(folder: string): Promise<Profile> {
    try {
      await Deno.mkdir(`${folder}/incoming`, { recursive: true, mode: PRIVATE_FOLDER });
      const path = `${folder}/profile.db`;
      // SQLite gives its log the permissions of the database.
      (await Deno.open(path, { create: true, write: true, mode: PRIVATE_FILE })).close();
      for (const name of [path, `${folder}/me.info`]) await makePrivate(name);
      const identity = await readIdentity(folder);
      const database = new Database(path, { int64: true });
      try {
        using _lock = isPrepared(database) ? null : await waitForLock(`${folder}/${LOCK}`);
        prepareDatabase(database);
        return new Profile(folder, database, identity);
      } catch (error) {
        database.close();
        throw error;
      }
    } catch (error) {
      if (error instanceof ClientError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new ClientError("bad-profile", `cannot use the profile ${folder}: ${reason}`);
    }
  }

  /**
   * Keeps other processes from what only one may do at a time: registering, and receiving.
   * @throws {ClientError} `in-use`
   */
  async lock(): Promise<Disposable> {
    const lock = await tryLock(`${this.folder}/${LOCK}`);
    if (!lock) {
      throw new ClientError(
        "in-use",
        `another messaging-client receives or registers with the profile ${this.folder}; try again`,
      );
    }
    // What it did before.
    this.#identity ??= await readIdentity(this.folder) ?? this.#secureIdentity.registered();
    return lock;
  }

  /** Waits until no other process sends with the profile: messages must leave in their order. */
  async sendLock(): Promise<Disposable> {
    return await waitForLock(`${this.folder}/send.lock`);
  }

  /** Runs `change` in one transaction. */
  transaction(change: () => void): void {
    this.#database.transaction(change).immediate();
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
   * Makes `identity` the owner and keeps it in `me.info`. What an earlier owner knew of others does
   * not hold for this one; what it has collected stays, and so do the keys that open it.
   */
  async register(identity: Identity): Promise<void> {
    this.contacts.forgetAll();
    this.keys.retireAll();
    await writePrivateFile(`${this.folder}/me.info`, encodeMeInfo(identity));
    this.#identity = identity;
  }

  /** The owner of a secure profile; undefined in a classic one, or where nobody is registered. */
  get secureIdentity(): SecureIdentity | undefined {
    return this.#identity && "secrets" in this.#identity ? this.#identity : undefined;
  }

  /** The identity of {@link prepareSecure}, until it is registered. */
  get pendingIdentity(): SecureIdentity | undefined {
    return this.#secureIdentity.pending();
  }

  /** The identity to register as `name`: that of a registration that was not answered, else new. */
  async prepareSecure(name: string): Promise<SecureIdentity> {
    const pending = this.#secureIdentity.pending();
    if (pending) {
      this.#secureIdentity.rename(name);
      return { ...pending, name };
    }
    const secrets = generateIdentity();
    const publicKey = await publicIdentity(secrets);
    const identity = { id: secureClientId(publicKey), name, publicKey, secrets };
    this.#secureIdentity.put(identity);
    return identity;
  }

  /** Makes the identity of {@link prepareSecure} the owner; otherwise as {@link register}. */
  registerSecure(): void {
    this.transaction(() => {
      this.contacts.forgetAll();
      this.keys.retireAll();
      this.#secureIdentity.markRegistered();
    });
    this.#identity = this.#secureIdentity.registered();
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

async function readIdentity(folder: string): Promise<Identity | undefined> {
  const path = `${folder}/me.info`;
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return decodeMeInfo(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "it cannot be read";
    throw new ClientError("bad-profile", `${path} is not a valid me.info: ${reason}`);
  }
}

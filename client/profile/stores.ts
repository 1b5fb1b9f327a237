/** All that a profile keeps, in one open database. */
import type { Database } from "@db/sqlite";
import { ClassicIdentityStore } from "./tables/classic_identity.ts";
import { ClassicKeys } from "./tables/classic_keys.ts";
import { Contacts } from "./tables/contacts.ts";
import { Envelopes } from "./tables/envelopes.ts";
import { History } from "./tables/history.ts";
import type { Keyring } from "./sealing/keyring.ts";
import { Marks } from "./tables/marks.ts";
import { Outbox } from "./tables/outbox.ts";
import { PrekeyStore } from "./tables/prekey_store.ts";
import { Repairs } from "./tables/repairs.ts";
import { SecureIdentityStore } from "./tables/secure_identity.ts";
import { Servers } from "./tables/servers.ts";
import { SessionStore } from "./tables/session_store.ts";
import { Transfers } from "./tables/transfers.ts";
import type { Vault } from "./sealing/vault.ts";

export class Stores implements Disposable {
  readonly database: Database;
  readonly vault: Vault;
  readonly isProtected: boolean;
  readonly secureIdentity: SecureIdentityStore;
  readonly classicIdentity: ClassicIdentityStore;
  readonly servers: Servers;
  readonly contacts: Contacts;
  readonly keys: ClassicKeys;
  readonly envelopes: Envelopes;
  readonly sessions: SessionStore;
  readonly prekeys: PrekeyStore;
  readonly outbox: Outbox;
  readonly history: History;
  readonly repairs: Repairs;
  readonly marks: Marks;
  readonly transfers: Transfers;

  /** `incoming` is the folder of large contents. */
  constructor(database: Database, { vault, isProtected }: Keyring, incoming: string) {
    this.database = database;
    this.vault = vault;
    this.isProtected = isProtected;
    this.secureIdentity = new SecureIdentityStore(database, vault);
    this.classicIdentity = new ClassicIdentityStore(database, vault);
    this.servers = new Servers(database, vault);
    this.contacts = new Contacts(database, vault);
    this.keys = new ClassicKeys(database, vault);
    this.envelopes = new Envelopes(database, vault, incoming);
    this.sessions = new SessionStore(database, vault);
    this.prekeys = new PrekeyStore(database, vault);
    this.outbox = new Outbox(database, vault);
    this.history = new History(database, vault);
    this.repairs = new Repairs(database, vault);
    this.marks = new Marks(database, vault);
    this.transfers = new Transfers(database, vault);
  }

  /** Closes the database, whose log goes into it, and wipes the keys. */
  [Symbol.dispose](): void {
    this.vault.wipe();
    this.database.close();
  }
}

/** The identity of a secure client, in `profile.db`. */
import type { Database, Statement } from "@db/sqlite";
import type { Bytes } from "../../../shared/bytes.ts";
import type { IdentitySecrets } from "../../../shared/crypto/identity.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";
import { rowOf, type Vault } from "../sealing/vault.ts";

/** Who the owner of a secure profile is. */
export interface SecureIdentity {
  /** 16 bytes; follows from the public key. */
  id: Bytes;
  name: string;
  /** 160 bytes. */
  publicKey: Bytes;
  secrets: IdentitySecrets;
}

/** Identities of both kinds; a classic one is here where a passphrase protects it. */
export const IDENTITIES: SealedTable<object> = { name: "identities", key: "kind", tags: {} };

/** The kinds of identities. */
export const IdentityKind = { secure: 1, classic: 2 } as const;

const CONTEXT = rowOf(IDENTITIES.name, IdentityKind.secure);

/**
 * There is at most one. It is kept before it is registered, so that a registration whose answer got
 * lost can be repeated with the same keys.
 */
export class SecureIdentityStore {
  readonly #vault: Vault;
  readonly #select: Statement;
  readonly #put: Statement;
  readonly #register: Statement;

  constructor(database: Database, vault: Vault) {
    this.#vault = vault;
    const kind = IdentityKind.secure;
    this.#select = database.prepare(
      `SELECT sealed FROM identities WHERE kind = ${kind} AND registered = ?`,
    );
    this.#put = database.prepare(
      `INSERT INTO identities (kind, registered, sealed) VALUES (${kind}, 0, ?) ` +
        "ON CONFLICT DO UPDATE SET sealed = excluded.sealed WHERE registered = 0",
    );
    this.#register = database.prepare(`UPDATE identities SET registered = 1 WHERE kind = ${kind}`);
  }

  /** The registered identity. */
  registered(): SecureIdentity | undefined {
    return this.#identity(1);
  }

  /** The identity that is about to be registered. */
  pending(): SecureIdentity | undefined {
    return this.#identity(0);
  }

  /** Keeps an identity that is about to be registered, instead of any other such one. */
  put({ id, name, publicKey, secrets: { signing, agreement } }: SecureIdentity): void {
    const row = { id, name, publicKey, secrets: { signing, agreement } };
    this.#put.run(this.#vault.sealRow(CONTEXT, row));
  }

  /** Gives the one that is about to be registered another name. */
  rename(name: string): void {
    const pending = this.pending();
    if (pending && pending.name !== name) this.put({ ...pending, name });
  }

  markRegistered(): void {
    this.#register.run();
  }

  #identity(registered: number): SecureIdentity | undefined {
    const sealed = this.#select.value<[Bytes]>(registered)?.[0];
    return sealed && this.#vault.openRow<SecureIdentity>(CONTEXT, sealed);
  }
}

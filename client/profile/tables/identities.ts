import type { Bytes } from "../../../shared/bytes.ts";
import type { IdentitySecrets } from "../../../shared/crypto/identity.ts";
import { SealedStore } from "../sealing/sealed_store.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";

/** The owner of a secure profile. */
export interface SecureIdentity {
  /** 16 bytes; follows from the public key. */
  id: Bytes;
  name: string;
  /** 160 bytes. */
  publicKey: Bytes;
  secrets: IdentitySecrets;
}

/** The owner of a classic profile. */
export interface ClassicIdentity {
  /** 16 bytes. */
  id: Bytes;
  name: string;
  /** PKCS#8 DER. */
  privateKey: Bytes;
}

/** The kinds of identities, as the table holds them. */
export const IdentityKind = { secure: 1, classic: 2 } as const;
const { secure, classic } = IdentityKind;

export const IDENTITIES: SealedTable<object> = {
  name: "identities",
  schema: `
    -- Who the owner is: 1 as a secure client; 2 as a classic one, where a passphrase protects it
    -- (else it is in me.info).
    CREATE TABLE identities (
      kind       INTEGER PRIMARY KEY,
      registered INTEGER NOT NULL, -- 0: a registration is under way
      sealed     BLOB NOT NULL
    ) STRICT;
  `,
  key: "kind",
  tags: {},
};

/**
 * Keeps at most one identity of each kind. A secure one is kept before it is registered, so that a
 * registration whose answer got lost can be repeated with the same keys.
 */
export class Identities extends SealedStore<SecureIdentity | ClassicIdentity> {
  protected readonly table = IDENTITIES;

  registered(): SecureIdentity | undefined {
    return this.findRow(secure, "AND registered = 1") as SecureIdentity | undefined;
  }

  /** Returns the secure identity whose registration is under way. */
  pending(): SecureIdentity | undefined {
    return this.findRow(secure, "AND registered = 0") as SecureIdentity | undefined;
  }

  /** Keeps an identity that is about to be registered, in the place of any other such one. */
  putPending({ id, name, publicKey, secrets: { signing, agreement } }: SecureIdentity): void {
    const row = { id, name, publicKey, secrets: { signing, agreement } };
    const onConflict = "ON CONFLICT DO UPDATE SET sealed = excluded.sealed WHERE registered = 0";
    this.addRow({ kind: secure, registered: 0 }, row, onConflict);
  }

  /** Marks the pending identity as registered. */
  markRegistered(): void {
    this.run("UPDATE identities SET registered = 1 WHERE kind = ?", secure);
  }

  /** Returns the classic identity; without a passphrase there is none here. */
  classic(): ClassicIdentity | undefined {
    return this.findRow(classic, "AND registered = 1") as ClassicIdentity | undefined;
  }

  putClassic({ id, name, privateKey }: ClassicIdentity): void {
    this.putRow({ kind: classic, registered: 1 }, { id, name, privateKey });
  }

  removeClassic(): void {
    this.run("DELETE FROM identities WHERE kind = ?", classic);
  }
}

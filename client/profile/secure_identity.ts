/** The identity of a secure client, in `profile.db`. */
import type { Database, Statement } from "@db/sqlite";
import type { Bytes } from "../../shared/bytes.ts";
import type { IdentitySecrets } from "../../shared/crypto/identity.ts";

/** Who the owner of a secure profile is. */
export interface SecureIdentity {
  /** 16 bytes; follows from the public key. */
  id: Bytes;
  name: string;
  /** 160 bytes. */
  publicKey: Bytes;
  secrets: IdentitySecrets;
}

interface Row {
  id: Bytes;
  name: string;
  publicKey: Bytes;
  signing: Bytes;
  agreement: Bytes;
}

/**
 * There is at most one. It is kept before it is registered, so that a registration whose answer got
 * lost can be repeated with the same keys.
 */
export class SecureIdentityStore {
  readonly #select: Statement;
  readonly #put: Statement;
  readonly #rename: Statement;
  readonly #register: Statement;

  constructor(database: Database) {
    this.#select = database.prepare(
      "SELECT id, name, public_key AS publicKey, signing, agreement FROM secure_identity " +
        "WHERE registered = ?",
    );
    this.#put = database.prepare(
      "INSERT INTO secure_identity (one, id, name, public_key, signing, agreement, registered) " +
        "VALUES (1, ?, ?, ?, ?, ?, 0)",
    );
    this.#rename = database.prepare("UPDATE secure_identity SET name = ? WHERE registered = 0");
    this.#register = database.prepare("UPDATE secure_identity SET registered = 1");
  }

  /** The registered identity. */
  registered(): SecureIdentity | undefined {
    return identityOf(this.#select.get<Row>(1));
  }

  /** The identity that is about to be registered. */
  pending(): SecureIdentity | undefined {
    return identityOf(this.#select.get<Row>(0));
  }

  /** Keeps an identity that is about to be registered. */
  put({ id, name, publicKey, secrets }: SecureIdentity): void {
    this.#put.run(id, name, publicKey, secrets.signing, secrets.agreement);
  }

  /** Gives the one that is about to be registered another name. */
  rename(name: string): void {
    this.#rename.run(name);
  }

  markRegistered(): void {
    this.#register.run();
  }
}

function identityOf(row: Row | undefined): SecureIdentity | undefined {
  if (!row) return undefined;
  const { id, name, publicKey, signing, agreement } = row;
  return { id, name, publicKey, secrets: { signing, agreement } };
}

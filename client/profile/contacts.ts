/** The clients that this profile has met, and what it knows of them. */
import type { Database, Statement } from "@db/sqlite";
import { type Bytes, equalBytes } from "../../shared/bytes.ts";
import { claimsToBeSecure } from "../../shared/crypto/identity.ts";
import type { ClientEntry } from "../../shared/protocol/response.ts";

const NO_KEY = new Uint8Array(0);

export class Contacts {
  readonly #database: Database;
  readonly #byId: Statement;
  readonly #byName: Statement;
  readonly #publicKey: Statement;
  readonly #put: Statement;
  readonly #putKey: Statement;
  readonly #forgetAll: Statement;

  constructor(database: Database) {
    this.#database = database;
    this.#byId = database.prepare("SELECT id, name FROM contacts WHERE id = ?");
    this.#byName = database.prepare("SELECT id, name FROM contacts WHERE name = ?");
    this.#publicKey = database.prepare("SELECT public_key FROM contacts WHERE id = ?");
    this.#put = database.prepare(
      "INSERT INTO contacts (id, name) VALUES (?, ?) ON CONFLICT DO UPDATE SET name = excluded.name",
    );
    this.#putKey = database.prepare("UPDATE contacts SET public_key = ? WHERE id = ?");
    this.#forgetAll = database.prepare("DELETE FROM contacts");
  }

  byId(id: Bytes): ClientEntry | undefined {
    return this.#byId.get<ClientEntry>(id);
  }

  byName(name: string): ClientEntry | undefined {
    return this.#byName.get<ClientEntry>(name);
  }

  /**
   * Takes over what the server's list says, with the public keys where it gives them. Whoever turns
   * up with the name that another contact has is passed over: a name stays with whom it was first
   * seen. A secure client stays as it was first seen: its key cannot change, and were it given
   * another name, its own would be free for somebody else.
   */
  put(entries: readonly (ClientEntry & { publicKey?: Bytes })[]): void {
    this.#database.transaction(() => {
      for (const { id, name, publicKey } of entries) {
        const owner = this.byName(name);
        if (owner && !equalBytes(owner.id, id)) continue;
        if (claimsToBeSecure(this.publicKey(id) ?? NO_KEY)) continue;
        this.#put.run(id, name);
        if (publicKey) this.#putKey.run(publicKey, id);
      }
    }).immediate();
  }

  /** Forgets everybody; the server's list tells again who there is. */
  forgetAll(): void {
    this.#forgetAll.run();
  }

  /** The 160-byte public key, where it was used before. */
  publicKey(id: Bytes): Bytes | undefined {
    return this.#publicKey.value<[Bytes]>(id)?.[0] ?? undefined;
  }

  putPublicKey(id: Bytes, publicKey: Bytes): void {
    this.#putKey.run(publicKey, id);
  }
}

/** The clients that this profile has met, and what it knows of them. */
import type { Database, Statement } from "@db/sqlite";
import type { Bytes } from "../../shared/bytes.ts";
import type { ClientEntry } from "../../shared/protocol/response.ts";

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

  /** Takes over what the server's list says. */
  put(entries: readonly ClientEntry[]): void {
    this.#database.transaction(() => {
      for (const { id, name } of entries) this.#put.run(id, name);
    }).immediate();
  }

  /** Forgets everybody; the server's list tells again who there is. */
  forgetAll(): void {
    this.#forgetAll.run();
  }

  /** The 160-byte public key, where it was used before. */
  publicKey(id: Bytes): Bytes | undefined {
    return this.#publicKey.value<Bytes>(id) ?? undefined;
  }

  putPublicKey(id: Bytes, publicKey: Bytes): void {
    this.#putKey.run(publicKey, id);
  }
}

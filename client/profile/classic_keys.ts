/**
 * The symmetric keys shared with each classic contact. A contact may use any of them at any time
 * (keys cross on the wire), so all are kept. Of our own there is one a contact: whenever it is asked
 * for a key it gets the same again, so it does not matter which of several answers a contact that
 * honours only the first has seen.
 *
 * Of the keys that came from a contact the {@link MAX_KEYS} last used, then the last that came, are
 * kept, so that one who sends thousands cannot make every message cost thousands of attempts.
 */
import type { Database, Statement } from "@db/sqlite";
import type { Bytes } from "../../shared/bytes.ts";

/** Keys kept for a contact, beside our own and the one in use. */
const MAX_KEYS = 64;

export class ClassicKeys {
  readonly #database: Database;
  readonly #own: Statement;
  readonly #sending: Statement;
  readonly #all: Statement;
  readonly #put: Statement;
  readonly #choose: Statement;
  readonly #used: Statement;
  readonly #prune: Statement;
  readonly #retireAll: Statement;

  constructor(database: Database) {
    this.#database = database;
    this.#own = database.prepare("SELECT key FROM classic_keys WHERE contact = ? AND own = 1");
    this.#sending = database.prepare(
      "SELECT key FROM classic_keys WHERE contact = ? AND sending = 1",
    );
    this.#all = database.prepare(
      "SELECT key FROM classic_keys WHERE contact = ? ORDER BY last_used DESC, number DESC",
    );
    this.#put = database.prepare(
      "INSERT OR IGNORE INTO classic_keys (contact, key, own) VALUES (?, ?, ?)",
    );
    this.#choose = database.prepare(
      "UPDATE classic_keys SET sending = (key = ?2) WHERE contact = ?1",
    );
    this.#used = database.prepare(
      "UPDATE classic_keys SET last_used = (SELECT max(last_used) + 1 FROM classic_keys) " +
        "WHERE contact = ?1 AND key = ?2 AND (last_used = 0 OR " +
        "last_used < (SELECT max(last_used) FROM classic_keys WHERE contact = ?1))",
    );
    this.#prune = database.prepare(
      "DELETE FROM classic_keys WHERE contact = ?1 AND own = 0 AND sending = 0 " +
        "AND number NOT IN (SELECT number FROM classic_keys WHERE contact = ?1 " +
        "ORDER BY last_used DESC, number DESC LIMIT ?2)",
    );
    this.#retireAll = database.prepare("UPDATE classic_keys SET own = 0, sending = 0");
  }

  /** Our own key for this contact, where there is one. */
  own(contact: Bytes): Bytes | undefined {
    return this.#own.value<[Bytes]>(contact)?.[0];
  }

  /** What to encrypt with: the last key that came from the contact or reached it. */
  sending(contact: Bytes): Bytes | undefined {
    return this.#sending.value<[Bytes]>(contact)?.[0];
  }

  /** Every key that the contact may encrypt with, the most likely first. */
  all(contact: Bytes): Bytes[] {
    return this.#all.all<{ key: Bytes }>(contact).map(({ key }) => key);
  }

  /** Keeps `key` for messages that the contact may encrypt with it; tells whether it is new. */
  put(contact: Bytes, key: Bytes, { own }: { own: boolean }): boolean {
    return this.#database.transaction(() => {
      const isNew = this.#put.run(contact, key, own ? 1 : 0) > 0;
      if (isNew) this.#prune.run(contact, MAX_KEYS);
      return isNew;
    }).immediate();
  }

  /** From now on what is sent to the contact is encrypted with `key`, which was kept before. */
  sendWith(contact: Bytes, key: Bytes): void {
    this.#choose.run(contact, key);
  }

  /** Keeps all keys for what was encrypted with them, and has none of them used any more. */
  retireAll(): void {
    this.#retireAll.run();
  }

  /** Notes that the contact has encrypted with `key`. */
  used(contact: Bytes, key: Bytes): void {
    this.#used.run(contact, key);
  }
}

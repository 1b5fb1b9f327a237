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
import { type Bytes, equalBytes } from "../../../shared/bytes.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";
import { damagedRow, rowOf, type Vault } from "../sealing/vault.ts";

/** Keys kept for a contact, beside our own and the one in use. */
const MAX_KEYS = 64;

interface Row {
  /** The ID of the contact. */
  readonly contact: Bytes;
  /** 16 bytes. */
  readonly key: Bytes;
}

interface Cells {
  number: number;
  sealed: Bytes;
}

export const CLASSIC_KEYS: SealedTable<Row> = {
  name: "classic_keys",
  key: "number",
  tags: {
    contact: (vault, { contact }) => contactTag(vault, contact),
    key: (vault, { contact, key }) => keyTag(vault, contact, key),
  },
};

export class ClassicKeys {
  readonly #database: Database;
  readonly #vault: Vault;
  readonly #next: Statement;
  readonly #own: Statement;
  readonly #sending: Statement;
  readonly #all: Statement;
  readonly #put: Statement;
  readonly #choose: Statement;
  readonly #used: Statement;
  readonly #prune: Statement;
  readonly #retireAll: Statement;

  constructor(database: Database, vault: Vault) {
    this.#database = database;
    this.#vault = vault;
    const select = "SELECT number, sealed FROM classic_keys WHERE contact = ?";
    this.#own = database.prepare(`${select} AND own = 1`);
    this.#sending = database.prepare(`${select} AND sending = 1`);
    this.#all = database.prepare(`${select} ORDER BY last_used DESC, number DESC`);
    this.#next = database.prepare("SELECT ifnull(max(number), 0) + 1 FROM classic_keys");
    this.#put = database.prepare(
      "INSERT OR IGNORE INTO classic_keys (number, contact, key, own, sealed) " +
        "VALUES (?, ?, ?, ?, ?)",
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
    return this.#opened(this.#own, contact)[0];
  }

  /** What to encrypt with: the last key that came from the contact or reached it. */
  sending(contact: Bytes): Bytes | undefined {
    return this.#opened(this.#sending, contact)[0];
  }

  /** Every key that the contact may encrypt with, the most likely first. */
  all(contact: Bytes): Bytes[] {
    return this.#opened(this.#all, contact);
  }

  /** Keeps `key` for messages that the contact may encrypt with it; tells whether it is new. */
  put(contact: Bytes, key: Bytes, { own }: { own: boolean }): boolean {
    return this.#database.transaction(() => {
      const tag = contactTag(this.#vault, contact);
      const number = this.#next.value<[number]>()?.[0] ?? 1;
      const sealed = this.#vault.sealRow(rowOf(CLASSIC_KEYS.name, number), { contact, key });
      const unique = keyTag(this.#vault, contact, key);
      const isNew = this.#put.run(number, tag, unique, own ? 1 : 0, sealed) > 0;
      if (isNew) this.#prune.run(tag, MAX_KEYS);
      return isNew;
    }).immediate();
  }

  /** From now on what is sent to the contact is encrypted with `key`, which was kept before. */
  sendWith(contact: Bytes, key: Bytes): void {
    this.#choose.run(contactTag(this.#vault, contact), keyTag(this.#vault, contact, key));
  }

  /** Keeps all keys for what was encrypted with them, and has none of them used any more. */
  retireAll(): void {
    this.#retireAll.run();
  }

  /** Notes that the contact has encrypted with `key`. */
  used(contact: Bytes, key: Bytes): void {
    this.#used.run(contactTag(this.#vault, contact), keyTag(this.#vault, contact, key));
  }

  #opened(statement: Statement, contact: Bytes): Bytes[] {
    return statement.all<Cells>(contactTag(this.#vault, contact)).map(({ number, sealed }) => {
      const context = rowOf(CLASSIC_KEYS.name, number);
      const row = this.#vault.openRow<Row>(context, sealed);
      if (!equalBytes(row.contact, contact)) throw damagedRow(context);
      return row.key;
    });
  }
}

function contactTag(vault: Vault, contact: Bytes): Bytes {
  return vault.blind("classic_keys.contact", contact);
}

function keyTag(vault: Vault, contact: Bytes, key: Bytes): Bytes {
  return vault.blind("classic_keys.key", contact, key);
}

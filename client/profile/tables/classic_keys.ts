/**
 * The symmetric keys shared with each classic contact. Keys cross on the wire, so that a contact
 * may use any of them at any time, and all are kept. There is one key of our own for each contact,
 * which it gets whenever it asks: an original client honours only the first answer that it sees.
 *
 * Of the keys that came from a contact, {@link MAX_KEYS} are kept: the last used, then the last
 * received. So nobody can send thousands of keys and make every message cost thousands of attempts.
 */
import type { Statement } from "@db/sqlite";
import { type Bytes, equalBytes } from "../../../shared/bytes.ts";
import { SealedStore } from "../sealing/sealed_store.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";
import { movedRow, rowOf, type Vault } from "../sealing/vault.ts";

/** Keys kept for a contact, besides our own and the one in use. */
const MAX_KEYS = 64;
const SELECT = "SELECT number, sealed FROM classic_keys WHERE contact = ?";

interface Row {
  /** The ID of the contact. */
  readonly contact: Bytes;
  /** 16 bytes. */
  readonly key: Bytes;
}

export const CLASSIC_KEYS: SealedTable<Row> = {
  name: "classic_keys",
  schema: `
    -- Symmetric keys shared with classic contacts.
    CREATE TABLE classic_keys (
      number    INTEGER PRIMARY KEY,
      contact   BLOB NOT NULL,              -- tag
      key       BLOB NOT NULL UNIQUE,       -- tag of contact and key
      own       INTEGER NOT NULL,           -- 1: made here, 0: received
      sending   INTEGER NOT NULL DEFAULT 0, -- 1: what is sent now is encrypted with it
      last_used INTEGER NOT NULL DEFAULT 0, -- grows with each message it decrypted
      sealed    BLOB NOT NULL
    ) STRICT;

    CREATE INDEX classic_keys_by_contact ON classic_keys (contact);
  `,
  key: "number",
  tags: {
    contact: (vault, { contact }) => contactTag(vault, contact),
    key: (vault, { contact, key }) => keyTag(vault, contact, key),
  },
};

/** Keeps the keys that each classic contact may use. */
export class ClassicKeys extends SealedStore<Row> {
  protected readonly table = CLASSIC_KEYS.name;

  readonly #own = this.prepare(`${SELECT} AND own = 1`);
  readonly #sending = this.prepare(`${SELECT} AND sending = 1`);
  readonly #all = this.prepare(`${SELECT} ORDER BY last_used DESC, number DESC`);
  readonly #put = this.prepare(
    "INSERT OR IGNORE INTO classic_keys (number, contact, key, own, sealed) " +
      "VALUES (?, ?, ?, ?, ?)",
  );
  readonly #choose = this.prepare(
    "UPDATE classic_keys SET sending = (key = ?2) WHERE contact = ?1",
  );
  readonly #used = this.prepare(
    "UPDATE classic_keys SET last_used = (SELECT max(last_used) + 1 FROM classic_keys) " +
      "WHERE contact = ?1 AND key = ?2 AND (last_used = 0 OR " +
      "last_used < (SELECT max(last_used) FROM classic_keys WHERE contact = ?1))",
  );
  readonly #prune = this.prepare(
    "DELETE FROM classic_keys WHERE contact = ?1 AND own = 0 AND sending = 0 " +
      "AND number NOT IN (SELECT number FROM classic_keys WHERE contact = ?1 " +
      "ORDER BY last_used DESC, number DESC LIMIT ?2)",
  );
  readonly #retireAll = this.prepare("UPDATE classic_keys SET own = 0, sending = 0");

  /** Returns our own key for this contact, if there is one. */
  own(contact: Bytes): Bytes | undefined {
    return this.#opened(this.#own, contact)[0];
  }

  /** Returns the key to encrypt with: the last one that came from the contact or reached it. */
  sending(contact: Bytes): Bytes | undefined {
    return this.#opened(this.#sending, contact)[0];
  }

  /** Returns every key that the contact may encrypt with, the most likely first. */
  all(contact: Bytes): Bytes[] {
    return this.#opened(this.#all, contact);
  }

  /** Keeps `key` for messages that the contact may encrypt with it; reports whether it is new. */
  put(contact: Bytes, key: Bytes, { own }: { own: boolean }): boolean {
    return this.transaction(() => {
      const tag = contactTag(this.vault, contact);
      const number = this.nextNumber();
      const sealed = this.sealRow(number, { contact, key });
      const unique = keyTag(this.vault, contact, key);
      const isNew = this.#put.run(number, tag, unique, own ? 1 : 0, sealed) > 0;
      if (isNew) this.#prune.run(tag, MAX_KEYS);
      return isNew;
    });
  }

  /** Makes `key`, which was kept before, the one that encrypts what is sent to the contact. */
  sendWith(contact: Bytes, key: Bytes): void {
    this.#choose.run(contactTag(this.vault, contact), keyTag(this.vault, contact, key));
  }

  /** Keeps all keys for decrypting, and uses none of them for encrypting any more. */
  retireAll(): void {
    this.#retireAll.run();
  }

  /** Notes that the contact has encrypted with `key`. */
  used(contact: Bytes, key: Bytes): void {
    this.#used.run(contactTag(this.vault, contact), keyTag(this.vault, contact, key));
  }

  #opened(statement: Statement, contact: Bytes): Bytes[] {
    return this.openRows(statement, contactTag(this.vault, contact)).map((row) => {
      if (!equalBytes(row.contact, contact)) throw movedRow(rowOf(this.table, row.number));
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

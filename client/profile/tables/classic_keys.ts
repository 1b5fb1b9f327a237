import type { Bytes } from "../../../shared/bytes.ts";
import { SealedStore } from "../sealing/sealed_store.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";

/** Keys kept for a contact, besides our own and the one in use. */
const MAX_KEYS = 64;

interface Row {
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
    contact: ["classic_keys.contact", ({ contact }) => [contact]],
    key: ["classic_keys.key", ({ contact, key }) => [contact, key]],
  },
};

/**
 * The symmetric keys shared with each classic contact. Keys cross on the wire, so that a contact
 * may use any of them at any time, and all are kept. There is one key of our own for each contact,
 * which it gets whenever it asks: an original client honours only the first answer that it sees.
 *
 * Of the keys that came from a contact, {@link MAX_KEYS} are kept: the last used, then the last
 * received. So nobody can send thousands of keys and make every message cost thousands of attempts.
 */
export class ClassicKeys extends SealedStore<Row> {
  protected readonly table = CLASSIC_KEYS;

  /** Returns our own key for this contact, if there is one. */
  own(contact: Bytes): Bytes | undefined {
    return this.#keys(contact, "AND own = 1")[0];
  }

  /** Returns the key to encrypt with: the last one that came from the contact or reached it. */
  sending(contact: Bytes): Bytes | undefined {
    return this.#keys(contact, "AND sending = 1")[0];
  }

  /** Returns every key that the contact may encrypt with, the most likely first. */
  all(contact: Bytes): Bytes[] {
    return this.#keys(contact, "ORDER BY last_used DESC, number DESC");
  }

  /** Keeps `key` for messages that the contact may encrypt with it; reports whether it is new. */
  put(contact: Bytes, key: Bytes, { own }: { own: boolean }): boolean {
    return this.transaction(() => {
      const clear = { number: this.nextNumber(), own: own ? 1 : 0 };
      const isNew = this.addRow(clear, { contact, key }, "ON CONFLICT DO NOTHING");
      if (!isNew) return false;
      this.run(
        "DELETE FROM classic_keys WHERE contact = ?1 AND own = 0 AND sending = 0 " +
          "AND number NOT IN (SELECT number FROM classic_keys WHERE contact = ?1 " +
          "ORDER BY last_used DESC, number DESC LIMIT ?2)",
        this.tag("contact", contact),
        MAX_KEYS,
      );
      return true;
    });
  }

  /** Makes `key`, which was kept before, the one that encrypts what is sent to the contact. */
  sendWith(contact: Bytes, key: Bytes): void {
    const sql = "UPDATE classic_keys SET sending = (key = ?2) WHERE contact = ?1";
    this.run(sql, this.tag("contact", contact), this.tag("key", contact, key));
  }

  /** Keeps all keys for decrypting, and uses none of them for encrypting any more. */
  retireAll(): void {
    this.run("UPDATE classic_keys SET own = 0, sending = 0");
  }

  /** Notes that the contact has encrypted with `key`. */
  used(contact: Bytes, key: Bytes): void {
    this.run(
      "UPDATE classic_keys SET last_used = (SELECT max(last_used) + 1 FROM classic_keys) " +
        "WHERE contact = ?1 AND key = ?2 AND (last_used = 0 OR " +
        "last_used < (SELECT max(last_used) FROM classic_keys WHERE contact = ?1))",
      this.tag("contact", contact),
      this.tag("key", contact, key),
    );
  }

  #keys(contact: Bytes, end: string): Bytes[] {
    return this.rowsBy("contact", [contact], end).map(({ key }) => key);
  }
}

import { type Bytes, equalBytes, toHex } from "../../../shared/bytes.ts";
import { claimsToBeSecure } from "../../../shared/crypto/identity.ts";
import type { ClientEntry } from "../../../shared/protocol/message.ts";
import { ClientError } from "../../errors.ts";
import { SealedStore } from "../sealing/sealed_store.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";

const NO_KEY = new Uint8Array(0);

/** A client, and what the owner has decided about it. */
export interface Contact extends ClientEntry {
  /** What the owner calls it. */
  readonly alias?: string;
  /** The 160-byte public key, if it was used before. */
  readonly publicKey?: Bytes;
  /** Whether what it sends is hidden. */
  readonly blocked: boolean;
  /** Whether its safety number was compared. */
  readonly verified: boolean;
}

/** The time that messages of a conversation stay. */
export type Timer = {
  /** From when they were sent or read; 0: for ever. */
  readonly seconds: number;
  /** When it was set, in milliseconds since 1970, and the ID of the content that says so. */
  readonly at: number;
  readonly id: Bytes;
};

interface Row extends Contact {
  readonly timer?: Timer;
  /** Whether it gets no receipts. */
  readonly noReceipts?: boolean;
  /** Whether the owner has turned to this client. Without it, other facts may say so. */
  readonly accepted?: boolean;
  /** Whether the name came with a card, so that the server's list cannot change it. */
  readonly pinned: boolean;
}

export const CONTACTS: SealedTable<Row> = {
  name: "contacts",
  schema: `
    CREATE TABLE contacts (
      id     BLOB PRIMARY KEY,  -- tag
      name   BLOB NOT NULL,     -- tag
      alias  BLOB,              -- tag
      sealed BLOB NOT NULL
    ) STRICT;

    CREATE INDEX contacts_by_name ON contacts (name);
    CREATE INDEX contacts_by_alias ON contacts (alias) WHERE alias IS NOT NULL;
  `,
  key: "id",
  tags: {
    id: ["contacts.id", ({ id }) => [id]],
    name: ["contacts.name", ({ name }) => [name]],
    alias: ["contacts.name", ({ alias }) => [alias]],
  },
};

/** Results of lookups that are kept in memory: every message needs the same few. */
const MAX_REMEMBERED = 1000;

/** Keeps every client once, found by its ID, its name or its alias. */
export class Contacts extends SealedStore<Row> {
  protected readonly table = CONTACTS;
  /** Rows that were found since the last change, by their search key. */
  readonly #memory = new Map<string, Row | undefined>();
  /** Whether something was written in a transaction that may still be open, and be undone. */
  #unsettled = false;

  byId(id: Bytes): Contact | undefined {
    const row = this.#find("id", id);
    return row && contactOf(row);
  }

  /** Returns the contact that the owner calls `name`, else the one with that name. */
  byName(name: string): Contact | undefined {
    const row = this.#find("alias", name) ?? this.#find("name", name);
    return row && contactOf(row);
  }

  /** Returns all contacts in the order of their names. */
  all(): Contact[] {
    return this.rows("").map(contactOf)
      .sort((a, b) => a.name < b.name ? -1 : Number(a.name > b.name));
  }

  /**
   * Takes over what the server says of clients, with their public keys if it gives them.
   *
   * A name stays with the client that it was first seen with: an entry that brings it for another
   * client is passed over. A secure client stays as it was first seen, as its key cannot change,
   * and another name would free its own for someone else. A client whose name is the alias of
   * another contact is kept, but found by its ID alone. What changes nothing is not written.
   */
  put(entries: readonly (ClientEntry & { publicKey?: Bytes })[]): void {
    this.transaction(() => {
      for (const { id, name, publicKey } of entries) {
        const known = this.#find("id", id);
        if (known && claimsToBeSecure(known.publicKey ?? NO_KEY)) continue;
        if (known?.name !== name) {
          const owner = this.#find("name", name);
          if (owner && !equalBytes(owner.id, id)) continue;
        }
        if (!known) this.#write(newRow(id, name, publicKey));
        else this.#change(known, { name: known.pinned ? known.name : name, publicKey });
      }
    });
  }

  /**
   * Adds the contact that a card names: from now on `name` is that of the client with this ID,
   * whatever the server's list says.
   * @throws {ClientError} `wrong-identity` if the name is that of another contact, or its alias
   */
  add(id: Bytes, name: string): void {
    this.transaction(() => {
      const owner = this.#otherCalled(id, name);
      if (owner) {
        const message = `another client, ${toHex(owner.id)}, is called "${name}" here`;
        throw new ClientError("wrong-identity", message);
      }
      const known = this.#find("id", id);
      if (known) this.#change(known, { name, pinned: true });
      else this.#write({ ...newRow(id, name), pinned: true });
    });
  }

  /**
   * Calls a contact `alias` from now on; without one, by its name.
   * @throws {ClientError} `bad-name` if that is the name or the alias of another contact
   */
  setAlias(id: Bytes, alias: string | undefined): void {
    this.transaction(() => {
      if (alias !== undefined && this.#otherCalled(id, alias)) {
        throw new ClientError("bad-name", `"${alias}" is what another contact is called`);
      }
      const known = this.#find("id", id);
      if (!known || known.alias === alias) return;
      const { alias: _, ...row } = known;
      this.#write(alias === undefined ? row : { ...row, alias });
    });
  }

  /** Sets whether what the contact sends is hidden. */
  setBlocked(id: Bytes, blocked: boolean): void {
    this.#changeById(id, { blocked });
  }

  /** Sets whether the contact's safety number was compared. */
  setVerified(id: Bytes, verified: boolean): void {
    this.#changeById(id, { verified });
  }

  /** Notes that the owner has turned to a contact, who is no stranger from now on. */
  accept(id: Bytes): void {
    this.transaction(() => {
      const known = this.#find("id", id);
      if (known && !known.accepted) this.#write({ ...known, accepted: true });
    });
  }

  /** Reports whether the owner has turned to a contact, added, verified or named it. */
  isAccepted(id: Bytes): boolean {
    const row = this.#find("id", id);
    return row !== undefined &&
      (row.accepted === true || row.pinned || row.verified || row.alias !== undefined);
  }

  /** Returns the timer of the conversation with a contact, if one was ever set. */
  timer(id: Bytes): Timer | undefined {
    return this.#find("id", id)?.timer;
  }

  /** Sets the timer of a conversation, unless a newer one is set; reports whether it did. */
  setTimer(id: Bytes, timer: Timer): boolean {
    return this.transaction(() => {
      const known = this.#find("id", id);
      if (!known || known.timer && !isNewer(timer, known.timer)) return false;
      this.#write({ ...known, timer });
      return true;
    });
  }

  /** Reports whether a contact gets receipts, once it is no stranger. */
  getsReceipts(id: Bytes): boolean {
    const row = this.#find("id", id);
    return row !== undefined && row.noReceipts !== true && !row.blocked;
  }

  setReceipts(id: Bytes, on: boolean): void {
    this.transaction(() => {
      const known = this.#find("id", id);
      if (known) this.#write({ ...known, noReceipts: !on });
    });
  }

  /** Forgets everyone; the server's list tells who there is. */
  forgetAll(): void {
    this.#memory.clear();
    this.#unsettled = this.database.inTransaction;
    this.run("DELETE FROM contacts");
  }

  /** Returns the 160-byte public key, if it was used before. */
  publicKey(id: Bytes): Bytes | undefined {
    return this.#find("id", id)?.publicKey;
  }

  /** Keeps the public key of a client that is a contact. */
  putPublicKey(id: Bytes, publicKey: Bytes): void {
    this.#changeById(id, { publicKey });
  }

  /** Remembers what it finds, except in a transaction that has changed something. */
  #find(column: "id" | "name" | "alias", value: Bytes | string): Row | undefined {
    const key = `${column} ${typeof value === "string" ? value : toHex(value)}`;
    if (this.#memory.has(key)) return this.#memory.get(key);
    const [row] = this.rowsBy(column, [value], "LIMIT 1");
    if (this.#memory.size >= MAX_REMEMBERED) this.#memory.clear();
    if (this.#unsettled) this.#unsettled = this.database.inTransaction;
    if (!this.#unsettled) this.#memory.set(key, row);
    return row;
  }

  /** Returns a contact that is called `name` and has another ID. */
  #otherCalled(id: Bytes, name: string): Row | undefined {
    return [this.#find("alias", name), this.#find("name", name)]
      .find((row) => row && !equalBytes(row.id, id));
  }

  #changeById(id: Bytes, changes: Partial<Row>): void {
    this.transaction(() => {
      const known = this.#find("id", id);
      if (known) this.#change(known, changes);
    });
  }

  #change(known: Row, changes: Partial<Row>): void {
    const { publicKey = known.publicKey, ...others } = changes;
    const row: Row = { ...known, ...others };
    const sameKey = publicKey === known.publicKey ||
      publicKey && known.publicKey && equalBytes(publicKey, known.publicKey);
    if (
      sameKey && row.name === known.name && row.blocked === known.blocked &&
      row.verified === known.verified && row.pinned === known.pinned
    ) return;
    this.#write(publicKey ? { ...row, publicKey } : row);
  }

  #write(row: Row): void {
    this.#memory.clear();
    this.#unsettled = this.database.inTransaction;
    this.putRow({}, row);
    this.onChange({ kind: "contact", id: row.id });
  }
}

function newRow(id: Bytes, name: string, publicKey?: Bytes): Row {
  const row = { id, name, blocked: false, verified: false, pinned: false };
  return publicKey ? { ...row, publicKey } : row;
}

function contactOf(row: Row): Contact {
  const { pinned: _, accepted: __, timer: ___, noReceipts: ____, ...contact } = row;
  return contact;
}

function isNewer(timer: Timer, before: Timer): boolean {
  if (timer.at !== before.at) return timer.at > before.at;
  return toHex(timer.id) > toHex(before.id);
}

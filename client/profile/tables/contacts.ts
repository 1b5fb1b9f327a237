/** The clients that this profile has met, and what it knows of them. */
import type { Statement } from "@db/sqlite";
import { type Bytes, equalBytes, toHex, utf8 } from "../../../shared/bytes.ts";
import { claimsToBeSecure } from "../../../shared/crypto/identity.ts";
import type { ClientEntry } from "../../../shared/protocol/message.ts";
import { ClientError } from "../../errors.ts";
import { SealedStore } from "../sealing/sealed_store.ts";
import { rowsOf, type SealedTable } from "../sealing/sealed_table.ts";
import { movedRow, rowOf, type Vault } from "../sealing/vault.ts";

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

interface Row extends Contact {
  /** Whether the name came with a card, so that the server's list cannot change it. */
  readonly pinned: boolean;
}

interface Cells {
  id: Bytes;
  sealed: Bytes;
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
    id: (vault, { id }) => idTag(vault, id),
    name: (vault, { name }) => nameTag(vault, name),
    alias: (vault, { alias }) => alias === undefined ? null : nameTag(vault, alias),
  },
};

/** Results of lookups that are kept in memory: every message needs the same few. */
const MAX_REMEMBERED = 1000;

/** Keeps every client once, found by its ID, its name or its alias. */
export class Contacts extends SealedStore<Row> {
  protected readonly table = CONTACTS.name;
  /** Rows that were found since the last change, by their search key. */
  readonly #memory = new Map<string, Row | undefined>();

  readonly #byId = this.prepare("SELECT id, sealed FROM contacts WHERE id = ?");
  readonly #byName = this.prepare("SELECT id, sealed FROM contacts WHERE name = ?");
  readonly #byAlias = this.prepare("SELECT id, sealed FROM contacts WHERE alias = ?");
  readonly #put = this.prepare(
    "INSERT INTO contacts (id, name, alias, sealed) VALUES (?1, ?2, ?3, ?4) " +
      "ON CONFLICT DO UPDATE SET name = ?2, alias = ?3, sealed = ?4",
  );
  readonly #forgetAll = this.prepare("DELETE FROM contacts");

  byId(id: Bytes): Contact | undefined {
    const row = this.#rowById(id);
    return row && contactOf(row);
  }

  /** Returns the contact that the owner calls `name`, else the one with that name. */
  byName(name: string): Contact | undefined {
    const row = this.#rowByAlias(name) ?? this.#rowByName(name);
    return row && contactOf(row);
  }

  /** Returns all contacts in the order of their names. */
  all(): Contact[] {
    const contacts: Contact[] = [];
    for (const cells of rowsOf(this.database, CONTACTS.name)) {
      const { id, sealed } = cells as unknown as Cells;
      contacts.push(contactOf(this.openRow(id, sealed)));
    }
    return contacts.sort((a, b) => a.name < b.name ? -1 : Number(a.name > b.name));
  }

  /**
   * Takes over entries of the server's list, with their public keys if it has them.
   *
   * A name stays with the client that it was first seen with: an entry that brings it for another
   * client is passed over. A secure client stays as it was first seen, as its key cannot change,
   * and another name would free its own for someone else. A client whose name is the alias of
   * another contact is kept, but found by its ID alone. What changes nothing is not written.
   */
  put(entries: readonly (ClientEntry & { publicKey?: Bytes })[]): void {
    this.transaction(() => {
      for (const { id, name, publicKey } of entries) {
        const known = this.#rowById(id);
        if (known && claimsToBeSecure(known.publicKey ?? NO_KEY)) continue;
        if (known?.name !== name) {
          const owner = this.#rowByName(name);
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
        throw new ClientError(
          "wrong-identity",
          `another client, ${toHex(owner.id)}, is called "${name}" here`,
        );
      }
      const known = this.#rowById(id);
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
      const known = this.#rowById(id);
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

  /** Forgets everyone; the server's list tells who there is. */
  forgetAll(): void {
    this.#memory.clear();
    this.#forgetAll.run();
  }

  /** Returns the 160-byte public key, if it was used before. */
  publicKey(id: Bytes): Bytes | undefined {
    return this.#rowById(id)?.publicKey;
  }

  /** Keeps the public key of a client that is a contact. */
  putPublicKey(id: Bytes, publicKey: Bytes): void {
    this.#changeById(id, { publicKey });
  }

  #rowById(id: Bytes): Row | undefined {
    return this.#remembered(`id ${toHex(id)}`, () => {
      return this.#lookUp(this.#byId, idTag(this.vault, id), (row) => equalBytes(row.id, id));
    });
  }

  #rowByName(name: string): Row | undefined {
    return this.#remembered(`name ${name}`, () => {
      return this.#lookUp(this.#byName, nameTag(this.vault, name), (row) => row.name === name);
    });
  }

  #rowByAlias(name: string): Row | undefined {
    return this.#remembered(`alias ${name}`, () => {
      return this.#lookUp(this.#byAlias, nameTag(this.vault, name), (row) => row.alias === name);
    });
  }

  /**
   * Returns what `find` finds, or found since the last change. What is found in a transaction is
   * not remembered, as the transaction may be undone.
   */
  #remembered(key: string, find: () => Row | undefined): Row | undefined {
    if (this.#memory.has(key)) return this.#memory.get(key);
    const row = find();
    if (this.#memory.size >= MAX_REMEMBERED) this.#memory.clear();
    if (!this.database.inTransaction) this.#memory.set(key, row);
    return row;
  }

  /** Returns a contact that is called `name` and has another ID. */
  #otherCalled(id: Bytes, name: string): Row | undefined {
    return [this.#rowByAlias(name), this.#rowByName(name)]
      .find((row) => row && !equalBytes(row.id, id));
  }

  #lookUp(statement: Statement, tag: Bytes, fits: (row: Row) => boolean): Row | undefined {
    const cells = statement.get<Cells>(tag);
    if (!cells) return undefined;
    const row = this.openRow(cells.id, cells.sealed);
    if (!fits(row)) throw movedRow(rowOf(this.table, cells.id));
    return row;
  }

  #changeById(id: Bytes, changes: Partial<Row>): void {
    this.transaction(() => {
      const known = this.#rowById(id);
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
    const { id, name, alias } = row;
    const key = idTag(this.vault, id);
    const aliasTag = alias === undefined ? null : nameTag(this.vault, alias);
    this.#memory.clear();
    this.#put.run(key, nameTag(this.vault, name), aliasTag, this.sealRow(key, row));
  }
}

function idTag(vault: Vault, id: Bytes): Bytes {
  return vault.blind("contacts.id", id);
}

/** Returns the tag of a name or of an alias. */
function nameTag(vault: Vault, name: string): Bytes {
  return vault.blind("contacts.name", utf8(name));
}

function newRow(id: Bytes, name: string, publicKey?: Bytes): Row {
  const row = { id, name, blocked: false, verified: false, pinned: false };
  return publicKey ? { ...row, publicKey } : row;
}

function contactOf({ pinned: _, ...contact }: Row): Contact {
  return contact;
}

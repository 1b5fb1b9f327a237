/** The table of clients. Each row also counts what waits in the client's mailbox. */
import { type Bytes, equalBytes } from "../../../shared/bytes.ts";
import { StorageError } from "../../../shared/errors.ts";
import type { Client, ClientList, StorageOptions } from "../storage.ts";
import { type SqliteFile, Table } from "./database.ts";

export const CLIENTS_SCHEMA = `
  CREATE TABLE clients (
    number        INTEGER PRIMARY KEY,
    id            BLOB NOT NULL UNIQUE,
    name          TEXT NOT NULL UNIQUE,
    public_key    BLOB NOT NULL,
    registered_at INTEGER NOT NULL,           -- milliseconds since 1970
    last_message  INTEGER NOT NULL DEFAULT 0, -- highest message ID ever given in this mailbox
    messages      INTEGER NOT NULL DEFAULT 0, -- waiting now
    bytes         INTEGER NOT NULL DEFAULT 0  -- of content, waiting now
  ) STRICT;
`;

/** Clients in one page of a list. */
const PAGE = 512;

export class SqliteClients extends Table<keyof typeof STATEMENTS> {
  readonly #options: StorageOptions;

  constructor(file: SqliteFile, options: StorageOptions) {
    super(file, STATEMENTS);
    this.#options = options;
  }

  register(client: Client): Promise<void> {
    const { limits, now } = this.#options;
    return this.file.write(() => {
      // Clients are numbered from 1 and never deleted.
      if (this.#last() >= limits.maxClients) {
        throw new StorageError("clients-full", "the server takes no further clients");
      }
      if (this.statements.byName.get(client.name)) {
        throw new StorageError("name-taken", "the name is taken");
      }
      this.statements.add.run(client.id, client.name, client.publicKey, now());
    }, client.id);
  }

  client(id: Bytes): Promise<Client | undefined> {
    return this.file.read(() => this.statements.byId.get<Client>(id));
  }

  clientsExcept(except: Bytes): Promise<ClientList> {
    return this.file.read(() => {
      const last = this.#last();
      const count = this.statements.countExcept.value<[number]>(last, except)?.[0] ?? 0;
      return { count, pages: this.#pages(except, last) };
    });
  }

  async *#pages(except: Bytes, last: number): AsyncIterable<Client[]> {
    for (let after = 0; after < last;) {
      const page = await this.file.read(() =>
        this.statements.page.all<Client & { number: number }>(after, last, PAGE)
      );
      after = page.at(-1)?.number ?? last;
      yield page.filter(({ id }) => !equalBytes(id, except));
    }
  }

  #last(): number {
    return this.statements.last.value<[number]>()?.[0] ?? 0;
  }
}

const STATEMENTS = {
  add: "INSERT INTO clients (id, name, public_key, registered_at) VALUES (?, ?, ?, ?)",
  last: "SELECT max(number) FROM clients",
  byName: "SELECT 1 FROM clients WHERE name = ?",
  byId: "SELECT id, name, public_key AS publicKey FROM clients WHERE id = ?",
  countExcept: "SELECT count(*) FROM clients WHERE number <= ? AND id <> ?",
  page: "SELECT number, id, name, public_key AS publicKey FROM clients " +
    "WHERE number > ? AND number <= ? ORDER BY number LIMIT ?",
};

/** The {@link Storage} of one process over one SQLite file: its tables, put together. */
import { Database } from "@db/sqlite";
import type { Bytes } from "../../../shared/bytes.ts";
import type { StorageOptions } from "../storage_options.ts";
import type { Client, Deposit, Room, Storage } from "../storage.ts";
import { SqliteClients } from "./clients.ts";
import { SqliteFile } from "./database.ts";
import { SqliteFiles } from "./files.ts";
import { SqliteLeases } from "./leases.ts";
import { SqliteMailboxes } from "./mailboxes.ts";
import { prepareDatabase } from "./migrations.ts";
import { SqlitePrekeys } from "./prekeys.ts";
import { SqliteTokens } from "./tokens.ts";

export class SqliteStorage implements Storage {
  readonly files: SqliteFiles;
  readonly prekeys: SqlitePrekeys;
  readonly leases: SqliteLeases;
  readonly #file: SqliteFile;
  readonly #clients: SqliteClients;
  readonly #tokens: SqliteTokens;
  readonly #mailboxes: SqliteMailboxes;

  /**
   * Opens the database at `path`, and makes it on the first run.
   * @throws {StorageError} `failed` for a database of another, or of a newer, program
   */
  constructor(path: string, options: StorageOptions) {
    const database = new Database(path, { int64: true });
    prepareDatabase(database);
    const file = this.#file = new SqliteFile(database);
    this.#clients = new SqliteClients(file, options);
    this.#tokens = new SqliteTokens(file, options.now);
    this.#mailboxes = new SqliteMailboxes(file, options.limits, this.#tokens);
    this.files = new SqliteFiles(file, options);
    this.prekeys = new SqlitePrekeys(file, options.limits);
    this.leases = new SqliteLeases(file, this.#mailboxes);
  }

  register(client: Client) {
    return this.#clients.register(client);
  }

  client(id: Bytes) {
    return this.#clients.client(id);
  }

  clientsExcept(except: Bytes) {
    return this.#clients.clientsExcept(except);
  }

  deposit(deposit: Deposit) {
    return this.#mailboxes.deposit(deposit);
  }

  heads(mailbox: Bytes, after: number, room: Room) {
    return this.#mailboxes.heads(mailbox, after, room);
  }

  page(mailbox: Bytes, after: number, room: Room) {
    return this.#mailboxes.page(mailbox, after, room);
  }

  watch(mailbox: Bytes, notify: () => void) {
    return this.#mailboxes.watch(mailbox, notify);
  }

  acknowledge(mailbox: Bytes, messageIds: readonly number[]) {
    return this.#mailboxes.acknowledge(mailbox, messageIds);
  }

  forgetTokens() {
    return this.#tokens.forget();
  }

  neededBlobs(names: readonly string[]) {
    return this.#mailboxes.neededBlobs(names);
  }

  close(): Promise<void> {
    this.#file.close();
    return Promise.resolve();
  }
}

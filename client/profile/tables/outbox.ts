/**
 * What is about to be sent, sealed: it is kept in the same step that advances its session, leaves in
 * this order, and is removed when the server has it. A repeat sends the same bytes.
 */
import type { Database, Statement } from "@db/sqlite";
import type { Bytes } from "../../../shared/bytes.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";
import { rowOf, type Vault } from "../sealing/vault.ts";

/** A message as it goes to the server (request 103). */
export interface OutboxItem {
  /** Its number here, in the order of sending. */
  readonly number: number;
  /** The receiver's ID. */
  readonly to: Bytes;
  readonly type: number;
  /** 16 bytes, the same with each repeat. */
  readonly token: Bytes;
  readonly content: Bytes;
  /** The number of its entry in the history, where it has one. */
  readonly history: number | null;
}

type Row = Omit<OutboxItem, "number">;

const NAME = "outbox";
/** Items that are read at once unless the caller says otherwise. */
const PAGE = 64;

export const OUTBOX: SealedTable = { name: NAME, key: "number", tags: {} };

export class Outbox {
  readonly #database: Database;
  readonly #vault: Vault;
  readonly #last: Statement;
  readonly #insert: Statement;
  readonly #first: Statement;
  readonly #remove: Statement;
  /** The largest number that was seen here. */
  #largest = 0;

  constructor(database: Database, vault: Vault) {
    this.#database = database;
    this.#vault = vault;
    this.#last = database.prepare("SELECT max(number) FROM outbox");
    this.#insert = database.prepare("INSERT INTO outbox (number, sealed) VALUES (?, ?)");
    this.#first = database.prepare(
      "SELECT number, sealed FROM outbox WHERE number > ? ORDER BY number LIMIT ?",
    );
    this.#remove = database.prepare("DELETE FROM outbox WHERE number = ?");
  }

  /** Keeps an item behind all others; gives its number. */
  put({ to, type, token, content, history }: Row): number {
    return this.#database.transaction(() => {
      const last = this.#last.value<[number | null]>()?.[0] ?? 0;
      // Never a number again: whoever reads on behind the last item that it saw must find this one.
      const number = Math.max(last, this.#largest) + 1;
      const row = { to, type, token, content, history } satisfies Row;
      this.#insert.run(number, this.#vault.sealRow(rowOf(NAME, number), row));
      this.#largest = number;
      return number;
    }).immediate();
  }

  /**
   * The first items behind number `after`, at most `limit`, in their order.
   * @throws {ClientError} `bad-profile` where a row was changed
   */
  first(after = 0, limit = PAGE): OutboxItem[] {
    const rows = this.#first.all<{ number: number; sealed: Bytes }>(after, limit);
    this.#largest = Math.max(this.#largest, rows.at(-1)?.number ?? 0);
    return rows.map(({ number, sealed }) => {
      return { number, ...this.#vault.openRow<Row>(rowOf(NAME, number), sealed) };
    });
  }

  /** Removes an item that the server has, or will never take. */
  remove(number: number): void {
    this.#remove.run(number);
  }
}

/** What the classes of all tables share. */
import type { Database, Parameters, Statement } from "@db/sqlite";
import type { Bytes } from "../../../shared/bytes.ts";
import type { Fields } from "./sealed_table.ts";
import { rowOf, type Vault } from "./vault.ts";

type Key = number | Bytes;

/**
 * One table in use: its statements, and its rows, which are sealed on their way in and opened on
 * their way out. A subclass compiles its statements as its fields.
 */
export abstract class SealedStore<Row extends object> {
  /** The name of the table. */
  protected abstract readonly table: string;
  protected readonly database: Database;
  protected readonly vault: Vault;
  #next: Statement | undefined;

  constructor(database: Database, vault: Vault) {
    this.database = database;
    this.vault = vault;
  }

  protected prepare(sql: string): Statement {
    return this.database.prepare(sql);
  }

  /** Runs `change` in one transaction, or in the one that is open; returns its result. */
  protected transaction<T>(change: () => T): T {
    return this.database.transaction(change).immediate();
  }

  /** Returns one more than the largest `number` in the table. */
  protected nextNumber(): number {
    this.#next ??= this.prepare(`SELECT ifnull(max(number), 0) + 1 FROM ${this.table}`);
    return this.#next.value<[number]>()?.[0] ?? 1;
  }

  protected sealRow(key: Key, row: Row): Bytes {
    return this.vault.sealRow(rowOf(this.table, key), row as Fields);
  }

  /** @throws {ClientError} `bad-profile` if the row was changed */
  protected openRow(key: Key, sealed: Bytes): Row {
    return this.vault.openRow<Row>(rowOf(this.table, key), sealed);
  }

  /** Opens the row with this key, which `statement` finds: the first column is its `sealed`. */
  protected findRow(statement: Statement, key: Key, ...parameters: Parameters): Row | undefined {
    const sealed = statement.value<[Bytes]>(...parameters)?.[0];
    return sealed && this.openRow(key, sealed);
  }

  /** Opens all rows that `statement` finds, by their columns `number` and `sealed`. */
  protected openRows(
    statement: Statement,
    ...parameters: Parameters
  ): (Row & { readonly number: number })[] {
    return statement.all<{ number: number; sealed: Bytes }>(...parameters)
      .map(({ number, sealed }) => ({ ...this.openRow(number, sealed), number }));
  }
}

import type { Database, Parameters, Statement } from "@db/sqlite";
import { type Bytes, equalBytes } from "../../../shared/bytes.ts";
import type { ClientEvent } from "../../events.ts";
import {
  type Cells,
  cellsOf,
  type Contents,
  type Fields,
  insertionOf,
  type Part,
  type SealedTable,
  tagOf,
} from "./sealed_table.ts";
import { movedRow, rowOf, type Vault } from "./vault.ts";

type Key = number | Bytes;
type Sealed = Cells & { readonly sealed: Bytes };

/**
 * One table in use: its rows are sealed on their way in and opened on their way out. `Opened` is a
 * row with its key, where that is a number. Every method that opens rows fails with `bad-profile`
 * if one was changed or moved.
 */
export abstract class SealedStore<Row extends object, Opened extends object = Row> {
  protected abstract readonly table: SealedTable<Row>;
  protected readonly database: Database;
  protected readonly vault: Vault;
  /** Hears of changes that a user can see. */
  onChange: (event: ClientEvent) => void = () => {};
  readonly #statements = new Map<string, Statement>();

  constructor(database: Database, vault: Vault) {
    this.database = database;
    this.vault = vault;
  }

  /** Returns the statement, which is compiled once. */
  protected statement(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Returns how many rows it has changed. */
  protected run(sql: string, ...parameters: Parameters): number {
    return this.statement(sql).run(...parameters);
  }

  /** Reports whether there is such a row. */
  protected hasRow(where: string, ...parameters: Parameters): boolean {
    const sql = `SELECT 1 FROM ${this.table.name} WHERE ${where} LIMIT 1`;
    return this.statement(sql).get(...parameters) !== undefined;
  }

  /**
   * Runs `change` in one transaction, or in the one that is open, which has to fail with it.
   * Returns its result.
   */
  protected transaction<T>(change: () => T): T {
    const { database } = this;
    return database.inTransaction ? change() : database.transaction(change).immediate();
  }

  /** Returns one more than the largest `number` in the table. */
  protected nextNumber(): number {
    const sql = `SELECT ifnull(max(number), 0) + 1 FROM ${this.table.name}`;
    return this.statement(sql).value<[number]>()?.[0] ?? 1;
  }

  /** Returns the tag of `parts` in `column`; null if one is absent. */
  protected tag(column: string, ...parts: Part[]): Bytes | null {
    return tagOf(this.vault, this.table.tags[column], parts);
  }

  protected sealRow(key: Key, row: Row): Bytes {
    return this.vault.sealRow(rowOf(this.table.name, key), row as Fields);
  }

  protected openRow(key: Key, sealed: Bytes): Row {
    return this.vault.openRow<Row>(rowOf(this.table.name, key), sealed);
  }

  /** Adds a row ({@link cellsOf}); reports whether `onConflict` let it. */
  protected addRow(clear: Cells, row: Row, onConflict = "", more?: Contents): boolean {
    const cells = cellsOf(this.vault, this.table, clear, row, more);
    const sql = `${insertionOf(this.table.name, cells)} ${onConflict}`;
    return this.run(sql, ...Object.values(cells)) > 0;
  }

  /** Adds a row, or puts it in the place of the one with the same key. */
  protected putRow(clear: Cells, row: Row): void {
    const columns = [...Object.keys(this.table.tags), ...Object.keys(clear), "sealed"];
    const changes = columns.map((column) => `${column} = excluded.${column}`);
    this.addRow(clear, row, `ON CONFLICT DO UPDATE SET ${changes}`);
  }

  protected findRow(key: Key | null, where = ""): Row | undefined {
    if (key === null) return undefined;
    const { name, key: column } = this.table;
    const sql = `SELECT ${this.#columns} FROM ${name} WHERE ${column} = ? ${where}`;
    const cells = this.statement(sql).get<Sealed>(key);
    return cells && this.#merged(key, cells);
  }

  get #columns(): string {
    return ["sealed", ...this.table.beside?.columns ?? []].join();
  }

  #merged(key: Key, cells: Sealed): Row {
    const row = this.openRow(key, cells.sealed);
    const beside = this.table.beside?.read(cells);
    return beside ? { ...row, ...beside } : row;
  }

  /** Opens the rows that a `SELECT` with this end finds. */
  protected rows(end: string, ...parameters: Parameters): Opened[] {
    return this.#select(end, parameters);
  }

  /** Opens the rows with the tag of `parts` in `column`; the `SELECT` goes on with `end`. */
  protected rowsBy(
    column: string,
    parts: readonly Part[],
    end = "",
    ...parameters: number[]
  ): Opened[] {
    const [_, partsOf] = this.table.tags[column];
    const all = [this.tag(column, ...parts), ...parameters];
    return this.#select(`WHERE ${column} = ? ${end}`, all, (row) => {
      return partsOf(row).every((part, i) => isSame(part, parts[i]));
    });
  }

  #select(end: string, parameters: Parameters, fits = (_: Row) => true): Opened[] {
    const { name, key: column } = this.table;
    const rows = this.statement(`SELECT ${column} AS key, ${this.#columns} FROM ${name} ${end}`)
      .all<Sealed & { key: Key }>(...parameters);
    return rows.map(({ key, ...cells }) => {
      const row = this.#merged(key, cells);
      if (!fits(row)) throw movedRow(rowOf(name, key));
      return (typeof key === "number" ? { ...row, [column]: key } : row) as unknown as Opened;
    });
  }
}

function isSame(a: Part, b: Part): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array ? equalBytes(a, b) : a === b;
}

/**
 * Rows of sealed tables from one data key to another: what of a row is sealed, and what its tags
 * stand for, is told by each table, and known here to none.
 */
import type { Database, Parameters } from "@db/sqlite";
import type { Bytes } from "../../../shared/bytes.ts";
import type { CborValue } from "../../../shared/cbor.ts";
import { rowOf, type Vault } from "./vault.ts";

/** The values that were sealed in a row. */
export type Fields = { readonly [name: string]: CborValue };

/** A column: a number, a text, a tag or something sealed. */
type Cell = number | string | Uint8Array | null;
type Cells = Record<string, Cell>;

/** A table in which `sealed` of each row holds the values that its tags are made of. */
export interface SealedTable<Row extends object = never> {
  readonly name: string;
  /** The column of the primary key. */
  readonly key: string;
  /** The columns that are tags, and what each stands for; null where there is no such value. */
  readonly tags: { readonly [column: string]: (vault: Vault, row: Row) => Bytes | null };
  /** Columns that are sealed by themselves; their context is TABLE.COLUMN and the primary key. */
  readonly alsoSealed?: readonly string[];
}

const PAGE = 256;

/** Adds a row: `clear` are its columns that are neither tags nor sealed, `row` what is sealed. */
export function insertRow<Row extends object>(
  database: Database,
  vault: Vault,
  table: SealedTable<Row>,
  clear: Cells,
  row: Row,
  more: { readonly [column: string]: Uint8Array | null } = {},
): void {
  const cells: Cells = { ...clear };
  for (const [column, tag] of Object.entries(table.tags)) cells[column] = tag(vault, row);
  const key = keyOf(table.key, cells);
  cells.sealed = vault.sealRow(rowOf(table.name, key), row as Fields);
  for (const [column, plaintext] of Object.entries(more)) {
    cells[column] = plaintext && vault.seal(rowOf(`${table.name}.${column}`, key), plaintext);
  }
  insert(database, table.name, cells);
}

/**
 * Copies all rows of a table into the same one, empty, of another database.
 * @throws {ClientError} `bad-profile` where a row was changed
 */
export function copyTable<Row extends object>(
  from: { readonly database: Database; readonly vault: Vault },
  to: { readonly database: Database; readonly vault: Vault },
  table: SealedTable<Row>,
): void {
  for (const cells of rowsOf(from.database, table.name)) {
    const oldKey = keyOf(table.key, cells);
    const row = from.vault.openRow<Row>(rowOf(table.name, oldKey), cells.sealed as Bytes);
    for (const [column, tag] of Object.entries(table.tags)) {
      // A tag that was taken away stays away.
      if (cells[column] !== null) cells[column] = tag(to.vault, row);
    }
    const key = keyOf(table.key, cells);
    cells.sealed = to.vault.sealRow(rowOf(table.name, key), row as Fields);
    for (const column of table.alsoSealed ?? []) {
      const sealed = cells[column];
      if (!(sealed instanceof Uint8Array)) continue;
      const name = `${table.name}.${column}`;
      cells[column] = to.vault.seal(rowOf(name, key), from.vault.open(rowOf(name, oldKey), sealed));
    }
    insert(to.database, table.name, cells);
  }
}

/** Copies all rows of a table in which nothing is sealed. */
export function copyPlainTable(from: Database, to: Database, name: string): void {
  for (const cells of rowsOf(from, name)) insert(to, name, cells);
}

/** All rows of a table; only some at a time are in memory. */
export function* rowsOf(database: Database, table: string): Generator<Cells> {
  const page = database.prepare(
    `SELECT rowid AS row_number, * FROM ${table} WHERE rowid > ? ORDER BY rowid LIMIT ${PAGE}`,
  );
  for (let after = -1;;) {
    const rows = page.all<Cells>(after);
    if (rows.length === 0) return;
    for (const { row_number, ...cells } of rows) {
      yield cells;
      after = Number(row_number);
    }
  }
}

function insert(database: Database, table: string, cells: Cells): void {
  const columns = Object.keys(cells);
  const places = columns.map(() => "?");
  const values: Parameters = Object.values(cells);
  database.prepare(`INSERT INTO ${table} (${columns}) VALUES (${places})`).run(...values);
}

function keyOf(column: string, cells: Cells): number | string | Uint8Array {
  const key = cells[column];
  if (key === null || key === undefined) throw new TypeError(`no ${column}`);
  return key;
}

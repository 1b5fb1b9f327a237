/**
 * What a table is, and how its rows move from one data key to another. Each table says what of its
 * rows is sealed; this file knows none of them.
 */
import type { Database, Parameters } from "@db/sqlite";
import type { Bytes } from "../../../shared/bytes.ts";
import type { CborValue } from "../../../shared/cbor.ts";
import { rowOf, type Vault } from "./vault.ts";

/** The values that are sealed in a row. */
export type Fields = { readonly [name: string]: CborValue };

/** A column: a number, a text, a tag or something sealed. */
type Cell = number | string | Uint8Array | null;
type Cells = Record<string, Cell>;

/** A table of a profile. Its column `sealed` holds, among others, the values of its tags. */
export interface SealedTable<Row extends object = never> {
  readonly name: string;
  /** The SQL that creates it and its indexes. */
  readonly schema: string;
  /** The column of the primary key. */
  readonly key: string;
  /** The columns that are tags, and how each is made; null if a row has no such value. */
  readonly tags: { readonly [column: string]: (vault: Vault, row: Row) => Bytes | null };
  /** Columns that are sealed by themselves; their context is TABLE.COLUMN and the primary key. */
  readonly alsoSealed?: readonly string[];
  /** Nothing in it is sealed, and its tags are lasting ones: rows are copied as they are. */
  readonly isPlain?: boolean;
}

/** An open database, and the keys that open its rows. */
export interface Unlocked {
  readonly database: Database;
  readonly vault: Vault;
}

const PAGE = 256;

/** Adds a row: `clear` are its columns that are neither tags nor sealed, `row` what is sealed. */
export function insertRow<Row extends object>(
  { database, vault }: Unlocked,
  table: SealedTable<Row>,
  clear: Cells,
  row: Row,
  more: { readonly [column: string]: Uint8Array | null } = {},
): void {
  const cells: Cells = { ...clear };
  for (const [column, tag] of Object.entries(table.tags)) cells[column] = tag(vault, row);
  const key = keyOf(table, cells);
  cells.sealed = vault.sealRow(rowOf(table.name, key), row as Fields);
  for (const [column, plaintext] of Object.entries(more)) {
    cells[column] = plaintext && vault.seal(rowOf(`${table.name}.${column}`, key), plaintext);
  }
  insert(database, table.name, cells);
}

/**
 * Copies all rows of a table into the same one, empty, of another database.
 * @throws {ClientError} `bad-profile` if a row was changed
 */
export function copyTable<Row extends object>(
  from: Unlocked,
  to: Unlocked,
  table: SealedTable<Row>,
): void {
  for (const cells of rowsOf(from.database, table.name)) {
    if (!table.isPlain) resealRow(from.vault, to.vault, table, cells);
    insert(to.database, table.name, cells);
  }
}

function resealRow<Row extends object>(
  from: Vault,
  to: Vault,
  table: SealedTable<Row>,
  cells: Cells,
): void {
  const oldKey = keyOf(table, cells);
  const row = from.openRow<Row>(rowOf(table.name, oldKey), cells.sealed as Bytes);
  for (const [column, tag] of Object.entries(table.tags)) {
    // A removed tag stays removed.
    if (cells[column] !== null) cells[column] = tag(to, row);
  }
  const key = keyOf(table, cells);
  cells.sealed = to.sealRow(rowOf(table.name, key), row as Fields);
  for (const column of table.alsoSealed ?? []) {
    const sealed = cells[column];
    if (!(sealed instanceof Uint8Array)) continue;
    const name = `${table.name}.${column}`;
    cells[column] = to.seal(rowOf(name, key), from.open(rowOf(name, oldKey), sealed));
  }
}

/** Yields all rows of a table; only some at a time are in memory. */
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

function keyOf({ key }: { key: string }, cells: Cells): number | string | Uint8Array {
  const value = cells[key];
  if (value === null || value === undefined) throw new TypeError(`no ${key}`);
  return value;
}

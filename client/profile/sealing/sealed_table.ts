/**
 * What a table is, and how its rows move from one data key to another. Each table says what of its
 * rows is sealed; this file knows none of them.
 */
import type { Database, Parameters, Statement } from "@db/sqlite";
import { type Bytes, utf8 } from "../../../shared/bytes.ts";
import type { CborValue } from "../../../shared/cbor.ts";
import { rowOf, type RowOpener, type Vault } from "./vault.ts";

/** The values that are sealed in a row. */
export type Fields = { readonly [name: string]: CborValue };

/** A column: a number, a text, a tag or something sealed. */
type Cell = number | string | Uint8Array | null;
export type Cells = Record<string, Cell>;

/** Columns that are sealed by themselves. */
export type Contents = Record<string, Uint8Array | null>;

/** A value that a tag stands for; a row without it has no such tag. */
export type Part = Uint8Array | string | number | null | undefined;
/** The context of a tag, and the values of a row that it stands for. */
type Tag<Row> = readonly [context: string, parts: (row: Row) => readonly Part[]];

/** A table of a profile. Its column `sealed` holds, among others, the values of its tags. */
export interface SealedTable<Row extends object = never> {
  readonly name: string;
  /** The SQL that creates it and its indexes. */
  readonly schema: string;
  /** The column of the primary key. */
  readonly key: string;
  readonly tags: { readonly [column: string]: Tag<Row> };
  /** Columns that are sealed by themselves; their context is TABLE.COLUMN and the primary key. */
  readonly alsoSealed?: readonly string[];
  /** What columns in the clear say of a row, and not what is sealed: states, numbers and times. */
  readonly beside?: {
    readonly columns: readonly string[];
    /** Returns what goes before what is sealed; undefined for nothing. */
    read(cells: Cells): object | undefined;
  };
  /** Nothing in it is sealed, and its tags are lasting ones: rows are copied as they are. */
  readonly isPlain?: boolean;
}

/** An open database, and the keys that open its rows. */
export interface Readable {
  readonly database: Database;
  readonly vault: RowOpener;
}

/** An open database, and the keys that open and seal its rows. */
export interface Unlocked extends Readable {
  readonly vault: Vault;
}

const PAGE = 256;

/**
 * Returns the columns of a row: the tags of `row`, unless `clear` has something else for them, all
 * that `clear` has, `row` itself, sealed, and `more`, each sealed by itself.
 */
export function cellsOf<Row extends object>(
  vault: Vault,
  table: SealedTable<Row>,
  clear: Cells,
  row: Row,
  more: Contents = {},
): Cells {
  const cells: Cells = {};
  for (const [column, tag] of Object.entries(table.tags)) {
    cells[column] = column in clear ? clear[column] : tagOf(vault, tag, tag[1](row));
  }
  Object.assign(cells, clear);
  const key = keyOf(table, cells);
  cells.sealed = vault.sealRow(rowOf(table.name, key), row as Fields);
  for (const [column, plaintext] of Object.entries(more)) {
    cells[column] = plaintext && vault.seal(rowOf(`${table.name}.${column}`, key), plaintext);
  }
  return cells;
}

/** Returns the tag of `parts`; null if one is absent. */
export function tagOf(vault: Vault, [context]: Tag<never>, parts: readonly Part[]): Bytes | null {
  const all: Uint8Array[] = [];
  for (const part of parts) {
    if (part === null || part === undefined) return null;
    all.push(part instanceof Uint8Array ? part : utf8(`${part}`));
  }
  return vault.blind(context, ...all);
}

/**
 * Copies all rows of a table that `isKept` into the same one, empty, of another database.
 * @throws {ClientError} `bad-profile` if a row was changed
 */
export function copyTable<Row extends object>(
  from: Readable,
  to: Unlocked,
  table: SealedTable<Row>,
  isKept: (cells: Cells) => boolean = () => true,
): void {
  let adding: Statement | undefined;
  for (const cells of rowsOf(from.database, table.name)) {
    if (!isKept(cells)) continue;
    const copy = table.isPlain ? cells : resealed(from.vault, to.vault, table, cells);
    // All rows have the same columns. A statement for each would fill the memory.
    adding ??= to.database.prepare(insertionOf(table.name, copy));
    adding.run(...Object.values(copy));
  }
}

function resealed<Row extends object>(
  from: RowOpener,
  to: Vault,
  table: SealedTable<Row>,
  cells: Cells,
): Cells {
  const key = keyOf(table, cells);
  const row = from.openRow<Row>(rowOf(table.name, key), cells.sealed as Bytes);
  const clear = { ...cells };
  for (const column of Object.keys(table.tags)) {
    // A removed tag stays removed.
    if (cells[column] !== null) delete clear[column];
  }
  const more: Contents = {};
  for (const column of table.alsoSealed ?? []) {
    const sealed = cells[column] as Uint8Array | null;
    more[column] = sealed && from.open(rowOf(`${table.name}.${column}`, key), sealed);
  }
  return cellsOf(to, table, clear, row, more);
}

/** Yields all rows of a table; only some at a time are in memory. */
export function* rowsOf<Row = Cells>(database: Database, table: string): Generator<Row> {
  const page = database.prepare(
    `SELECT rowid AS row_number, * FROM ${table} WHERE rowid > ? ORDER BY rowid LIMIT ${PAGE}`,
  );
  for (let after = -1;;) {
    const rows = page.all<Cells>(after);
    if (rows.length === 0) return;
    for (const { row_number, ...cells } of rows) {
      yield cells as Row;
      after = Number(row_number);
    }
  }
}

/** Adds a row, as {@link cellsOf} makes it. */
export function insertRow<Row extends object>(
  { database, vault }: Unlocked,
  table: SealedTable<Row>,
  clear: Cells,
  row: Row,
  more?: Contents,
): void {
  insert(database, table.name, cellsOf(vault, table, clear, row, more));
}

function insert(database: Database, table: string, cells: Cells): void {
  const values: Parameters = Object.values(cells);
  database.prepare(insertionOf(table, cells)).run(...values);
}

/** Returns the SQL that inserts the values of `cells`. */
export function insertionOf(table: string, cells: Cells): string {
  const columns = Object.keys(cells);
  return `INSERT INTO ${table} (${columns}) VALUES (${columns.map(() => "?")})`;
}

function keyOf({ key }: { key: string }, cells: Cells): number | string | Uint8Array {
  const value = cells[key];
  if (value === null || value === undefined) throw new TypeError(`no ${key}`);
  return value;
}

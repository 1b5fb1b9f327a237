/** What can still be read of a damaged database. */
import { Database, type Row } from "@db/sqlite";
import { StorageError } from "../../../shared/errors.ts";
import { createSchema, prepareDatabase } from "./migrations.ts";

interface Schema {
  readonly name: string;
  readonly sql: string;
}

/**
 * Copies all that can be read of the database in the file `from` to a new file `to`, with the same
 * version. Of a damaged table it reads from both ends up to the damage. Returns what is lost.
 * @throws {Error} if too much is damaged to find the tables
 */
export function salvageDatabase(from: string, to: string): string[] {
  const source = new Database(from, { int64: true });
  const target = new Database(to, { int64: true });
  try {
    const version = source.prepare("PRAGMA user_version").value<[number]>()?.[0] ?? 0;
    createSchema(target, version);
    const schema = (type: string) =>
      target.prepare(
        "SELECT name, sql FROM sqlite_schema WHERE type = ? AND name NOT LIKE 'sqlite%'",
      )
        .all<Schema & object>(type);
    const triggers = schema("trigger");
    for (const { name } of triggers) target.exec(`DROP TRIGGER ${name}`);
    const lost = target.transaction(() => {
      const lost = schema("table").flatMap((table) => copyTable(table, source, target));
      copyLastNumbers(source, target);
      return lost;
    })();
    for (const { sql } of triggers) target.exec(sql);
    return lost;
  } finally {
    source.close();
    target.close();
  }
}

/** Reports whether the database in the file `path` can give its free pages back one by one. */
export function canShrink(path: string): boolean {
  const database = new Database(path, { int64: true });
  try {
    return database.prepare("PRAGMA auto_vacuum").value<[number]>()?.[0] === 2;
  } finally {
    database.close();
  }
}

/**
 * Copies the database in the file `from` to a new file `to`, which can give its free pages back.
 * @throws {StorageError} `failed` if it is damaged, or of another version
 */
export function copyDatabase(from: string, to: string): void {
  const source = new Database(from, { int64: true });
  try {
    prepareDatabase(source, { upgrade: false });
    source.exec("PRAGMA wal_checkpoint(TRUNCATE)"); // its log goes when it is replaced
    const lost = salvageDatabase(from, to);
    const target = new Database(to, { int64: true });
    try {
      if (lost.length === 0 && rowCounts(source) === rowCounts(target)) return;
    } finally {
      target.close();
    }
  } finally {
    source.close();
  }
  throw new StorageError("failed", "the database is damaged; see: messaging-server verify");
}

/** Returns the number of rows of each table, as text. */
function rowCounts(database: Database): string {
  return database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .all<{ name: string }>()
    .map(({ name }) => `${name} ${database.prepare(`SELECT count(*) FROM ${name}`).value()}`)
    .join("\n");
}

/** Copies which numbers were given last in tables that give none twice. */
function copyLastNumbers(source: Database, target: Database): void {
  try {
    const rows = source.prepare("SELECT name, seq FROM sqlite_sequence")
      .all<{ name: string; seq: number }>();
    target.exec("DELETE FROM sqlite_sequence");
    const add = target.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)");
    for (const { name, seq } of rows) add.run(name, seq);
  } catch {
    // Older databases have no such table, and in a damaged one it may be lost.
  }
}

/** Copies what can be read of a table. Returns a sentence if that is not all. */
function copyTable({ name, sql }: Schema, source: Database, target: Database): string[] {
  const columns = target.prepare(`PRAGMA table_info(${name})`).all<{ name: string; pk: number }>();
  const names = columns.map(({ name }) => `"${name}"`).join(", ");
  const key = /WITHOUT ROWID/.test(sql)
    ? columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk).map((column) => column.name)
    : ["rowid"];
  target.exec(`DELETE FROM ${name}`);
  const add = target.prepare(
    `INSERT OR IGNORE INTO ${name} (${names}) VALUES (${columns.map(() => "?").join(", ")})`,
  );
  let saved = 0;
  for (const direction of ["ASC", "DESC"] as const) {
    try {
      for (const row of rowsOf({ name, key, names }, direction, source)) {
        saved += tryAdd(() => add.run(...columns.map((column) => row[column.name])));
      }
      return [];
    } catch {
      // From the other end, or that was all.
    }
  }
  return [`the table ${name} was damaged; ${saved} rows of it are saved`];
}

/** Returns the rows of a table one by one: each is asked for, since only that shows errors. */
function* rowsOf(
  { name, key, names }: { name: string; key: string[]; names: string },
  direction: "ASC" | "DESC",
  source: Database,
): Iterable<Row> {
  const keys = key.map((_, index) => `key_${index}`);
  const select = `SELECT ${key.map((column, at) => `${column} AS ${keys[at]}`).join(", ")}, ` +
    `${names} FROM ${name} NOT INDEXED`;
  const order = `ORDER BY ${key.map((column) => `${column} ${direction}`).join(", ")} LIMIT 1`;
  const behind = `(${key.join(", ")}) ${direction === "ASC" ? ">" : "<"} ` +
    `(${key.map(() => "?").join(", ")})`;
  const next = source.prepare(`${select} WHERE ${behind} ${order}`);
  let row = source.prepare(`${select} ${order}`).get();
  while (row) {
    yield row;
    const after: Row = row;
    row = next.get(...keys.map((name) => after[name]));
  }
}

/** Returns how many rows `add` has added: none if what was read cannot be a row. */
function tryAdd(add: () => number): number {
  try {
    return add();
  } catch {
    return 0;
  }
}

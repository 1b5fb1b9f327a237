/**
 * The `Database` and `Statement` of `@db/sqlite` (the part that is used here, with the same names
 * and behaviour) over the SQLite that is built into the runtime, so that a compiled executable
 * contains its database. `deno.json` maps `@db/sqlite` to this file; `DECISIONS.md` says why.
 */
import { backup, DatabaseSync, type StatementSync } from "node:sqlite";

/** What SQLite stores. Integers come back as numbers, blobs as `Uint8Array`. */
export type Value = null | number | bigint | string | Uint8Array;
/** Parameters by position, or one object by name (without its prefix). */
export type Parameters = Value[] | [Record<string, Value>];
export type Row = Record<string, Value>;

type Transaction<A extends unknown[], R> = ((...args: A) => R) & {
  deferred: (...args: A) => R;
  immediate: (...args: A) => R;
  exclusive: (...args: A) => R;
};

/** Pages that are copied at a time; 4 MiB, of pages as SQLite makes them. */
const PAGES_AT_ONCE = 1024;

/** One open database file, or `:memory:`. Every call is synchronous. */
export class Database {
  readonly #db: DatabaseSync;
  #changes: StatementSync | undefined;

  /**
   * Opens the database in the file `path`, or creates it. Reads nothing yet, so that
   * `PRAGMA busy_timeout` can come first.
   * @param _options.int64 always as with true: integers of up to 53 bits are exact
   */
  constructor(path: string, _options: { int64?: boolean } = {}) {
    this.#db = new DatabaseSync(path);
    // What the schema of a file calls that someone else has made.
    this.#db.exec("PRAGMA trusted_schema = OFF");
  }

  /** Number of rows that the last INSERT, UPDATE or DELETE changed. */
  get changes(): number {
    this.#changes ??= this.#db.prepare("SELECT changes() AS value");
    return Number(this.#changes.get()?.value);
  }

  /** Whether a transaction is open. */
  get inTransaction(): boolean {
    return this.#db.isTransaction;
  }

  /** Runs `sql`, which may hold several statements if it takes no parameters. */
  exec(sql: string, ...params: Parameters): number {
    if (params.length > 0) return this.prepare(sql).run(...params);
    this.#db.exec(sql);
    return this.changes;
  }

  /** Compiles one statement. */
  prepare(sql: string): Statement {
    return new Statement(this.#db.prepare(sql));
  }

  /**
   * Wraps `fn` in a transaction, which is committed when it returns and rolled back when it
   * throws. Inside another transaction it becomes a savepoint.
   */
  transaction<A extends unknown[], R>(fn: (...args: A) => R): Transaction<A, R> {
    const inMode = (mode: string) => (...args: A): R => {
      const nested = this.inTransaction;
      this.#db.exec(nested ? "SAVEPOINT nested" : `BEGIN ${mode}`);
      try {
        const result = fn(...args);
        this.#db.exec(nested ? "RELEASE nested" : "COMMIT");
        return result;
      } catch (error) {
        // Some failures, such as a full disk, roll back by themselves.
        if (this.inTransaction) {
          this.#db.exec(nested ? "ROLLBACK TO nested; RELEASE nested" : "ROLLBACK");
        }
        throw error;
      }
    };
    const deferred = inMode("DEFERRED");
    return Object.assign((...args: A) => deferred(...args), {
      deferred,
      immediate: inMode("IMMEDIATE"),
      exclusive: inMode("EXCLUSIVE"),
    });
  }

  /**
   * Copies all pages to the file `path`, as the open transaction sees them. Calls `copied` after
   * every 1,024 of them.
   */
  async copyTo(path: string, copied: () => void): Promise<void> {
    await backup(this.#db, path, { rate: PAGES_AT_ONCE, progress: copied });
  }

  /** Closes the file. The database is unusable from then on. */
  close(): void {
    this.#db.close();
  }
}

/** A compiled statement. */
export class Statement {
  constructor(private readonly statement: StatementSync) {}

  /** Runs it. Returns the number of changed rows. */
  run(...params: Parameters): number {
    return Number(this.statement.run(...bound(params)).changes);
  }

  /** Returns the first row, or undefined. */
  get<T extends object = Row>(...params: Parameters): T | undefined {
    return this.statement.get(...bound(params)) as T | undefined;
  }

  /** Returns all rows. */
  all<T extends object = Row>(...params: Parameters): T[] {
    return this.statement.all(...bound(params)) as T[];
  }

  /**
   * Returns one row after the other. The statement must not run again before the end. A damaged
   * database may end them without an error.
   */
  iter<T extends object = Row>(...params: Parameters): IterableIterator<T> {
    return this.statement.iterate(...bound(params)) as IterableIterator<T>;
  }

  /** Returns the columns, which must have different names, of the first row, or undefined. */
  value<T extends Value[] = Value[]>(...params: Parameters): T | undefined {
    const row = this.get(...params);
    return row && Object.values(row) as T;
  }
}

/** Makes whole numbers in `params` integers; SQLite would take every number as a REAL. */
function bound(params: Parameters): Value[] {
  for (let i = 0; i < params.length; i++) {
    const param = params[i];
    if (typeof param === "number") params[i] = integer(param);
    else if (param !== null && typeof param === "object" && !(param instanceof Uint8Array)) {
      const named = Object.entries(param).map(([name, value]) => [name, integer(value)]);
      params[i] = Object.fromEntries(named);
    }
  }
  return params as Value[];
}

function integer(value: Value): Value {
  return Number.isSafeInteger(value) ? BigInt(value as number) : value;
}

/** The open SQLite file that all tables share. Reads run at once, writes in group commits. */
import type { Database, Statement } from "@db/sqlite";
import type { Bytes } from "../../../shared/bytes.ts";
import { StorageError } from "../../../shared/errors.ts";
import { nextTurn } from "../../../shared/sleep.ts";
import { diskError } from "../disk_errors.ts";
import type { StorageOptions } from "../storage_options.ts";
import { Checkpoints } from "./checkpoints.ts";
import { type Ending, GroupCommit } from "./group_commit.ts";

export class SqliteFile {
  readonly #database: Database;
  readonly #endings: Ending[] = [];
  readonly #commits: GroupCommit;
  readonly #checkpoints: Checkpoints;
  #closed = false;

  constructor(
    path: string,
    database: Database,
    { clock, committed }: Pick<StorageOptions, "clock" | "committed">,
  ) {
    this.#database = database;
    this.#checkpoints = new Checkpoints(path, database);
    const told: StorageOptions["committed"] = (...transaction) => {
      committed?.(...transaction);
      this.#checkpoints.committed();
    };
    this.#commits = new GroupCommit(database, clock, told, {
      write: () => this.#endings.forEach((ending) => ending.write()),
      end: (committed) => this.#endings.forEach((ending) => ending.end(committed)),
    });
  }

  /** Has each transaction from now on end with `ending`. */
  endWith(ending: Ending): void {
    this.#endings.push(ending);
  }

  prepare(sql: string): Statement {
    return this.#database.prepare(sql);
  }

  /** Runs statements that return nothing. */
  exec(sql: string): void {
    this.#database.exec(sql);
  }

  /** Runs a read now: outside of a transaction it sees exactly what is committed. */
  read<T>(read: () => T): Promise<T> {
    return new Promise((resolve) => {
      if (this.#closed) throw new StorageError("closed", "the storage is closed");
      try {
        resolve(read());
      } catch (error) {
        throw diskError(error);
      }
    });
  }

  /** Runs `read` until it returns false; others have their turns in between. */
  async readInSteps(read: () => boolean): Promise<void> {
    while (await this.read(read)) await nextTurn();
  }

  /** Runs `operation` in one of the next transactions, see {@link GroupCommit.submit}. */
  write<T>(operation: () => T, client?: Bytes, size?: number): Promise<T> {
    return this.#commits.submit(operation, client, size);
  }

  /** Is told, inside of a write, of pages that change without a row. */
  addPages(count: number): void {
    this.#checkpoints.addPages(count);
  }

  /** Moves what was committed from the log into the file itself, see {@link Checkpoints}. */
  moveLog(): Promise<void> {
    return this.#checkpoints.move();
  }

  /** Commits what waits, then closes. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#commits.close();
    this.#closed = true;
    await this.#checkpoints.done();
    this.#database.close();
    this.#checkpoints.close();
  }
}

/** A table of the file, with its statements. */
export abstract class Table<Name extends string> {
  protected readonly statements: Record<Name, Statement>;

  constructor(protected readonly file: SqliteFile, sql: Readonly<Record<Name, string>>) {
    const compiled = Object.keys(sql).map((name) => [name, file.prepare(sql[name as Name])]);
    this.statements = Object.fromEntries(compiled);
  }
}

/**
 * One moment of a database, to look at from outside of the server that writes it: what must be on
 * the disk beside it, and what is wrong with it. Its calls are synchronous and may be long.
 */
import { Database, type Statement } from "@db/sqlite";
import { type Bytes, toHex } from "../../../shared/bytes.ts";
import { COUNTERS, countWrong } from "./counters.ts";

/** A content that lies in a file. */
export interface ExpectedContent {
  /** Blobs of messages lie in `files/`, those of files in `chunks/`. */
  folder: "files" | "chunks";
  name: string;
  /** Bytes. */
  size: number;
}

/** How long another process may keep us from reading, in milliseconds. */
const PATIENCE = 30_000;
/** Errors of one kind that are listed. */
const MOST = 100;

export class Inspection implements Disposable {
  readonly #database: Database;
  readonly #blob: Statement | undefined;
  readonly #file: Statement | undefined;

  /**
   * Opens the database in the file `path`, which must exist.
   * @throws {Error} if it cannot be read
   */
  constructor(path: string) {
    this.#database = new Database(path, { int64: true });
    try {
      this.#database.exec(`PRAGMA busy_timeout = ${PATIENCE}; PRAGMA query_only = ON; BEGIN`);
      this.#blob = this.#prepare("messages", "SELECT size FROM messages WHERE blob = ?");
      this.#file = this.#prepare(
        "files",
        "SELECT size FROM files WHERE id = unhex(?) AND complete = 1",
      );
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** The version of the schema; that of servers 0.1, which had no key, is 1. */
  get version(): number {
    return this.#database.prepare("PRAGMA user_version").value<[number]>()?.[0] ?? 0;
  }

  /** Reports whether SQLite cannot read all of the database, or reads what cannot be. */
  isBroken(): boolean {
    const first = this.#database.prepare("PRAGMA integrity_check(1)").value<[string]>()?.[0];
    return first !== "ok";
  }

  /** Returns what is wrong with the database itself. */
  damage(): string[] {
    const errors = this.#database.prepare(`PRAGMA integrity_check(${MOST})`)
      .all<{ integrity_check: string }>().map((row) => row.integrity_check)
      .filter((text) => text !== "ok").map((text) => `the database is damaged: ${text}`);
    const orphans = this.#database.prepare("PRAGMA foreign_key_check").all<{ table: string }>()
      .slice(0, MOST).map(({ table }) => `a row of the table ${table} belongs to nothing`);
    return [...errors, ...orphans];
  }

  /** Returns which counts are not what they count. */
  *miscounts(): Iterable<string> {
    for (const counter of COUNTERS) {
      const wrong = this.#prepare(counter.table, countWrong(counter))?.value<[number]>()?.[0] ?? 0;
      if (wrong > 0) yield `the database counts wrongly ${counter.what}`;
    }
  }

  /** Returns all contents that must be there, whole. */
  *contents(): Iterable<ExpectedContent> {
    const blobs = this.#prepare(
      "messages",
      "SELECT blob AS name, size FROM messages WHERE blob IS NOT NULL",
    );
    for (const { name, size } of blobs?.iter<{ name: string; size: number }>() ?? []) {
      yield { folder: "files", name, size };
    }
    const files = this.#prepare("files", "SELECT id, size FROM files WHERE complete = 1");
    for (const { id, size } of files?.iter<{ id: Bytes; size: number }>() ?? []) {
      yield { folder: "chunks", name: toHex(id), size };
    }
  }

  /** Returns the content called `name` if it must be there. */
  content(folder: ExpectedContent["folder"], name: string): ExpectedContent | undefined {
    const statement = folder === "files" ? this.#blob : this.#file;
    const size = statement?.value<[number]>(name)?.[0];
    return size === undefined ? undefined : { folder, name, size };
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  /** Compiles a statement; returns undefined if older servers did not have the table. */
  #prepare(table: string, sql: string): Statement | undefined {
    const there = this.#database.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(table);
    return there && this.#database.prepare(sql);
  }
}

/**
 * Writes the present state of the database in the file `from` to the file `to`. Calls `copied`
 * after every 1,024 pages.
 */
export async function snapshotDatabase(
  from: string,
  to: string,
  copied: () => void,
): Promise<void> {
  const database = new Database(from, { int64: true });
  try {
    database.exec(`PRAGMA busy_timeout = ${PATIENCE}; BEGIN`);
    database.prepare("SELECT count(*) FROM sqlite_schema").get(); // from now on it sees one moment
    await database.copyTo(to, copied);
  } finally {
    database.close();
  }
  const copy = new Database(to, { int64: true });
  copy.exec("PRAGMA journal_mode = DELETE"); // all in one file
  copy.close();
}

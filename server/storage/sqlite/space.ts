/** Gives the room of what was deleted back to the system. */
import { StorageError } from "../../../shared/errors.ts";
import type { SqliteFile } from "./database.ts";

/** Pages that are given back in one step, which takes a few milliseconds. */
const STEP = 64;
/** Pages that may be free, for what comes next: so many, or else a tenth of all. */
const KEPT = 1024;
const KEPT_PART = 0.1;

const CANNOT_SHRINK = "the database was made by an older version, and cannot shrink while a " +
  "server runs; free room in it is used again. To change that, stop the server, and compact again";

export class SqliteSpace {
  constructor(private readonly file: SqliteFile) {}

  /** See {@link Storage.giveBack}. */
  async giveBack(): Promise<boolean> {
    const pages = await this.file.read(() => this.#pragma("page_count"));
    return await this.#shrink(Math.max(KEPT, pages * KEPT_PART));
  }

  /**
   * See {@link Storage.compact}. A database that version 0.4 or an older one has made fills its
   * free pages again, but cannot give them back. VACUUM, which could change that, attaches a second
   * database, which Deno allows only to programs that may do everything; see `copyDatabase`.
   */
  async compact(): Promise<void> {
    if (!await this.file.read(() => this.#shrinks)) throw new StorageError("failed", CANNOT_SHRINK);
    while (await this.#shrink(0));
    await this.file.moveLog();
    await this.file.read(() => this.file.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
  }

  /** Gives some pages back if more than `kept` are free. Returns whether there may be more. */
  #shrink(kept: number): Promise<boolean> {
    return this.file.write(() => {
      const surplus = this.#pragma("freelist_count") - kept;
      if (surplus < 1 || !this.#shrinks) return false;
      this.file.exec(`PRAGMA incremental_vacuum(${Math.min(STEP, Math.ceil(surplus))})`);
      this.file.addPages(STEP);
      return true;
    });
  }

  /** Whether pages can be given back one by one. */
  get #shrinks(): boolean {
    return this.#pragma("auto_vacuum") === 2;
  }

  #pragma(name: string): number {
    return this.file.prepare(`PRAGMA ${name}`).value<[number]>()?.[0] ?? 0;
  }
}

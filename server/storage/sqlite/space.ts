/** Gives the room of what was deleted back to the system. */
import { StorageError } from "../../../shared/errors.ts";
import type { SqliteFile } from "./database.ts";

/** Pages that are given back at a time: that takes about a millisecond if 200,000 are free. */
const PAGES_AT_ONCE = 8;
/** Milliseconds of work after which a step ends. */
const STEP_TIME = 5;
/** Pages that may be free, for what comes next: so many, or else a tenth of all. */
const KEPT = 1024;
const KEPT_PART = 0.1;

const CANNOT_SHRINK = "the database was made by an older version, and cannot shrink while a " +
  "server runs; free room in it is used again. To change that, stop the server, and compact again";

export class SqliteSpace {
  /** @param clock returns milliseconds that never jump back */
  constructor(private readonly file: SqliteFile, private readonly clock: () => number) {}

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
      if (!this.#shrinks) return false;
      const end = this.clock() + STEP_TIME;
      do {
        const surplus = Math.ceil(this.#pragma("freelist_count") - kept);
        if (surplus < 1) return false;
        const count = Math.min(PAGES_AT_ONCE, surplus);
        // Each row that is asked for gives one page back.
        this.file.prepare(`PRAGMA incremental_vacuum(${count})`).all();
        this.file.addPages(count);
      } while (this.clock() < end);
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

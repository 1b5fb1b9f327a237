/**
 * Moves what was committed from the write-ahead log into the database. SQLite would do it inside of
 * a commit, and all others would wait for it: 20 milliseconds as a rule, and a second where a
 * backup has kept the log from being emptied. Here a thread of its own does it.
 */
import type { Database, Statement } from "@db/sqlite";

/** Moves the log of the database in the file `path`, as much as it can now. Never rejects. */
export interface Mover {
  move(path: string): Promise<void>;
  close(): void;
}

/**
 * Rows, or pages, that change until the log is moved; that are some megabytes. To begin takes a
 * millisecond or two, and each page is moved once, however often it has changed.
 */
export const MOVED = 4_000;
/** What changed meanwhile, if it is less, is moved at once: that takes a few milliseconds. */
export const REST = 200;
/** How often the thread is asked in a row. */
const ROUNDS = 8;

export class Checkpoints {
  readonly #totalChanges: Statement;
  /** What had changed when the log was moved last. */
  #moved = 0;
  #pages = 0;
  #moving: Promise<void> | undefined;

  constructor(
    private readonly path: string,
    private readonly database: Database,
    private readonly mover: Mover = new Thread(),
  ) {
    database.exec("PRAGMA wal_autocheckpoint = 0");
    this.#totalChanges = database.prepare("SELECT total_changes()");
  }

  /** Counts pages that change without a row. */
  addPages(count: number): void {
    this.#pages += count;
  }

  /** To be called after each commit. */
  committed(): void {
    if (this.#moving === undefined && this.#changed() >= MOVED) this.move();
  }

  /** Moves all that the log holds, but for what another process reads as it was. */
  move(): Promise<void> {
    this.#moving ??= this.#move().catch(() => {
      // It is tried again after the next commit; a disk that is full or broken fails those, too.
    }).finally(() => this.#moving = undefined);
    return this.#moving;
  }

  /** Waits until nothing is being moved. */
  async done(): Promise<void> {
    await this.#moving;
  }

  /** Ends the thread. The database must be closed: the thread would take its locks along. */
  close(): void {
    this.mover.close();
  }

  async #move(): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      this.#moved = this.#total();
      await this.mover.move(this.path);
      if (this.#changed() <= REST) break;
    }
    // The log begins anew only when it was moved to its end, which nobody else can be sure of.
    this.database.exec("PRAGMA wal_checkpoint(PASSIVE)");
    this.#moved = this.#total();
  }

  #changed(): number {
    return this.#total() - this.#moved;
  }

  #total(): number {
    return (this.#totalChanges.value<[number]>()?.[0] ?? 0) + this.#pages;
  }
}

/** A {@link Mover} that begins with its first work. Where it cannot, it moves nothing. */
class Thread implements Mover {
  #worker: Worker | undefined;

  move(path: string): Promise<void> {
    const worker = this.#worker ??= new Worker(
      new URL("./checkpoint_worker.ts", import.meta.url),
      { type: "module" },
    );
    return new Promise((resolve) => {
      worker.onmessage = () => resolve();
      worker.onerror = (event) => {
        event.preventDefault();
        this.close();
        resolve();
      };
      worker.postMessage(path);
    });
  }

  close(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}

/**
 * Group commit: operations that wait together share one transaction, and so one fsync. Each learns
 * its result only after the commit.
 */
import { setImmediate } from "node:timers";
import type { Database } from "@db/sqlite";
import { StorageError } from "../../../shared/errors.ts";

interface Waiting {
  run: () => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** Most operations in one transaction, so that none waits long for the others. */
const MAX_BATCH = 512;

export class GroupCommit {
  readonly #transaction: (batch: Waiting[]) => (() => void)[];
  #waiting: Waiting[] = [];
  #scheduled = false;
  #closed = false;

  constructor(database: Database) {
    this.#transaction = database.transaction((batch: Waiting[]) => batch.map(attempt)).immediate;
  }

  /**
   * Runs `operation` in the next transaction. To refuse, it throws a {@link StorageError} before
   * its first change. Any other error undoes the transaction, and its operations are tried again
   * one by one: none fails because of another, but an operation may run twice.
   */
  submit<T>(operation: () => T): Promise<T> {
    if (this.#closed) {
      return Promise.reject(new StorageError("closed", "the storage is closed"));
    }
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ run: operation, resolve: resolve as (value: unknown) => void, reject });
      this.#schedule();
    });
  }

  /** Commits what waits; what is submitted later is refused. */
  close(): void {
    this.#closed = true;
    while (this.#waiting.length > 0) this.#commit();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After the events that are ready now, whose operations then share the transaction.
    setImmediate(() => {
      this.#scheduled = false;
      this.#commit();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }

  #commit(batch = this.#waiting.splice(0, MAX_BATCH)): void {
    if (batch.length === 0) return;
    try {
      for (const settle of this.#transaction(batch)) settle();
    } catch (error) {
      if (batch.length === 1) batch[0].reject(failed(error));
      else for (const operation of batch) this.#commit([operation]);
    }
  }
}

/** Runs one operation; returns what tells its caller once the transaction is on the disk. */
function attempt(operation: Waiting): () => void {
  try {
    const value = operation.run();
    return () => operation.resolve(value);
  } catch (error) {
    if (error instanceof StorageError) return () => operation.reject(error);
    throw error;
  }
}

function failed(cause: unknown): StorageError {
  if ((cause as { errcode?: unknown } | undefined)?.errcode === 13 /* SQLITE_FULL */) {
    return new StorageError("disk-full", "the server's disk is full", { cause });
  }
  return new StorageError("failed", "the database could not store it", { cause });
}

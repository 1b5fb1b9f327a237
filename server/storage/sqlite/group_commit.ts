/**
 * Group commit: operations that wait together share one transaction, and so one fsync. Each learns
 * its result only after the commit. Clients take turns, so that one with many operations does not
 * make the others wait for all of them.
 */
import type { Database } from "@db/sqlite";
import { type Bytes, toHex } from "../../../shared/bytes.ts";
import { StorageError } from "../../../shared/errors.ts";
import { MiB } from "../../../shared/limits.ts";
import { nextTurn } from "../../../shared/sleep.ts";
import { diskError } from "../disk_errors.ts";
import { RoundRobin } from "../round_robin.ts";
import type { StorageOptions } from "../storage_options.ts";

/** What ends each transaction. */
export interface Ending {
  /** Makes the last changes of a transaction, which is undone if this throws. */
  write(): void;
  /** Forgets what belongs to the transaction, which was committed, or else undone. */
  end(committed: boolean): void;
}

interface Waiting {
  run: () => unknown;
  /** Bytes of content that it writes. */
  size: number;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
  /** What it has returned, or refused with. */
  value?: unknown;
  refusal?: StorageError;
}

/** Most operations in one transaction. */
export const MAX_BATCH = 512;
/** Bytes of content after which a transaction takes no further operation. */
export const MAX_BATCH_SIZE = 4 * MiB;
/** Milliseconds of work after which it takes none: nothing else happens meanwhile. */
export const MAX_BATCH_TIME = 10;

export class GroupCommit {
  readonly #transaction: (operations: Iterable<Waiting>) => Waiting[];
  readonly #waiting = new RoundRobin<Waiting>();
  readonly #clock: () => number;
  /** When the last transaction was ready for its commit. */
  #readyAt = 0;
  /** How long the last transaction has kept all others waiting, in milliseconds. */
  #worked = 0;
  #scheduled = false;
  #closed = false;

  /**
   * @param clock returns milliseconds that never jump back
   * @param committed is told of each transaction
   * @param ending ends each transaction
   */
  constructor(
    database: Database,
    clock: () => number,
    private readonly committed: Required<StorageOptions>["committed"] = () => {},
    private readonly ending: Ending = { write: () => {}, end: () => {} },
  ) {
    this.#transaction = database.transaction((operations: Iterable<Waiting>) => {
      const done: Waiting[] = [];
      for (const operation of operations) {
        attempt(operation);
        done.push(operation);
      }
      ending.write();
      this.#readyAt = clock();
      return done;
    }).immediate;
    this.#clock = clock;
  }

  /**
   * Runs `operation` in one of the next transactions, after all that `client` has submitted before;
   * without a client it is on the server's own behalf. It writes `size` bytes of content. To
   * refuse, it throws a {@link StorageError} before its first change. Any other error undoes the
   * transaction, whose operations are then tried again: none fails because of another, but an
   * operation may run twice.
   */
  submit<T>(operation: () => T, client?: Bytes, size = 0): Promise<T> {
    if (this.#closed) {
      return Promise.reject(new StorageError("closed", "the storage is closed"));
    }
    return new Promise<T>((resolve, reject) => {
      const waiting = { run: operation, size, resolve: resolve as Waiting["resolve"], reject };
      this.#waiting.push(client ? toHex(client) : "", waiting);
      this.#schedule();
    });
  }

  /** Commits what waits; what is submitted later is refused. */
  close(): void {
    this.#closed = true;
    while (this.#waiting.size > 0) this.#commit();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After the events that are ready now, whose operations then share the transaction.
    nextTurn(this.#worked).then(() => {
      this.#scheduled = false;
      const begun = this.#clock();
      this.#commit();
      this.#worked = this.#clock() - begun;
      if (this.#waiting.size > 0) this.#schedule();
    });
  }

  /** Commits as much of what waits as one transaction takes. */
  #commit(): void {
    const batch: Waiting[] = [];
    try {
      this.#run(this.#turns(batch));
    } catch (error) {
      // The last one is to blame, or else the commit itself, which fails again then. Where no
      // transaction begins, none has been taken out.
      const last = batch.pop() ?? this.#waiting.next();
      if (batch.length > 0) this.#retry(batch);
      if (batch.length > 0 && last) this.#retry([last]);
      else last?.reject(diskError(error));
    }
  }

  /** Takes operations out until there are enough for one transaction; adds each to `taken`. */
  *#turns(taken: Waiting[]): Iterable<Waiting> {
    const end = this.#clock() + MAX_BATCH_TIME;
    for (let size = 0; taken.length < MAX_BATCH && size < MAX_BATCH_SIZE;) {
      const next = this.#waiting.next();
      if (!next) return;
      taken.push(next);
      size += next.size;
      yield next;
      if (this.#clock() >= end) return;
    }
  }

  /** Runs `operations` in one transaction, and tells their callers. */
  #run(operations: Iterable<Waiting>): void {
    const begun = this.#clock();
    let done: Waiting[] | undefined;
    try {
      done = this.#transaction(operations);
    } finally {
      this.ending.end(done !== undefined);
    }
    this.committed(done.length, this.#readyAt - begun, this.#clock() - this.#readyAt);
    for (const { resolve, reject, value, refusal } of done) {
      if (refusal) reject(refusal);
      else resolve(value);
    }
  }

  #retry(batch: readonly Waiting[]): void {
    try {
      this.#run(batch);
    } catch (error) {
      if (batch.length === 1) batch[0].reject(diskError(error));
      else for (const operation of batch) this.#retry([operation]);
    }
  }
}

/** Runs one operation, whose caller is told once the transaction is on the disk. */
function attempt(operation: Waiting): void {
  operation.refusal = undefined;
  try {
    operation.value = operation.run();
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    operation.refusal = error;
  }
}

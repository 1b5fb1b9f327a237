/**
 * Faults for the model of sessions: the disk, the network or the process fails at a chosen step.
 * Which transactions there are is seen by wrapping {@link Database.transaction}.
 */
import { Database } from "@db/sqlite";
import { ClientError } from "../../../client/errors.ts";

/** What happens at a step: a transaction for the first three, a request for the others. */
export type FaultKind =
  | "crash-before" // the process ends, and the transaction was not committed
  | "crash-after" // the process ends just after the commit
  | "disk" // the transaction fails, and the process goes on
  | "unsent" // the request does not reach the server
  | "unanswered"; // the request reaches the server, and its answer does not come back

const SYNCHRONOUS = "PRAGMA synchronous";

/** At which step, counted from 0, what happens. */
export interface Fault {
  readonly at: number;
  readonly kind: FaultKind;
}

/** What a process throws that is no more, or whose disk is full. */
export class Broken extends Error {}

export class Faults {
  #armed: Fault | null = null;
  #steps = 0;
  /** Whether the process has ended; whatever it still tries fails. */
  dead = false;
  /** Whether the fault has happened. */
  fired = false;

  /** From now on steps are counted, until `fault` happens. */
  arm(fault: Fault | null): void {
    this.#armed = fault;
    this.#steps = 0;
    this.dead = false;
    this.fired = false;
  }

  /** Runs a transaction. */
  transaction<T>(run: (fail: () => void) => T): T {
    if (this.dead) throw new Broken("the process has ended");
    const kind = this.#next(["crash-before", "crash-after", "disk"]);
    if (kind === "crash-before" || kind === "disk") {
      this.dead = kind === "crash-before";
      return run(() => {
        throw new Broken(kind);
      });
    }
    const result = run(() => {});
    if (kind !== "crash-after") return result;
    this.dead = true;
    throw new Broken(kind);
  }

  /** Sends a request, which is answered at once. */
  request<T>(send: () => T): T {
    if (this.dead) throw new Broken("the process has ended");
    const kind = this.#next(["unsent", "unanswered"]);
    if (kind === "unsent") throw new ClientError("unreachable", kind);
    const answer = send();
    if (kind === "unanswered") throw new ClientError("unreachable", kind);
    return answer;
  }

  /**
   * Wraps all transactions of the process until it is disposed of. No power fails here, so nothing
   * waits for the disk either.
   */
  watchDatabases(): Disposable {
    const exec = Database.prototype.exec;
    Database.prototype.exec = function (this: Database, sql, ...params) {
      return exec.call(this, sql.startsWith(SYNCHRONOUS) ? `${SYNCHRONOUS} = OFF` : sql, ...params);
    };
    const original = Database.prototype.transaction;
    // deno-lint-ignore no-this-alias -- the wrapper belongs to each database
    const faults = this;
    type Wrapped = ReturnType<typeof original<unknown[], unknown>>;
    Database.prototype.transaction = function (
      this: Database,
      change: (...args: unknown[]) => unknown,
    ): Wrapped {
      const inMode = (mode: "deferred" | "immediate" | "exclusive") => (...args: unknown[]) => {
        if (this.inTransaction) return original.call(this, change)[mode](...args as never[]);
        return faults.transaction((fail) =>
          original.call(this, () => {
            const result = change(...args);
            fail();
            return result;
          })[mode]()
        );
      };
      const deferred = inMode("deferred");
      const others = { immediate: inMode("immediate"), exclusive: inMode("exclusive") };
      return Object.assign(deferred, { deferred, ...others });
    } as typeof original;
    return {
      [Symbol.dispose]() {
        Database.prototype.transaction = original;
        Database.prototype.exec = exec;
      },
    };
  }

  #next(kinds: readonly FaultKind[]): FaultKind | null {
    if (!this.#armed || this.fired || !kinds.includes(this.#armed.kind)) return null;
    if (this.#steps++ < this.#armed.at) return null;
    this.fired = true;
    return this.#armed.kind;
  }
}

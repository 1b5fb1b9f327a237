/** Deadlines of many connections, swept together: extending one costs an assignment. */

/** One connection's deadline. */
export class Deadline {
  /** When it expires, by the clock of its {@link Deadlines}. */
  at = Infinity;
  constructor(readonly expire: () => void) {}
}

export class Deadlines {
  readonly #deadlines = new Set<Deadline>();

  constructor(private readonly clock: () => number) {}

  /** Returns a deadline that is not set yet. Calls `expire` once when it has passed. */
  add(expire: () => void): Deadline {
    const deadline = new Deadline(expire);
    this.#deadlines.add(deadline);
    return deadline;
  }

  /** Moves `deadline` to `milliseconds` from now. */
  extend(deadline: Deadline, milliseconds: number): void {
    deadline.at = this.clock() + milliseconds;
  }

  remove(deadline: Deadline): void {
    this.#deadlines.delete(deadline);
  }

  /** Expires all deadlines that have passed. */
  sweep(): void {
    const now = this.clock();
    for (const deadline of this.#deadlines) {
      if (deadline.at > now) continue;
      this.remove(deadline);
      deadline.expire();
    }
  }
}

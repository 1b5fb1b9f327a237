import type { Random } from "../../../shared/crypto/random.ts";
import { type Bytes, equalBytes } from "../../../shared/bytes.ts";
import { COPY_MARK_SIZE } from "../../../shared/limits.ts";
import { SealedStore } from "../sealing/sealed_store.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";

type Row = {
  /** The mark that the server has for certain; zeros at first. */
  readonly current: Bytes;
  /** Marks whose answers were not seen, so that the server may have any of them; oldest first. */
  readonly pending: readonly Bytes[];
};

/** Most attempts in a row without an answer; the server may have any of their marks. */
const MAX_PENDING = 64;

export const COPY_MARKS: SealedTable<object> = {
  name: "marks",
  schema: `
    CREATE TABLE marks (
      one    INTEGER PRIMARY KEY CHECK (one = 1),
      sealed BLOB NOT NULL
    ) STRICT;
  `,
  key: "one",
  tags: {},
};

/**
 * Copy marks: how a client notices that its profile is an old copy (`shared/PROTOCOL.md` section 9,
 * request 108). On each run it sends the server a new mark and receives the previous one.
 */
export class CopyMarks extends SealedStore<Row> {
  protected readonly table = COPY_MARKS;

  /** Returns the mark that the server was last seen to have, 16 bytes; zeros before the first. */
  current(): Bytes {
    return this.#load().current;
  }

  /**
   * Makes and keeps a mark to check in with, 16 bytes: a new one each time, so that two copies of a
   * profile never use the same.
   */
  next(random: Random): Bytes {
    return this.transaction(() => {
      const { current, pending } = this.#load();
      const made = random(COPY_MARK_SIZE);
      this.putRow({ one: 1 }, { current, pending: [...pending, made].slice(-MAX_PENDING) });
      return made;
    });
  }

  /** Reports whether this profile may have given the server the mark `earlier`. */
  isFresh(earlier: Bytes): boolean {
    const { current, pending } = this.#load();
    return [current, ...pending].some((mark) => equalBytes(mark, earlier));
  }

  /** Makes the last mark of {@link next} the current one, after its answer has been handled. */
  settle(): void {
    this.transaction(() => {
      const last = this.#load().pending.at(-1);
      if (last) this.putRow({ one: 1 }, { current: last, pending: [] });
    });
  }

  #load(): Row {
    return this.findRow(1) ?? { current: new Uint8Array(COPY_MARK_SIZE), pending: [] };
  }
}

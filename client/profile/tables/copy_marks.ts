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
  /** How many marks this profile, or one that it is a copy of, has made; 0 if left out. */
  readonly runs?: number;
  /** Whether something other than the server's word says that this is an old copy. */
  readonly evidence?: boolean;
  /** Whether the prekeys on the server are to be replaced. */
  readonly renewing?: boolean;
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
   * profile never use the same. `outside` is how many runs are known outside of the profile: more
   * than here are evidence that this is an old copy. The count is here before it is outside, so
   * that no crash makes such evidence.
   */
  next(random: Random, outside = 0): { readonly mark: Bytes; readonly runs: number } {
    return this.transaction(() => {
      const { pending, runs: before = 0, ...row } = this.#load();
      const mark = random(COPY_MARK_SIZE);
      const runs = Math.max(before, outside) + 1;
      const evidence = row.evidence || outside > before;
      this.#put({ ...row, pending: [...pending, mark].slice(-MAX_PENDING), runs, evidence });
      return { mark, runs };
    });
  }

  /** Whether there is evidence of an old copy that was not acted upon yet. */
  get evidence(): boolean {
    return this.#load().evidence === true;
  }

  /** Notes that the profile comes from an export, which is its user's own word for a copy. */
  noteImport(): void {
    this.#put({ ...this.#load(), evidence: true });
  }

  /** Whether the prekeys on the server are to be replaced. */
  get renewing(): boolean {
    return this.#load().renewing === true;
  }

  /** Has the prekeys on the server replaced until {@link settle}. Evidence counts once. */
  renew(): void {
    this.#put({ ...this.#load(), evidence: false, renewing: true });
  }

  /** Reports whether this profile may have given the server the mark `earlier`. */
  isFresh(earlier: Bytes): boolean {
    const { current, pending } = this.#load();
    return [current, ...pending].some((mark) => equalBytes(mark, earlier));
  }

  /** Makes the last mark of {@link next} the current one, after its answer has been handled. */
  settle(): void {
    this.transaction(() => {
      const { runs, pending } = this.#load();
      const current = pending.at(-1);
      if (current) this.#put({ current, pending: [], runs });
    });
  }

  #put(row: Row): void {
    this.putRow({ one: 1 }, row);
  }

  #load(): Row {
    return this.findRow(1) ?? { current: new Uint8Array(COPY_MARK_SIZE), pending: [] };
  }
}

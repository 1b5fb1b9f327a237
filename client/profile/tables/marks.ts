/**
 * The marks by which a client notices that its profile is an old copy (`shared/PROTOCOL.md` section
 * 9, request 108): on each run it gives the server a new one, and is told the one before.
 */
import type { Database, Statement } from "@db/sqlite";
import { type Bytes, equalBytes } from "../../../shared/bytes.ts";
import { MARK_SIZE } from "../../../shared/limits.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";
import { rowOf, type Vault } from "../sealing/vault.ts";

type Row = {
  /** What the server has for certain; zeros at first. */
  readonly current: Bytes;
  /** What it may have, as the answers were not seen; the last one was given to it last, if at all. */
  readonly pending: readonly Bytes[];
};

/** Attempts in a row, without an answer, of which the server may have any one. */
const MAX_PENDING = 64;

const NAME = "marks";
const CONTEXT = rowOf(NAME, 1);

export const MARKS: SealedTable = { name: NAME, key: "one", tags: {} };

export class Marks {
  readonly #database: Database;
  readonly #vault: Vault;
  readonly #select: Statement;
  readonly #put: Statement;

  constructor(database: Database, vault: Vault) {
    this.#database = database;
    this.#vault = vault;
    this.#select = database.prepare("SELECT sealed FROM marks");
    this.#put = database.prepare(
      "INSERT INTO marks (one, sealed) VALUES (1, ?) " +
        "ON CONFLICT DO UPDATE SET sealed = excluded.sealed",
    );
  }

  /** The mark that the server was last seen to have, 16 bytes; zeros before the first. */
  current(): Bytes {
    return this.#load().current;
  }

  /**
   * A mark to check in with, 16 bytes, which is kept: a new one each time, so that two copies of a
   * profile never give the same.
   */
  next(random: (size: number) => Bytes): Bytes {
    return this.#database.transaction(() => {
      const { current, pending } = this.#load();
      const made = random(MARK_SIZE);
      this.#save({ current, pending: [...pending, made].slice(-MAX_PENDING) });
      return made;
    }).immediate();
  }

  /** Whether the mark `earlier`, which the server had, is one that this profile may have given it. */
  isFresh(earlier: Bytes): boolean {
    const { current, pending } = this.#load();
    return [current, ...pending].some((mark) => equalBytes(mark, earlier));
  }

  /** Makes the last mark of {@link next} the current one: all that its answer led to is done. */
  settle(): void {
    this.#database.transaction(() => {
      const last = this.#load().pending.at(-1);
      if (last) this.#save({ current: last, pending: [] });
    }).immediate();
  }

  #load(): Row {
    const sealed = this.#select.value<[Bytes]>()?.[0];
    if (!sealed) return { current: new Uint8Array(MARK_SIZE), pending: [] };
    return this.#vault.openRow<Row>(CONTEXT, sealed);
  }

  #save(row: Row): void {
    this.#put.run(this.#vault.sealRow(CONTEXT, row));
  }
}

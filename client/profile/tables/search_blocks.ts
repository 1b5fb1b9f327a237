import { fromUtf8, utf8 } from "../../../shared/bytes.ts";
import { SealedStore } from "../sealing/sealed_store.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";
import { rowOf } from "../sealing/vault.ts";

/** An entry of the history with the text by which it is found, "" for none. */
export interface Searchable {
  readonly number: number;
  readonly text: string;
}

/** Returns the first `limit` entries that come after a number, and before another. */
export type ReadEntries = (after: number, before: number, limit: number) => readonly Searchable[];

/** The entries that a block stands for: all with numbers from `first` to `last`. */
type Span = { readonly first: number; readonly last: number };
/** The numbers of those that have a text, in the order of the texts. */
type Row = { readonly numbers: readonly number[] };

/** A block has so many entries at most, and so many characters before its last entry. */
export const BLOCK_ENTRIES = 256;
const BLOCK_TEXT = 64 * 1024;
/** Blocks that are made in one transaction. */
const BATCH = 4;
/** Stands between two texts, and in none. */
const SEPARATOR = "\0";

export const SEARCH_BLOCKS: SealedTable<Row> = {
  name: "search_blocks",
  schema: `
    -- What a search reads instead of the history; made when it is missed.
    CREATE TABLE search_blocks (
      first  INTEGER PRIMARY KEY, -- the numbers of its first
      last   INTEGER NOT NULL,    -- and its last entry in the history
      sealed BLOB NOT NULL,
      texts  BLOB NOT NULL        -- sealed: the folded texts of the entries
    ) STRICT;
  `,
  key: "first",
  tags: {},
  alsoSealed: ["texts"],
};

/**
 * The texts of the history packed for a search, many to a row, so that few rows are opened. There
 * is no other index, and nothing of it is in the clear.
 *
 * Blocks do not overlap. What no block stands for is searched in the history itself, until there
 * is enough of it for a block: writing an entry costs nothing here. The block of an entry whose
 * text changes, or that goes, must go in the same transaction ({@link drop}).
 */
export class SearchBlocks extends SealedStore<Row> {
  protected readonly table = SEARCH_BLOCKS;

  /**
   * Yields the numbers of the entries whose text holds all `words`, the newest first. `read` reads
   * the history, in which nothing may change before the end.
   */
  *find(words: readonly string[], read: ReadEntries): Generator<number> {
    const wanted = words.map(folded);
    while (this.packSome(read));
    let before = Number.MAX_SAFE_INTEGER;
    for (const { first, last } of this.#spans().reverse()) {
      yield* this.#findUnpacked(wanted, read, last, before);
      yield* this.#findIn(first, wanted);
      before = first;
    }
    yield* this.#findUnpacked(wanted, read, 0, before);
  }

  /** Removes the block, if any, that stands for the entry with this number. */
  drop(number: number): void {
    this.run(
      "DELETE FROM search_blocks WHERE last >= ? AND " +
        "first = (SELECT max(first) FROM search_blocks WHERE first <= ?)",
      number,
      number,
    );
  }

  *#findUnpacked(
    wanted: readonly string[],
    read: ReadEntries,
    after: number,
    before: number,
  ): Generator<number> {
    if (after + 1 >= before) return;
    const found: number[] = [];
    for (const { number, text } of pages(read, after, before)) {
      const own = folded(text);
      if (text !== "" && wanted.every((word) => own.includes(word))) found.push(number);
    }
    yield* found.reverse();
  }

  #findIn(first: number, wanted: readonly string[]): number[] {
    const sealed = this.statement("SELECT texts FROM search_blocks WHERE first = ?")
      .value<[Uint8Array]>(first)?.[0];
    if (!sealed) return [];
    const texts = fromUtf8(this.vault.open(rowOf("search_blocks.texts", first), sealed));
    // Most blocks hold nothing, and need not be taken apart.
    if (!wanted.every((word) => texts.includes(word))) return [];
    const numbers = this.findRow(first)?.numbers ?? [];
    return texts.split(SEPARATOR)
      .flatMap((text, i) => wanted.every((word) => text.includes(word)) ? [numbers[i]] : [])
      .reverse();
  }

  /**
   * Packs some of what no block stands for; of the newest entries only what fills a block. Reports
   * whether there was any, so that there may be more.
   */
  packSome(read: ReadEntries): boolean {
    let after = 0;
    for (const { first, last } of this.#spans()) {
      if (this.#packGap(read, after, first, 1)) return true;
      after = last;
    }
    return this.#packGap(read, after, Number.MAX_SAFE_INTEGER, BLOCK_ENTRIES);
  }

  /** Packs a gap in which there are at least so many entries, or a part of it. */
  #packGap(read: ReadEntries, start: number, before: number, least: number): boolean {
    if (!this.#isThere(least, start, before)) return false;
    let after = start;
    this.transaction(() => {
      for (let count = 0; count < BATCH; count++) {
        if (!this.#isThere(least, after, before)) return;
        after = this.#add(read(after, before, BLOCK_ENTRIES));
      }
    });
    return true;
  }

  /** Reports whether the history has at least so many entries there. */
  #isThere(least: number, after: number, before: number): boolean {
    if (after + least >= before) return false;
    const sql = "SELECT 1 FROM history WHERE number > ? AND number < ? LIMIT 1 OFFSET ?";
    return this.statement(sql).get(after, before, least - 1) !== undefined;
  }

  /** Makes a block of the first entries; returns the number of the last one. */
  #add(entries: readonly Searchable[]): number {
    const texts: string[] = [];
    const numbers: number[] = [];
    let [{ number: last }] = entries;
    let length = 0;
    for (const { number, text } of entries) {
      if (length > BLOCK_TEXT) break;
      last = number;
      if (text === "") continue;
      numbers.push(number);
      texts.push(folded(text));
      length += text.length;
    }
    const [{ number: first }] = entries;
    this.addRow({ first, last }, { numbers }, "", { texts: utf8(texts.join(SEPARATOR)) });
    return last;
  }

  #spans(): Span[] {
    return this.statement("SELECT first, last FROM search_blocks ORDER BY first").all<Span>();
  }
}

function* pages(read: ReadEntries, start: number, before: number): Generator<Searchable> {
  for (let after = start;;) {
    const entries = read(after, before, BLOCK_ENTRIES);
    yield* entries;
    if (entries.length < BLOCK_ENTRIES) return;
    after = entries[entries.length - 1].number;
  }
}

/**
 * Returns `text` as it is compared in a search. Lower case, then upper case: this makes ß and ẞ,
 * all sigmas, and, without the dot that İ keeps, all kinds of i look the same.
 */
function folded(text: string): string {
  const upper = text.normalize("NFKD").toLowerCase().toUpperCase();
  return upper.replaceAll("I\u0307", "I").normalize("NFC").replaceAll(SEPARATOR, "\ufffd");
}

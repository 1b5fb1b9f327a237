import { NumberLog } from "../disk/number_log.ts";

/** Entries after which they are marked in the history. */
const MAX_NOTED = 256;

/** Returns the path of the notes of the profile in `folder`. */
export function shownNotesPath(folder: string): string {
  return `${folder}/shown`;
}

/**
 * The texts that were shown and are not marked so in the history yet. Each is noted before the next
 * is shown, so that a process that is killed has shown at most one that is shown again; many are
 * marked in one transaction.
 */
export class ShownNotes implements Disposable {
  readonly #log: NumberLog;
  readonly #noted = new Set<number>();

  /**
   * Takes over what a killed process left in the file at `path`. `mark` marks entries of the
   * history as shown, in one transaction.
   */
  constructor(path: string, private readonly mark: (numbers: Iterable<number>) => void) {
    this.#log = new NumberLog(path);
    const left = this.#log.read();
    if (left.length > 0) mark(left);
    this.#log.remove(); // also a part of a number, which would shift all others
  }

  has(number: number): boolean {
    return this.#noted.has(number);
  }

  /** Notes that an entry was shown which is never to be shown again, as a text is. */
  add(number: number): void {
    this.#noted.add(number);
    try {
      this.#log.add(number);
    } catch {
      this.settle(); // such as on a full disk
    }
    if (this.#noted.size >= MAX_NOTED) this.settle();
  }

  /** Marks in the history what was noted. */
  settle(): void {
    if (this.#noted.size === 0) return;
    this.mark(this.#noted);
    this.#noted.clear();
    this.#log.empty();
  }

  /** Marks what was noted, and removes the file. */
  [Symbol.dispose](): void {
    this.settle();
    this.#log.remove();
  }
}

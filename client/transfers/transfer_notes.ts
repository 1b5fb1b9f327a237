import { nextTurn } from "../../shared/sleep.ts";
import type { Profile } from "../profile/profile.ts";

interface Note {
  readonly change: () => void;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Changes of the profile that have to be safe before a transfer goes on. Those that come in one
 * turn share a transaction, and so one wait for the disk.
 */
export class TransferNotes {
  #notes: Note[] = [];

  constructor(private readonly profile: Pick<Profile, "transaction">) {}

  /** Resolves when what `change` does is on the disk. */
  note(change: () => void): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#notes.push({ change, resolve, reject });
    if (this.#notes.length === 1) nextTurn(0).then(() => this.#keep(this.#notes.splice(0)));
    return promise;
  }

  /** One that fails does so alone. */
  #keep(notes: readonly Note[]): void {
    try {
      this.profile.transaction(() => {
        for (const { change } of notes) change();
      });
    } catch (error) {
      if (notes.length === 1) notes[0].reject(error);
      else for (const note of notes) this.#keep([note]);
      return;
    }
    for (const { resolve } of notes) resolve();
  }
}

import type { OnProgress } from "../../transfers/uploads.ts";
import { Pace } from "./pace.ts";

/** An amount of files. */
export interface Work {
  readonly files: number;
  /** Bytes. */
  readonly size: number;
  /** How many of them are not started when the first one is interrupted; 0 if it is left out. */
  readonly unbegun?: number;
}

/** A file that moves, and all that move with it. Sizes are bytes, times seconds. */
export interface Moving {
  /** The sender's name for it; null if it has none. */
  readonly file: string | null;
  readonly done: number;
  readonly size: number;
  /** Bytes a second; null, like the times, if it is not known yet. */
  readonly rate: number | null;
  readonly left: number | null;
  /** The direction of a file that can be resumed; null for one that cannot. */
  readonly way: "up" | "down" | null;
  readonly all: {
    readonly files: number;
    /** Which of them this one is, from 1. */
    readonly number: number;
    readonly done: number;
    readonly size: number;
    readonly left: number | null;
    readonly unbegun: number;
  };
}

/** Shows progress to someone. */
export interface ProgressView {
  /** Shows the state at the time `at`, in milliseconds, unless it has just shown another one. */
  show(moving: Moving, at: number): void;
  /** Removes what is shown, so that other lines may follow. */
  clear(): void;
  /** Shows the last state, if it is one that stays. */
  end(): void;
}

interface ProgressOptions {
  readonly view: ProgressView | null;
  /** Returns a steady time in milliseconds. */
  readonly now: () => number;
  /** Calls `then` after that many milliseconds, unless the result is called before. */
  readonly later?: (milliseconds: number, then: () => void) => () => void;
}

const NOTHING = { files: 0, size: 0 };
/** Fewer bytes than this move too fast to show progress, unless they take longer than that. */
const WORTH_SHOWING = 1024 * 1024;
const TOO_LONG = 1000;

/** Follows files while they move, and shows their progress. */
export class Progress {
  readonly #view: ProgressView | null;
  readonly #now: ProgressOptions["now"];
  readonly #later: typeof startTimer;
  /** Undoes that what moves is shown although nothing new is heard of it. */
  #cancel = () => {};
  #pace = new Pace();
  #left: (() => Work) | null = null;
  #current: { key: number | null; done: number; size: number } | null = null;
  #moving: Moving | null = null;
  /** What was moved before the current file, and all that moves with it. */
  #before = NOTHING;
  #all: Work = NOTHING;
  /** When the first of all began. */
  #since = 0;
  #moved = 0;

  constructor({ view, now, later = startTimer }: ProgressOptions) {
    this.#view = view;
    this.#now = now;
    this.#later = later;
  }

  /** At each file, `left` is called for what is left to move, including that file. */
  expect(left: () => Work): void {
    this.#left = left;
  }

  readonly update: OnProgress = (done, size, file) => {
    const key = file?.number ?? null;
    const current = this.#current;
    if (!current || current.key !== key || current.size !== size || done < current.done) {
      this.#begin(key, done, size, this.#now());
    } else {
      this.#moved += done - current.done;
      current.done = done;
    }
    const at = this.#now();
    const pace = this.#pace;
    pace.add(at, this.#moved);
    const { files: filesBefore, size: before } = this.#before;
    const all = {
      files: Math.max(this.#all.files, filesBefore + 1),
      number: filesBefore + 1,
      done: before + done,
      size: Math.max(this.#all.size, before + size),
      unbegun: this.#all.unbegun ?? 0,
    };
    this.#moving = {
      file: file?.name ?? null,
      done,
      size,
      rate: pace.rate,
      left: pace.left(size - done),
      way: file?.direction ?? null,
      all: { ...all, left: pace.left(all.size - all.done) },
    };
    const isLong = all.size >= WORTH_SHOWING || at - this.#since >= TOO_LONG;
    if (isLong) this.#view?.show(this.#moving, at);
    if (all.done === all.size) this.#cancel();
  };

  /** The file that moves, or was stopped before its end. */
  get moving(): Moving | null {
    const moving = this.#moving;
    return moving && moving.all.done < moving.all.size ? moving : null;
  }

  /** Removes what is shown, so that other lines may follow. */
  clear(): void {
    this.#view?.clear();
  }

  /** Ends it: nothing moves any more. */
  stop(): void {
    this.#cancel();
    this.#view?.end();
    this.#pace = new Pace();
    this.#left = this.#current = this.#moving = null;
    this.#before = this.#all = NOTHING;
  }

  #begin(key: number | null, done: number, size: number, at: number): void {
    const last = this.#current;
    if (last && this.moving) {
      this.#before = { files: this.#before.files + 1, size: this.#before.size + last.size };
    } else {
      // All before is done: what starts now is counted and measured by itself.
      this.#before = NOTHING;
      this.#pace = new Pace();
      this.#since = at;
      this.#cancel();
      if (this.#view) this.#cancel = this.#later(TOO_LONG, () => this.#showSlow());
    }
    this.#current = { key, done, size };
    const left = this.#left?.() ?? { files: 1, size };
    this.#all = {
      files: this.#before.files + left.files,
      size: this.#before.size + left.size,
      unbegun: left.unbegun,
    };
  }

  /** Shows what is so slow that nothing is heard of it for long, such as its only part. */
  #showSlow(): void {
    const moving = this.moving;
    if (moving) this.#view?.show(moving, this.#now());
  }
}

function startTimer(milliseconds: number, then: () => void): () => void {
  const timer = setTimeout(then, milliseconds);
  return () => clearTimeout(timer);
}

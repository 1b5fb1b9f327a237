import type { Moving, ProgressView } from "./progress.ts";

/** Time between two of them, in milliseconds. */
const INTERVAL = 500;

/** What scripts are told of a file that moves; see {@link Moving}. */
export type FileProgress = Pick<Moving, "file" | "done" | "size" | "rate" | "left">;

/** Tells of the progress of a file at most twice a second, and of its last one. */
export class ProgressLines implements ProgressView {
  #toldAt = -Infinity;
  #pending: Moving | null = null;

  constructor(private readonly tell: (progress: FileProgress) => void) {}

  show(moving: Moving, at: number): void {
    this.#pending = moving;
    if (at - this.#toldAt < INTERVAL) return;
    this.#toldAt = at;
    this.end();
  }

  clear(): void {}

  end(): void {
    if (!this.#pending) return;
    const { file, done, size, rate, left } = this.#pending;
    this.tell({ file, done, size, rate: rate === null ? null : Math.round(rate), left });
    this.#pending = null;
  }
}

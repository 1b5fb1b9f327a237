/** Progress for scripts: JSON objects, one a line. */
import type { Moving, ProgressView } from "./progress.ts";

/** Time between two lines, in milliseconds. */
const INTERVAL = 500;

export class ProgressLines implements ProgressView {
  readonly #write: (text: string) => void;
  #writtenAt = -Infinity;
  /** What was not written yet. */
  #pending: Moving | null = null;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  show(moving: Moving, at: number): void {
    this.#pending = moving;
    if (at - this.#writtenAt < INTERVAL) return;
    this.#writtenAt = at;
    this.end();
  }

  clear(): void {}

  end(): void {
    const moving = this.#pending;
    this.#pending = null;
    if (moving) this.#write(`${progressJson(moving)}\n`);
  }
}

function progressJson({ file, done, size, rate, left }: Moving): string {
  const progress = { file, done, size, rate: rate === null ? null : Math.round(rate), left };
  return JSON.stringify({ progress });
}

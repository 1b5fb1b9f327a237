import type { Moving, ProgressView } from "./progress.ts";

/** Time between two lines, in milliseconds. */
const INTERVAL = 500;

/** Writes the progress of a file at most twice a second, and its last one. */
export class ProgressLines implements ProgressView {
  #writtenAt = -Infinity;
  #pending: Moving | null = null;

  constructor(private readonly write: (text: string) => void) {}

  show(moving: Moving, at: number): void {
    this.#pending = moving;
    if (at - this.#writtenAt < INTERVAL) return;
    this.#writtenAt = at;
    this.end();
  }

  clear(): void {}

  end(): void {
    if (!this.#pending) return;
    const { file, done, size, rate, left } = this.#pending;
    const progress = { file, done, size, rate: rate === null ? null : Math.round(rate), left };
    this.write(`${JSON.stringify({ progress })}\n`);
    this.#pending = null;
  }
}

import type { Moving, ProgressView } from "./progress.ts";
import type { BarTerminal, ProgressBar } from "./progress_bar.ts";

/**
 * A {@link ProgressBar} that is loaded when there is something to show: what it measures text with
 * takes longer to load than a short command takes.
 */
export class LateBar implements ProgressView {
  #bar: ProgressBar | undefined;
  #loading: Promise<void> | undefined;
  /** What is to be shown once it is loaded. */
  #latest: [Moving, number] | undefined;

  constructor(private readonly terminal: BarTerminal) {}

  show(...latest: [Moving, number]): void {
    if (this.#bar) return this.#bar.show(...latest);
    this.#latest = latest;
    this.#loading ??= this.#load();
  }

  clear(): void {
    this.#latest = undefined;
    this.#bar?.clear();
  }

  end(): void {
    this.clear();
  }

  async #load(): Promise<void> {
    const { ProgressBar } = await import("./progress_bar.ts");
    this.#bar = new ProgressBar(this.terminal);
    if (this.#latest) this.#bar.show(...this.#latest);
  }
}

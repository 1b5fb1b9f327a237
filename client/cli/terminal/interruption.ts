/** Ctrl-C: what is under way stops in a state from which it can go on, and the user is told how. */
import { sizesText } from "../../../shared/size.ts";
import { ClientError } from "../../errors.ts";
import type { Moving } from "./progress.ts";

/** How long a file that moves may take to be left in good order, in milliseconds. */
const GRACE = 2000;

export interface InterruptionOptions {
  /** What moves now. */
  moving: () => Moving | null;
  sleep: (milliseconds: number) => Promise<void>;
  /** Ends the process. */
  kill: () => void;
}

export class Interruption {
  readonly #options: InterruptionOptions;
  /** Of what runs now. */
  #controller: AbortController | null = null;

  constructor(options: InterruptionOptions) {
    this.#options = options;
  }

  /** A signal has come: the first one stops what runs, another one, or where nothing runs, kills. */
  request(): void {
    if (!this.#controller || this.#controller.signal.aborted) this.#options.kill();
    else this.#controller.abort();
  }

  /**
   * Runs something that can be stopped. What cares for its signal has a moment to end in good order;
   * all else is left alone, as it would be by a crash.
   * @throws {ClientError} `interrupted`, and what `run` throws
   */
  async during<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const { signal } = controller;
    this.#controller = controller;
    const stopped = Promise.withResolvers<never>();
    stopped.promise.catch(() => {}); // it may come when all is over
    let text = "";
    signal.addEventListener("abort", () => {
      const moving = this.#options.moving();
      text = interruptedText(moving);
      const grace = moving?.way ? this.#options.sleep(GRACE) : Promise.resolve();
      grace.then(() => stopped.reject(new ClientError("interrupted", text)));
    });
    try {
      return await Promise.race([run(signal), stopped.promise]);
    } catch (error) {
      throw signal.aborted ? new ClientError("interrupted", text, { cause: error }) : error;
    } finally {
      this.#controller = null;
    }
  }
}

const NEXT = {
  up: "It goes on with the next messaging-client receive, or send-file of the same file.",
  down: "It goes on with the next messaging-client receive.",
  none: "This file starts again with the next messaging-client receive or send-file.",
};

/** What is said when `moving` was stopped. */
export function interruptedText(moving: Moving | null): string {
  if (!moving) return "Interrupted.";
  const { all: { done, size, unbegun }, way } = moving;
  const parts = [`Interrupted: ${sizesText(done, size)} are done.`, NEXT[way ?? "none"]];
  if (unbegun === 1) parts.push("1 file was not started; send it again.");
  if (unbegun > 1) parts.push(`${unbegun} files were not started; send them again.`);
  return parts.join(" ");
}

import { sizesText } from "../../../shared/size.ts";
import { ClientError } from "../../errors.ts";
import type { Moving } from "./progress.ts";

/** How long an interrupted transfer may take to end in good order, in milliseconds. */
const GRACE = 2000;

interface InterruptionOptions {
  /** Returns the transfer that is under way. */
  readonly moving: () => Moving | null;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Ends the process. */
  readonly kill: () => void;
}

/** Handles signals: the first one stops what runs, the next one kills the process. */
export class Interruption {
  /** Null while nothing runs. */
  #controller: AbortController | null = null;

  constructor(private readonly options: InterruptionOptions) {}

  request(): void {
    if (!this.#controller || this.#controller.signal.aborted) this.options.kill();
    else this.#controller.abort();
  }

  /**
   * Runs something that can be stopped. A transfer has a moment to end in good order; all else
   * stays as a crash would leave it.
   * @throws {ClientError} `interrupted`, and what `run` throws
   */
  async during<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { moving, sleep } = this.options;
    const { signal } = this.#controller = new AbortController();
    const stopped = Promise.withResolvers<never>();
    stopped.promise.catch(() => {}); // it may come after the end
    let interrupted: ClientError | undefined;
    signal.addEventListener("abort", async () => {
      const file = moving();
      interrupted = new ClientError("interrupted", interruptedText(file));
      if (file?.way) await sleep(GRACE);
      stopped.reject(interrupted);
    });
    try {
      return await Promise.race([run(signal), stopped.promise]);
    } catch (error) {
      throw interrupted ?? error;
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

/** Returns what the user is told when `moving` was stopped. */
export function interruptedText(moving: Moving | null): string {
  if (!moving) return "Interrupted.";
  const { all: { done, size, unbegun }, way } = moving;
  const parts = [`Interrupted: ${sizesText(done, size)} are done.`, NEXT[way ?? "none"]];
  if (unbegun === 1) parts.push("1 file was not started; send it again.");
  if (unbegun > 1) parts.push(`${unbegun} files were not started; send them again.`);
  return parts.join(" ");
}

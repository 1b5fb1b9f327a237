import { ClientError } from "../errors.ts";
import type { FileTransfers, TransferOutcome } from "../transfers/file_transfers.ts";
import type { FileWishes } from "../sessions/secure_opener.ts";
import type { OnProgress } from "../transfers/uploads.ts";

export interface BackgroundTransfersOptions {
  files: FileTransfers;
  onProgress: OnProgress;
  /** Returns which files are fetched, and where those go that have no folder yet. */
  wishes: () => FileWishes;
  /** Stops them from outside. */
  signal: AbortSignal | undefined;
  /** Called when there is something to show, or more to move. */
  onNews: () => void;
  /** Called with what waiting for the network cannot mend. */
  onFailure: (reason: unknown) => void;
}

/** Goes on with transfers beside the messages; what became of them waits in {@link take}. */
export class BackgroundTransfers {
  /** Stops what moves now. */
  #stop = new AbortController();
  /** The numbers of those that were tried, and are not tried again before {@link retryAll}. */
  readonly #tried = new Set<number>();
  #outcomes: TransferOutcome[] = [];
  /** Resolves when they rest; null while they do. */
  #moving: Promise<void> | null = null;
  /** How many keep them at rest. */
  #holds = 0;

  constructor(private readonly options: BackgroundTransfersOptions) {}

  /** Lets all be tried again: it is time, or there is a new connection. */
  retryAll(): void {
    this.#tried.clear();
  }

  /** Starts to move what there is to move, unless it is moving already, or kept at rest. */
  start(): void {
    if (!this.#moving && this.#holds === 0 && this.#mayGoOn()) this.#moving = this.#move();
  }

  /** Returns what became of transfers since the last call. */
  take(): TransferOutcome[] {
    return this.#outcomes.splice(0);
  }

  /** Stops them; resolves when nothing moves any more, which lasts until the result is disposed. */
  async hold(): Promise<Disposable> {
    this.#holds++;
    this.#stop.abort();
    await this.#moving;
    return {
      [Symbol.dispose]: () => {
        if (--this.#holds > 0) return;
        this.retryAll();
        this.options.onNews();
      },
    };
  }

  async #move(): Promise<void> {
    const { files, onProgress, signal, onNews, onFailure } = this.options;
    const stop = this.#stop = new AbortController();
    const signals = signal ? [signal, stop.signal] : [stop.signal];
    const watched = { onProgress, signal: AbortSignal.any(signals) };
    const wanted = { ...watched, ...this.options.wishes() };
    try {
      for (const steps of [files.resume(wanted, this.#tried), files.settle(watched)]) {
        for await (const outcome of steps) {
          this.#outcomes.push(outcome);
          onNews();
        }
      }
    } catch (error) {
      // A broken network is made again, and then they go on.
      const passes = error instanceof ClientError &&
        (error.code !== "interrupted" || stop.signal.aborted);
      if (!passes) onFailure(error);
    }
    this.#moving = null;
    if (this.#holds === 0 && this.#mayGoOn()) onNews();
  }

  #mayGoOn(): boolean {
    const { files, wishes } = this.options;
    return files.mayGoOn(this.#tried, wishes().maxSize);
  }
}

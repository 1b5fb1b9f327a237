import { ClientError } from "../errors.ts";
import type { FileTransfers, TransferOutcome } from "../transfers/file_transfers.ts";
import type { OnProgress } from "../transfers/uploads.ts";

export interface BackgroundTransfersOptions {
  files: FileTransfers;
  onProgress: OnProgress;
  /** Larger files are not fetched, in bytes; -1 for none at all. */
  maxSize: number;
  /** Where files go that have no folder yet. */
  folder: string;
  /** Stops them from outside. */
  signal: AbortSignal | undefined;
  /** Called when there is something to show, or more to move. */
  onNews: () => void;
  /** Called with what waiting for the network cannot mend. */
  onFailure: (reason: unknown) => void;
}

/** Goes on with transfers beside the messages; what became of them waits in {@link take}. */
export class BackgroundTransfers {
  readonly #stop = new AbortController();
  /** The numbers of those that were tried, and are not tried again before {@link retryAll}. */
  readonly #tried = new Set<number>();
  #outcomes: TransferOutcome[] = [];
  /** Resolves when they rest; null while they do. */
  #moving: Promise<void> | null = null;

  constructor(private readonly options: BackgroundTransfersOptions) {}

  /** Lets all be tried again: it is time, or there is a new connection. */
  retryAll(): void {
    this.#tried.clear();
  }

  /** Starts to move what there is to move, unless it is moving already. */
  start(): void {
    if (!this.#moving && this.#mayGoOn()) this.#moving = this.#move();
  }

  /** Returns what became of transfers since the last call. */
  take(): TransferOutcome[] {
    return this.#outcomes.splice(0);
  }

  /** Stops them; resolves when nothing moves any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#moving;
  }

  async #move(): Promise<void> {
    const { files, onProgress, maxSize, folder, signal, onNews, onFailure } = this.options;
    const signals = signal ? [signal, this.#stop.signal] : [this.#stop.signal];
    const watched = { onProgress, signal: AbortSignal.any(signals) };
    const wanted = { ...watched, maxSize, folder };
    try {
      for (const steps of [files.resume(wanted, this.#tried), files.settle(watched)]) {
        for await (const outcome of steps) {
          this.#outcomes.push(outcome);
          onNews();
        }
      }
    } catch (error) {
      // A broken network is made again, and then they go on.
      if (!(error instanceof ClientError) || error.code === "interrupted") onFailure(error);
    }
    this.#moving = null;
    if (!this.#stop.signal.aborted && this.#mayGoOn()) onNews();
  }

  #mayGoOn(): boolean {
    const { files, maxSize } = this.options;
    return files.mayGoOn(this.#tried, maxSize);
  }
}

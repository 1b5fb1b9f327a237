import type { Logger } from "@logtape/logtape";
import { StorageError } from "../../shared/errors.ts";
import type { Storage } from "../storage/storage.ts";
import type { BlobStore } from "./blob_store.ts";
import type { FileStore } from "./file_store.ts";

export interface RemainsOptions {
  storage: Storage;
  blobs: BlobStore;
  files: FileStore;
  log: Logger;
}

/** Deletes in the background what clients that have left leave behind. */
export class RemainsRemover {
  #running: Promise<void> | null = null;
  #departures = 0;

  constructor(private readonly options: RemainsOptions) {}

  /** How often {@link remove} was called: as long as it stays, nobody has left. */
  get departures(): number {
    return this.#departures;
  }

  /** Deletes all that is there now. What a stop or a failure keeps it from is left for later. */
  remove(): void {
    this.#departures++;
    const before = this.#running ?? Promise.resolve();
    const running = before.then(() => this.#removeAll()).catch((error) => {
      if (error instanceof StorageError && error.code === "closed") return;
      this.options.log.error("What a client left stays: {error}", { error });
    });
    this.#running = running;
  }

  /** Resolves when nothing is being deleted. */
  async done(): Promise<void> {
    await this.#running;
  }

  async #removeAll(): Promise<void> {
    const { storage, blobs, files, log } = this.options;
    for (let remains; (remains = await storage.removeRemains());) {
      await blobs.removeAll(remains.blobs, log);
      await files.removeForgotten(remains.files);
    }
  }
}

/** Whether the server can take work: its storage takes writes, and it is not about to stop. */
import { StorageError } from "../../shared/errors.ts";
import { DiskError } from "../storage/disk_errors.ts";
import type { Storage } from "../storage/storage.ts";

/** How long an answer of the storage counts, in milliseconds: each costs it an fsync. */
const PROBE_INTERVAL = 1_000;

export class Health {
  /** Set by the server as it starts, serves, and stops. */
  state: "starting" | "serving" | "draining" = "starting";
  #probedAt = -Infinity;
  #problem: Promise<string | null> = Promise.resolve(null);

  constructor(
    private readonly storage: Pick<Storage, "probe">,
    private readonly clock: () => number,
  ) {}

  /** Returns why no work should be sent here, in a few words, or null. */
  async problem(): Promise<string | null> {
    if (this.state !== "serving") return this.state;
    const now = this.clock();
    if (now >= this.#probedAt + PROBE_INTERVAL) {
      this.#probedAt = now;
      this.#problem = this.storage.probe().then(() => null, wordsFor);
    }
    return await this.#problem;
  }
}

function wordsFor(error: unknown): string {
  if (error instanceof DiskError) return error.message;
  const closed = error instanceof StorageError && error.code === "closed";
  return closed ? "draining" : "the storage takes no writes";
}

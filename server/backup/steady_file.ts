import { writeAll } from "../../shared/io.ts";
import { MiB } from "../../shared/limits.ts";

/** Bytes that may wait for the disk. */
const STEP = 4 * MiB;

/**
 * A file whose bytes go to the disk as they are written, in steps of 4 MiB. A server that commits
 * waits behind all that the disk has to write: behind a whole backup, without such steps.
 */
export class SteadyFile {
  /** Bytes since the last step. */
  #waiting = 0;

  constructor(private readonly file: Deno.FsFile) {}

  async write(bytes: Uint8Array): Promise<void> {
    await writeAll(this.file, bytes);
    this.#waiting += bytes.length;
    if (this.#waiting < STEP) return;
    await this.file.syncData();
    this.#waiting = 0;
  }
}

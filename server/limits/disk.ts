/** The disk under the data folder: how much room is left for files, and what goes wrong with it. */
import type { Logger } from "@logtape/logtape";
import { DiskError } from "../storage/disk_errors.ts";

/** How often free space is looked at, in milliseconds. */
const LOOK_INTERVAL = 5_000;

/** Bytes of a file system. */
export interface DiskSpace {
  total: number;
  /** What this process may still take. */
  free: number;
}

export interface DiskOptions {
  /** Bytes that files and large contents leave free, for texts and the database. */
  reserve: number;
  /** Looks at the file system. */
  space: () => Promise<DiskSpace>;
  log: Logger;
}

export class Disk {
  /** Bytes above the reserve, less what was claimed since they were looked at. */
  #left = Infinity;

  constructor(private readonly options: DiskOptions) {}

  /** Bytes that files may still take: those above the reserve. Infinity where it is not known. */
  get left(): number {
    return this.#left;
  }

  /** Looks at the free space now and every few seconds. The returned function ends it. */
  async start(): Promise<() => void> {
    const { reserve, space, log } = this.options;
    const { total } = await space().catch(() => ({ total: Infinity })); // told by `look`
    if (total <= reserve) {
      log.error("No files are taken: the disk has {total} bytes; lower --reserve, {reserve}", {
        reserve,
        total,
      });
    }
    await this.look();
    const timer = setInterval(() => this.look(), LOOK_INTERVAL);
    return () => clearInterval(timer);
  }

  /** Looks at the free space. Where that cannot be done, all of it counts as free. */
  async look(): Promise<void> {
    const { reserve, space, log } = this.options;
    const before = this.#left;
    try {
      this.#left = (await space()).free - reserve;
    } catch (error) {
      this.#left = Infinity;
      log.warn("The free space of the disk is not known, so no reserve is kept: {error}", {
        error,
      });
    }
    if (this.#left > 0 && before <= 0) log.info("The disk has room for files again");
  }

  /**
   * Takes `size` bytes for a part of a file or of a large content.
   * @throws {DiskError} `full` if that would touch the reserve
   */
  claim(size: number): void {
    this.check(size);
    this.#left -= size;
  }

  /**
   * Checks that there is room for `size` bytes now.
   * @throws {DiskError} `full`
   */
  check(size: number): void {
    if (size <= this.#left) return;
    const { reserve, log } = this.options;
    const error = new DiskError("full");
    log.warn("Files are refused, to keep {reserve} bytes free for all else; {advice}", {
      reserve,
      advice: error.advice,
    });
    throw error;
  }

  /** Logs a fault, with what the operator should do. */
  report({ fault, message: reason, advice, cause: error }: DiskError): void {
    const { log } = this.options;
    if (fault !== "full") log.error("{reason}; {advice}: {error}", { reason, advice, error });
    else if (error) log.warn("{reason}; {advice}: {error}", { reason, advice, error });
    // Without a cause it is the reserve, of which `check` has told.
  }
}

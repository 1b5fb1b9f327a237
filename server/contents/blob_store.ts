/**
 * Large contents of messages, as files. A blob is written under a temporary name, fsynced, renamed,
 * and its folder fsynced, before the database names it. What a crash leaves behind is swept at the
 * next start.
 */
import type { Logger } from "@logtape/logtape";
import type { Random } from "../../shared/crypto/random.ts";
import { toHex } from "../../shared/bytes.ts";
import { type ByteSource, writeAll } from "../../shared/io.ts";
import { MiB } from "../../shared/limits.ts";
import { removeFile, syncFolder } from "../../shared/files.ts";
import { Deletions } from "./deletions.ts";
import { onDisk } from "../storage/disk_errors.ts";

const UNFINISHED = ".part";
const NAME_SIZE = 16;
/** What a blob is called, finished or not; any other file stays. */
const NAME = /^[0-9a-f]{32}(\.part)?$/;
/** Bytes written between two fsyncs, so that the last one has little left to do. */
const SYNC_STEP = 16 * MiB;
/** Lost blobs that are remembered. */
const MAX_LOST = 1_000;

/** Blobs that a sweep asks about at a time. */
const SWEEP_PAGE = 500;

export interface BlobReader extends ByteSource, Disposable {}

export class BlobStore {
  /** Blobs that are lost, of which {@link isNewlyLost} has told: not too many. */
  readonly #lost = new Set<string>();
  /** Blobs of which a part could not be read when it was last tried: not too many. */
  readonly #unreadable = new Set<string>();

  /** Blobs live in `folder`, which must exist. */
  constructor(
    private readonly folder: string,
    private readonly random: Random,
    private readonly deletions = new Deletions(),
  ) {}

  /** Starts a new blob. */
  async create(): Promise<BlobWriter> {
    const name = toHex(this.random(NAME_SIZE));
    const path = `${this.folder}/${name}`;
    const options = { write: true, createNew: true, mode: 0o600 };
    const file = await onDisk(() => Deno.open(path + UNFINISHED, options));
    return new BlobWriter(name, path, file, () => syncFolder(this.folder));
  }

  /**
   * Reports whether a blob is there, whole.
   * @throws {StorageError} if that cannot be found out now
   */
  async has(name: string, size: number): Promise<boolean> {
    try {
      return (await onDisk(() => Deno.stat(`${this.folder}/${name}`))).size === size;
    } catch (error) {
      if (error instanceof Error && error.cause instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /** Reports whether nobody has asked before about this blob, which is not whole: for the log. */
  isNewlyLost(name: string): boolean {
    if (this.#lost.has(name)) return false;
    if (this.#lost.size === MAX_LOST) this.#lost.clear();
    this.#lost.add(name);
    return true;
  }

  /**
   * Opens a blob for reading from its start. A failure of the disk while it is read is remembered,
   * see {@link isReadable}.
   */
  async open(name: string): Promise<BlobReader> {
    const file = await onDisk(() => Deno.open(`${this.folder}/${name}`, { read: true }));
    const failed = (error: unknown) => {
      if (this.#unreadable.size === MAX_LOST) this.#unreadable.clear();
      this.#unreadable.add(name);
      throw error;
    };
    return {
      read: (into) => onDisk(() => file.read(into)).catch(failed),
      [Symbol.dispose]: () => file.close(),
    };
  }

  /** Opens a blob of `size` bytes for reading; returns null if it is not there, whole. */
  async openWhole(name: string, size: number): Promise<BlobReader | null> {
    if (!await this.has(name, size) || !await this.isReadable(name)) return null;
    return await this.open(name).catch(() => null); // unreadable is as good as gone
  }

  /**
   * Reports whether a blob that is there can be read, as far as is known: one that could not be the
   * last time is read through. Who finds out too late has promised bytes that do not come.
   */
  async isReadable(name: string): Promise<boolean> {
    if (!this.#unreadable.has(name)) return true;
    try {
      using blob = await this.open(name);
      const step = new Uint8Array(MiB);
      while (await blob.read(step) !== null);
    } catch {
      return false;
    }
    this.#unreadable.delete(name);
    return true;
  }

  /** Deletes a blob, if it is there. */
  async remove(name: string): Promise<void> {
    await onDisk(() => removeFile(`${this.folder}/${name}`));
  }

  /**
   * Deletes the blobs of messages that are gone, while none is copied. What fails is swept at the
   * next start.
   */
  async removeAll(names: Iterable<string>, log: Logger): Promise<void> {
    for (const blob of names) {
      const remove = () =>
        this.remove(blob).catch((error) =>
          log.error("File {blob} cannot be removed: {error}", { blob, error })
        );
      if (!this.deletions.defer(blob, remove)) await remove();
    }
  }

  /**
   * Deletes every blob, finished or not, that is not `needed`, which is asked for some at a time.
   * Returns how many it deleted.
   */
  async sweep(needed: (names: string[]) => Promise<ReadonlySet<string>>): Promise<number> {
    let removed = 0;
    let page: string[] = [];
    const sweepPage = async () => {
      const staying = await needed(page);
      const unneeded = page.filter((name) => !staying.has(name));
      for (const name of unneeded) await this.remove(name);
      removed += unneeded.length;
      page = [];
    };
    for await (const { name } of Deno.readDir(this.folder)) {
      if (NAME.test(name)) page.push(name);
      if (page.length >= SWEEP_PAGE) await sweepPage();
    }
    await sweepPage();
    return removed;
  }
}

type BlobFile = Pick<Deno.FsFile, "write" | "sync" | "syncData" | "close">;

/** A blob on its way to the disk. Ends by {@link commit} or {@link abort}. */
export class BlobWriter {
  #unsynced = 0;
  #syncing: Promise<void> = Promise.resolve();

  constructor(
    private readonly name: string,
    private readonly path: string,
    private readonly file: BlobFile,
    private readonly syncFolder: () => Promise<void>,
  ) {}

  /** Appends `bytes`. Resolves when they are written, and the disk kept up with those before. */
  async write(bytes: Uint8Array): Promise<void> {
    await onDisk(async () => {
      await writeAll(this.file, bytes);
      this.#unsynced += bytes.length;
      if (this.#unsynced < SYNC_STEP) return;
      this.#unsynced = 0;
      await this.#syncing;
      this.#syncing = this.file.syncData();
      this.#syncing.catch(() => {}); // the next await reports it
    });
  }

  /** Makes the blob outlast a power failure and returns its name. */
  async commit(): Promise<string> {
    await onDisk(async () => {
      await this.#syncing;
      await this.file.sync();
      this.file.close();
      await Deno.rename(this.path + UNFINISHED, this.path);
      await this.syncFolder();
    });
    return this.name;
  }

  /** Deletes what was written, also after a failed {@link commit}. */
  async abort(): Promise<void> {
    await this.#syncing.catch(() => {});
    try {
      this.file.close();
    } catch {
      // Closed by commit.
    }
    for (const path of [this.path + UNFINISHED, this.path]) {
      await Deno.remove(path).catch(() => {}); // the next start removes it otherwise
    }
  }
}

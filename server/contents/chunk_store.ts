/**
 * The bytes of files in chunks, each as a {@link ChunkFile} in one folder. Who works on one has it
 * alone, so changes of its record in the storage belong inside that work.
 */
import { type Bytes, fromHex, toHex } from "../../shared/bytes.ts";
import { StorageError, type StorageErrorCode } from "../../shared/errors.ts";
import { syncFolder } from "../../shared/files.ts";
import { ChunkFile } from "./chunk_file.ts";
import { INDEX_SUFFIX } from "./chunk_index.ts";
import { onDisk } from "../storage/disk_errors.ts";

/** Files that stay open, as they may be needed again. */
const MAX_IDLE = 64;
/** What the files here are called; any other stays. */
const NAME = /^[0-9a-f]{32}(\.marks)?$/;

const DISK_ERRORS: readonly StorageErrorCode[] = ["failed", "disk-full"];

interface Entry {
  readonly file: ChunkFile;
  /** Those that work on it or wait to. */
  users: number;
  /** Resolves when the last of them has finished. Never rejects. */
  last: Promise<void>;
}

export class ChunkStore {
  /** By name, in the order of their last use. */
  readonly #entries = new Map<string, Entry>();

  /** The files live in `folder`, which must exist. */
  constructor(private readonly folder: string) {}

  /** Runs `work` on the file called `id`, 16 bytes, after the work that was asked for before. */
  async use<T>(id: Bytes, work: (file: ChunkFile) => Promise<T>): Promise<T> {
    const name = toHex(id);
    const entry = this.#enter(name);
    const before = entry.last;
    const done = Promise.withResolvers<void>();
    entry.last = done.promise;
    await before;
    try {
      return await work(entry.file);
    } catch (error) {
      // What the file knows of itself may be wrong now: opened again, it looks again.
      if (error instanceof StorageError && DISK_ERRORS.includes(error.code)) {
        await entry.file.close();
      }
      throw error;
    } finally {
      entry.users--;
      done.resolve();
      if (entry.users === 0 && !entry.file.opened) this.#entries.delete(name);
      await this.#closeIdle();
    }
  }

  /** Deletes the file called `id`, unless `needed` says so once nobody else works on it. */
  async removeUnless(id: Bytes, needed: () => Promise<boolean>): Promise<boolean> {
    return await this.use(id, async (file) => {
      if (await needed()) return false;
      await file.remove();
      return true;
    });
  }

  /** Returns the IDs of all files that are there, whole or not. */
  async *ids(): AsyncIterable<Bytes> {
    for await (const { name } of Deno.readDir(this.folder)) {
      if (!NAME.test(name)) continue;
      const data = name.replace(INDEX_SUFFIX, "");
      if (name === data || !await this.#exists(data)) yield fromHex(data);
    }
  }

  /** Returns how many bytes of `id` are there. */
  async size(id: Bytes): Promise<number> {
    const stat = onDisk(() => Deno.stat(`${this.folder}/${toHex(id)}`));
    return await stat.then(({ size }) => size, (error) => {
      if (error.cause instanceof Deno.errors.NotFound) return 0;
      throw error;
    });
  }

  /** Closes all files, each after the work on it. */
  async close(): Promise<void> {
    for (const { file, last } of [...this.#entries.values()]) {
      await last;
      await file.close();
    }
    this.#entries.clear();
  }

  #enter(name: string): Entry {
    const entry = this.#entries.get(name) ?? {
      file: new ChunkFile(`${this.folder}/${name}`, () => syncFolder(this.folder)),
      users: 0,
      last: Promise.resolve(),
    };
    entry.users++;
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    return entry;
  }

  /** Closes the files that were unused for longest if too many are open. */
  async #closeIdle(): Promise<void> {
    let surplus = this.#entries.size - MAX_IDLE;
    if (surplus <= 0) return;
    const closing: Promise<void>[] = [];
    for (const [name, entry] of this.#entries) {
      if (surplus-- <= 0) break;
      if (entry.users > 0) continue;
      // If it is needed meanwhile it is opened again: nothing is under way on it.
      this.#entries.delete(name);
      closing.push(entry.file.close());
    }
    await Promise.all(closing);
  }

  async #exists(name: string): Promise<boolean> {
    return await Deno.stat(`${this.folder}/${name}`).then(() => true, () => false);
  }
}

/**
 * The ciphertexts of files in chunks, each as a {@link ChunkFile} in one folder. Whoever works on
 * one has it to himself, so what is done to its record in the storage belongs inside as well.
 */
import { type Bytes, fromHex, toHex } from "../../shared/bytes.ts";
import { StorageError, type StorageErrorCode } from "../../shared/errors.ts";
import { syncFolder } from "../../shared/files.ts";
import { ChunkFile, INDEX_SUFFIX } from "./chunk_file.ts";
import { onDisk } from "./disk_errors.ts";

/** Files that stay open for whoever needs them next. */
const MAX_IDLE = 64;
/** What the files here are called; any other is somebody else's. */
const NAME = /^[0-9a-f]{32}(\.marks)?$/;

const DISK_ERRORS: readonly StorageErrorCode[] = ["failed", "disk-full"];

interface Entry {
  readonly file: ChunkFile;
  /** Who works on it, and who waits to. */
  users: number;
  /** Resolves when the last of them has ended. Never rejects. */
  last: Promise<void>;
}

export class ChunkStore {
  readonly #folder: string;
  /** By name; the one that was used last is the last one. */
  readonly #entries = new Map<string, Entry>();

  /** The files live in `folder`, which must exist. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Works on the file called `id`, 16 bytes, after those who came before. */
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
      // What it knows of itself may be wrong now: it looks again.
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

  /** Deletes the file called `id`, unless `needed` says at the last moment that it stays. */
  async removeUnless(id: Bytes, needed: () => Promise<boolean>): Promise<void> {
    await this.use(id, async (file) => {
      if (!await needed()) await file.remove();
    });
  }

  /** The IDs of all files that are there, whole or not. */
  async *ids(): AsyncIterable<Bytes> {
    const entries = Deno.readDir(this.#folder);
    for await (const { name } of entries) {
      if (!NAME.test(name)) continue;
      if (!name.endsWith(INDEX_SUFFIX)) yield fromHex(name);
      else if (!await this.#exists(name.slice(0, -INDEX_SUFFIX.length))) {
        yield fromHex(name.slice(0, -INDEX_SUFFIX.length));
      }
    }
  }

  /** Whether the bytes of `id` are there, as many as `size`. */
  async has(id: Bytes, size: number): Promise<boolean> {
    return await onDisk(async () => {
      try {
        return (await Deno.stat(`${this.#folder}/${toHex(id)}`)).size === size;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return false;
        throw error;
      }
    });
  }

  /** Closes all files, after those who work on them. */
  async close(): Promise<void> {
    for (const { file, last } of [...this.#entries.values()]) {
      await last;
      await file.close();
    }
    this.#entries.clear();
  }

  #enter(name: string): Entry {
    const entry = this.#entries.get(name) ?? {
      file: new ChunkFile(`${this.#folder}/${name}`, () => syncFolder(this.#folder)),
      users: 0,
      last: Promise.resolve(),
    };
    entry.users++;
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    return entry;
  }

  /** Closes those that were not used for longest, where too many are open. */
  async #closeIdle(): Promise<void> {
    let surplus = this.#entries.size - MAX_IDLE;
    if (surplus <= 0) return;
    const closing: Promise<void>[] = [];
    for (const [name, entry] of this.#entries) {
      if (surplus-- <= 0) break;
      if (entry.users > 0) continue;
      // Whoever wants it meanwhile opens it anew: nothing is under way on it.
      this.#entries.delete(name);
      closing.push(entry.file.close());
    }
    await Promise.all(closing);
  }

  async #exists(name: string): Promise<boolean> {
    return await Deno.stat(`${this.#folder}/${name}`).then(() => true, () => false);
  }
}

/**
 * The ciphertext of one file in chunks, on the disk: its bytes, each chunk at its place, and beside
 * them an index. That holds how many chunks were fsynced, 4 bytes, and 4 zeros; then 8 bytes for
 * each chunk: its size 4 (0 if it is missing) · its CRC-32 4.
 *
 * A chunk is noted in the index after it was written, but neither waits for the disk. So after a
 * crash of the machine, chunks behind those that were fsynced may be damaged. They are checked
 * before they count as there. Every chunk is checked when it is read. CRC-32 detects errors of the
 * disk; attacks are detected by the tags that the receiver checks.
 */
import { crc32 } from "node:zlib";
import type { Bytes } from "../../shared/bytes.ts";
import { ProtocolError } from "../../shared/errors.ts";
import { removeFile } from "../../shared/files.ts";
import { writeAll } from "../../shared/io.ts";
import { FILE_CHUNK_SIZE, MiB } from "../../shared/limits.ts";
import { chunkCount, chunkSizeAt } from "../../shared/protocol/secure/files.ts";
import {
  decodeIndex,
  encodeEntry,
  encodeHeader,
  ENTRY_SIZE,
  HEADER_SIZE,
  INDEX_SUFFIX,
  MISSING,
} from "./chunk_index.ts";
import { onDisk } from "../storage/disk_errors.ts";

/** Bytes written between two fsyncs, so that the last one has little left to do. */
const SYNC_STEP = 32 * MiB;

/** What is done with an open file. */
export type DiskFile = Pick<
  Deno.FsFile,
  "read" | "write" | "seekSync" | "stat" | "truncate" | "sync" | "syncData" | "close"
>;

/** Both files, open. */
interface Handles {
  readonly data: DiskFile;
  readonly index: DiskFile;
  /** The data once more: an fsync of this one does not hold up writes to the other. */
  readonly syncing: DiskFile;
}

/**
 * For one caller at a time, see {@link ./chunk_store.ts}. Opens its files when it needs them.
 * Methods fail as {@link onDisk} does.
 */
export class ChunkFile {
  #handles: Handles | null = null;
  /** The CRC-32 of each chunk in the index, or {@link MISSING}. */
  #sums: number[] = [];
  /** The first chunk that is missing; -1 until it is known. */
  #next = -1;
  /** Chunks before this one were fsynced, as the index says, or written or checked since. */
  #trusted = 0;
  /** Chunks before this one were fsynced, but the index does not say so yet. */
  #synced = 0;
  #unsynced = 0;
  #flushing: Promise<void> = Promise.resolve();
  /**
   * Whether an fsync failed: the system may take for written what never came to the disk, also when
   * it reads it, and a second fsync would succeed. Then all has to be sent again.
   */
  #distrusted = false;

  /** The bytes lie at `path`; `syncFolder` makes names in its folder outlast a power failure. */
  constructor(
    private readonly path: string,
    private readonly syncFolder: () => Promise<void>,
    private readonly openFile = openOrCreate,
  ) {}

  /** Whether its files are open. */
  get opened(): boolean {
    return this.#handles !== null;
  }

  /**
   * Returns the first chunk that is missing or damaged, of a file of `size` bytes; the number of
   * its chunks if none is.
   */
  async firstMissing(size: number): Promise<number> {
    return await onDisk(async () => {
      const handles = await this.#open();
      if (this.#next === -1) this.#next = await this.#findMissing(handles, 0, size);
      return this.#next;
    });
  }

  /**
   * Stores chunk number `chunk` of a file of `size` bytes; one that is there already is left as it
   * is. Resolves when it is written, and the disk has kept up with those long before.
   * @throws {ProtocolError} `malformed` if one before it is missing, or its size is wrong
   */
  async put(chunk: number, bytes: Bytes, size: number): Promise<void> {
    if (chunk >= chunkCount(size) || bytes.length !== chunkSizeAt(chunk, size)) {
      throw new ProtocolError("malformed", `chunk ${chunk} has another size, or there is none`);
    }
    const next = await this.firstMissing(size);
    if (chunk !== next) {
      if (chunk < next || this.#has(chunk)) return;
      throw new ProtocolError("malformed", `chunk ${next} is the next one`);
    }
    await onDisk(async () => {
      const handles = await this.#open();
      await this.#keepUp(handles, bytes.length);
      await writeAt(handles.data, chunk * FILE_CHUNK_SIZE, bytes);
      await this.#note(handles, chunk, bytes.length, crc32(bytes));
      if (this.#trusted === chunk) this.#trusted = chunk + 1;
      this.#next = await this.#findMissing(handles, chunk + 1, size);
    });
  }

  /**
   * Reads a chunk into `into`, which has its size. Reports whether it is there and not damaged;
   * otherwise `into` holds nothing of use.
   */
  async get(chunk: number, into: Bytes): Promise<boolean> {
    return await onDisk(async () => await this.#read(await this.#open(), chunk, into));
  }

  /** Marks a damaged chunk as missing. */
  async drop(chunk: number): Promise<void> {
    await onDisk(async () => {
      await this.#note(await this.#open(), chunk, 0, MISSING);
      this.#next = -1;
    });
  }

  /** Makes all that was written outlast a power failure, also the names of the files. */
  async sync(): Promise<void> {
    await onDisk(async () => {
      const handles = await this.#open();
      await this.#flushing;
      await this.#distrustFailed(handles.data.sync());
      this.#synced = this.#trusted;
      await this.#noteSynced(handles);
      await this.#distrustFailed(handles.index.sync());
      await this.#distrustFailed(this.syncFolder());
      this.#unsynced = 0;
    });
  }

  /** Deletes both files, if they are there. */
  async remove(): Promise<void> {
    await this.close();
    for (const path of [this.path, this.path + INDEX_SUFFIX]) {
      await onDisk(() => removeFile(path));
    }
  }

  /** Closes the files; the next call opens them again, and trusts only what was fsynced. */
  async close(): Promise<void> {
    const handles = this.#handles;
    if (!handles) return;
    await this.#flushing.catch(() => {});
    if (this.#distrusted) await this.#empty(handles).catch(() => {}); // tried again when opened
    this.#handles = null;
    this.#next = -1;
    this.#trusted = this.#synced = this.#unsynced = 0;
    this.#flushing = Promise.resolve();
    for (const file of Object.values(handles)) file.close();
  }

  async #open(): Promise<Handles> {
    if (this.#handles) return this.#handles;
    const files: DiskFile[] = [];
    const open = async (path: string) => {
      const file = await this.openFile(path);
      files.push(file);
      return file;
    };
    try {
      const data = await open(this.path);
      const index = await open(this.path + INDEX_SUFFIX);
      const syncing = await open(this.path);
      if (this.#distrusted) await this.#empty({ data, index });
      const bytes = new Uint8Array((await index.stat()).size);
      if (!await readAt(index, 0, bytes)) bytes.fill(0);
      const { synced, sums } = decodeIndex(bytes);
      const whole = Math.floor((await data.stat()).size / FILE_CHUNK_SIZE);
      this.#trusted = Math.min(synced, whole);
      this.#sums = sums;
      return this.#handles = { data, index, syncing };
    } catch (error) {
      for (const file of files) file.close();
      throw error;
    }
  }

  /** Returns the first missing chunk from number `from` on, before which none is. */
  async #findMissing(handles: Handles, from: number, size: number): Promise<number> {
    const end = Math.min(this.#sums.length, chunkCount(size));
    let buffer: Bytes | null = null;
    for (let chunk = from; chunk < end; chunk++) {
      if (!this.#has(chunk)) return chunk;
      if (chunk < this.#trusted) continue;
      buffer ??= new Uint8Array(FILE_CHUNK_SIZE);
      if (!await this.#read(handles, chunk, buffer.subarray(0, chunkSizeAt(chunk, size)))) {
        await this.#note(handles, chunk, 0, MISSING);
        return chunk;
      }
      this.#trusted = chunk + 1;
    }
    return Math.max(from, end);
  }

  #has(chunk: number): boolean {
    return (this.#sums[chunk] ?? MISSING) !== MISSING;
  }

  /** Reads a chunk; reports whether it is what the index says. */
  async #read({ data }: Handles, chunk: number, into: Bytes): Promise<boolean> {
    return await readAt(data, chunk * FILE_CHUNK_SIZE, into) && crc32(into) === this.#sums[chunk];
  }

  /** Writes an entry of the index. */
  async #note({ index }: Handles, chunk: number, size: number, sum: number): Promise<void> {
    await writeAt(index, HEADER_SIZE + chunk * ENTRY_SIZE, encodeEntry(size, sum));
    this.#sums[chunk] = sum;
  }

  /** Starts an fsync every now and then; waits for the one before, as a slow disk demands. */
  async #keepUp(handles: Handles, count: number): Promise<void> {
    this.#unsynced += count;
    if (this.#unsynced < SYNC_STEP) return;
    await this.#flushing;
    await this.#noteSynced(handles);
    this.#unsynced = 0;
    const trusted = this.#trusted;
    this.#flushing = this.#distrustFailed(handles.syncing.syncData()).then(() => {
      this.#synced = trusted;
    });
    this.#flushing.catch(() => {}); // the next await reports it
  }

  async #distrustFailed(fsync: Promise<void>): Promise<void> {
    try {
      await fsync;
    } catch (error) {
      this.#distrusted = true;
      throw error;
    }
  }

  async #empty({ data, index }: Pick<Handles, "data" | "index">): Promise<void> {
    await index.truncate(0);
    await data.truncate(0);
    this.#distrusted = false;
  }

  async #noteSynced({ index }: Handles): Promise<void> {
    await writeAt(index, 0, encodeHeader(this.#synced));
  }
}

function openOrCreate(path: string): Promise<DiskFile> {
  return Deno.open(path, { read: true, write: true, create: true, mode: 0o600 });
}

/** Fills `into` from `file`. Returns false if the file ends before. */
async function readAt(file: DiskFile, at: number, into: Uint8Array): Promise<boolean> {
  file.seekSync(at, Deno.SeekMode.Start); // only sets a number
  for (let have = 0; have < into.length;) {
    const count = await file.read(into.subarray(have));
    if (count === null) return false;
    have += count;
  }
  return true;
}

async function writeAt(file: DiskFile, at: number, bytes: Uint8Array): Promise<void> {
  file.seekSync(at, Deno.SeekMode.Start);
  await writeAll(file, bytes);
}

/**
 * The ciphertext of one file in chunks, on the disk: its bytes, each chunk at its place, and beside
 * them a file of marks, 8 bytes for each chunk: its size 4 (0 where it is missing) · its CRC-32 4.
 * In front of the marks stands how many chunks were fsynced, 4 bytes, and 4 zeros.
 *
 * A chunk is marked after it was written, but neither waits for the disk. So after a crash of the
 * machine what lies behind the number in front may be damaged, and is checked before it counts as
 * there; what was fsynced is checked when it is read. CRC-32 finds what disks do; against people
 * stand the tags that the receiver checks.
 */
import { crc32 } from "node:zlib";
import type { Bytes } from "../../shared/bytes.ts";
import { Reader, Writer } from "../../shared/cursor.ts";
import { ProtocolError } from "../../shared/errors.ts";
import { type ByteSource, writeAll } from "../../shared/io.ts";
import { FILE_CHUNK_SIZE, KiB, MiB } from "../../shared/limits.ts";
import { chunkCount, chunkSizeAt } from "../../shared/protocol/secure/files.ts";
import { onDisk } from "./disk_errors.ts";

/** What the name of the file of marks ends with. */
export const MARKS_SUFFIX = ".marks";

const HEADER_SIZE = 8;
const MARK_SIZE = 8;
/** Marks that are read in one step. */
const PAGE = 4 * KiB;
/** Bytes written between two fsyncs, so that the last one has little left to do. */
const SYNC_STEP = 32 * MiB;

/** What is written down of one chunk. */
interface Mark {
  /** 0 where the chunk is missing. */
  readonly size: number;
  readonly sum: number;
}

/** Both files, open. */
interface Handles {
  readonly data: Deno.FsFile;
  readonly marks: Deno.FsFile;
  /** The data once more: an fsync of this one does not hold up writes to the other. */
  readonly syncing: Deno.FsFile;
}

/** One caller at a time, see {@link ./chunk_store.ts}. Opens its files when they are first needed. */
export class ChunkFile {
  readonly #path: string;
  readonly #syncFolder: () => Promise<void>;
  #handles: Handles | null = null;
  /** Number of marks in their file, missing ones among them; -1 until it is known. */
  #marked = -1;
  /** The first chunk that is missing; -1 until it is known. */
  #next = -1;
  /** Chunks before this one were fsynced, as the file says, or written since it was opened. */
  #trusted = 0;
  /** Chunks before this one were fsynced, but the file does not say so yet. */
  #synced = 0;
  #unsynced = 0;
  #flushing: Promise<void> = Promise.resolve();

  /** The bytes of `size` in all lie at `path`; `syncFolder` makes names in its folder last. */
  constructor(path: string, syncFolder: () => Promise<void>) {
    this.#path = path;
    this.#syncFolder = syncFolder;
  }

  /** Whether its files are open. */
  get opened(): boolean {
    return this.#handles !== null;
  }

  /**
   * The first chunk that is missing or damaged, of a file of `size` bytes; the number of its chunks
   * where none is.
   * @throws {StorageError} `disk-full`, `failed`
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
   * @throws {ProtocolError} `malformed` where one before it is missing, or its size is wrong
   * @throws {StorageError} `disk-full`, `failed`
   */
  async put(chunk: number, bytes: Bytes, size: number): Promise<void> {
    if (chunk >= chunkCount(size) || bytes.length !== chunkSizeAt(chunk, size)) {
      throw new ProtocolError("malformed", `chunk ${chunk} has another size, or there is none`);
    }
    const next = await this.firstMissing(size);
    if (chunk !== next) {
      if (chunk < next || await this.#has(chunk)) return;
      throw new ProtocolError("malformed", `chunk ${next} is the next one`);
    }
    await onDisk(async () => {
      const handles = await this.#open();
      await this.#keepUp(handles, bytes.length);
      await writeAt(handles.data, chunk * FILE_CHUNK_SIZE, bytes);
      await this.#setMark(handles, chunk, { size: bytes.length, sum: crc32(bytes) });
      if (this.#trusted === chunk) this.#trusted = chunk + 1;
      this.#next = await this.#findMissing(handles, chunk + 1, size);
    });
  }

  /**
   * Reads a chunk into `into`, which has its size. Gives whether it is there and not damaged; else
   * `into` holds nothing of use.
   * @throws {StorageError} `failed`
   */
  async get(chunk: number, into: Bytes): Promise<boolean> {
    return await onDisk(async () => {
      const handles = await this.#open();
      return await this.#fits(handles, chunk, into, await this.#mark(handles, chunk));
    });
  }

  /** Takes a chunk for missing from now on, as it is damaged. */
  async drop(chunk: number): Promise<void> {
    await onDisk(async () => {
      await this.#setMark(await this.#open(), chunk, { size: 0, sum: 0 });
      this.#next = -1;
    });
  }

  /**
   * Makes all that was written last, also the names of the files.
   * @throws {StorageError} `disk-full`, `failed`
   */
  async sync(): Promise<void> {
    await onDisk(async () => {
      const handles = await this.#open();
      await this.#flushing;
      await handles.data.sync();
      this.#synced = this.#trusted;
      await this.#noteSynced(handles);
      await handles.marks.sync();
      await this.#syncFolder();
      this.#unsynced = 0;
    });
  }

  /** Deletes both files; where there are none, that is fine. */
  async remove(): Promise<void> {
    await this.close();
    for (const path of [this.#path, this.#path + MARKS_SUFFIX]) {
      await onDisk(() =>
        Deno.remove(path).catch((error) => {
          if (!(error instanceof Deno.errors.NotFound)) throw error;
        })
      );
    }
  }

  /** Closes the files; the next call opens them again, and trusts only what was fsynced. */
  async close(): Promise<void> {
    const handles = this.#handles;
    if (!handles) return;
    await this.#flushing.catch(() => {});
    this.#handles = null;
    this.#marked = this.#next = -1;
    this.#trusted = this.#synced = this.#unsynced = 0;
    this.#flushing = Promise.resolve();
    for (const file of Object.values(handles)) file.close();
  }

  async #open(): Promise<Handles> {
    if (this.#handles) return this.#handles;
    const files: Deno.FsFile[] = [];
    const open = async (path: string) => {
      const options = { read: true, write: true, create: true, mode: 0o600 };
      const file = await Deno.open(path, options);
      files.push(file);
      return file;
    };
    try {
      const data = await open(this.#path);
      const marks = await open(this.#path + MARKS_SUFFIX);
      const syncing = await open(this.#path);
      const { size } = await marks.stat();
      this.#marked = Math.max(0, Math.floor((size - HEADER_SIZE) / MARK_SIZE));
      const header = new Uint8Array(HEADER_SIZE);
      if (await readAt(marks, 0, header)) {
        const whole = Math.floor((await data.stat()).size / FILE_CHUNK_SIZE);
        this.#trusted = Math.min(new Reader(header).u32(), whole);
      }
      return this.#handles = { data, marks, syncing };
    } catch (error) {
      for (const file of files) file.close();
      throw error;
    }
  }

  /** The first missing chunk from number `from` on, before which none is. */
  async #findMissing(handles: Handles, from: number, size: number): Promise<number> {
    const end = Math.min(this.#marked, chunkCount(size));
    let buffer: Bytes | null = null;
    for (let chunk = from; chunk < end;) {
      const marks = await this.#marks(handles, chunk, Math.min(PAGE, end - chunk));
      for (const mark of marks) {
        if (mark.size === 0) return chunk;
        if (chunk >= this.#trusted) {
          buffer ??= new Uint8Array(FILE_CHUNK_SIZE);
          const bytes = buffer.subarray(0, chunkSizeAt(chunk, size));
          if (!await this.#fits(handles, chunk, bytes, mark)) {
            await this.#setMark(handles, chunk, { size: 0, sum: 0 });
            return chunk;
          }
          this.#trusted = chunk + 1;
        }
        chunk++;
      }
    }
    return Math.max(from, end);
  }

  /** Reads a chunk; gives whether it is what its mark says. */
  async #fits({ data }: Handles, chunk: number, into: Bytes, { size, sum }: Mark) {
    return size === into.length && await readAt(data, chunk * FILE_CHUNK_SIZE, into) &&
      crc32(into) === sum;
  }

  async #has(chunk: number): Promise<boolean> {
    return await onDisk(async () => (await this.#mark(await this.#open(), chunk)).size > 0);
  }

  async #mark(handles: Handles, chunk: number): Promise<Mark> {
    if (chunk >= this.#marked) return { size: 0, sum: 0 };
    return (await this.#marks(handles, chunk, 1))[0];
  }

  /** `count` marks, which are there. */
  async #marks({ marks }: Handles, from: number, count: number): Promise<Mark[]> {
    const bytes = new Uint8Array(count * MARK_SIZE);
    if (!await readAt(marks, HEADER_SIZE + from * MARK_SIZE, bytes)) bytes.fill(0);
    const reader = new Reader(bytes);
    return Array.from({ length: count }, () => ({ size: reader.u32(), sum: reader.u32() }));
  }

  async #setMark({ marks }: Handles, chunk: number, { size, sum }: Mark): Promise<void> {
    const mark = new Writer(MARK_SIZE).u32(size).u32(sum).done();
    await writeAt(marks, HEADER_SIZE + chunk * MARK_SIZE, mark);
    this.#marked = Math.max(this.#marked, chunk + 1);
  }

  /** Starts an fsync every now and then; waits for the one before, as a slow disk demands. */
  async #keepUp(handles: Handles, count: number): Promise<void> {
    this.#unsynced += count;
    if (this.#unsynced < SYNC_STEP) return;
    await this.#flushing;
    await this.#noteSynced(handles);
    this.#unsynced = 0;
    const trusted = this.#trusted;
    this.#flushing = handles.syncing.syncData().then(() => {
      this.#synced = trusted;
    });
    this.#flushing.catch(() => {}); // whoever awaits it next is told
  }

  async #noteSynced({ marks }: Handles): Promise<void> {
    const header = new Writer(HEADER_SIZE).u32(this.#synced).zeros(4).done();
    await writeAt(marks, 0, header);
  }
}

/** Fills `into` from `file`; gives false where the file ends before. */
async function readAt(file: Deno.FsFile, at: number, into: Uint8Array): Promise<boolean> {
  const source: ByteSource = file;
  file.seekSync(at, Deno.SeekMode.Start); // only sets a number
  for (let have = 0; have < into.length;) {
    const count = await source.read(into.subarray(have));
    if (count === null) return false;
    have += count;
  }
  return true;
}

async function writeAt(file: Deno.FsFile, at: number, bytes: Uint8Array): Promise<void> {
  file.seekSync(at, Deno.SeekMode.Start);
  await writeAll(file, bytes);
}

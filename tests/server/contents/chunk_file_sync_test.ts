/**
 * When chunks are fsynced, and what is trusted after a restart: over a disk that a test controls.
 */
import { ChunkFile, type DiskFile } from "../../../server/contents/chunk_file.ts";
import { StorageError } from "../../../shared/errors.ts";
import { FILE_CHUNK_SIZE } from "../../../shared/limits.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { settled } from "../../support/pieces.ts";

const COUNT = 100;
const SIZE = COUNT * FILE_CHUNK_SIZE;
/** Every chunk is zeros, so that the disk need not remember them. */
const CHUNK = new Uint8Array(FILE_CHUNK_SIZE);
/** The fsyncs of 32 MiB begin before these chunks are written. */
const [FIRST, SECOND] = [31, 63];

/** A disk with one file in chunks. The bytes of its data are all zero. */
class FakeDisk {
  #dataSize = 0;
  #index = new Uint8Array(0);
  /** Chunks that were read of the data. */
  chunksRead = 0;
  /** What was asked of the disk, other than reads and writes. */
  readonly calls: string[] = [];
  /** Carries out an fsync while writes go on. */
  syncData: () => Promise<void> = () => Promise.resolve();

  /** What is at the path `file`, or at that of its index. */
  readonly open = (path: string): Promise<DiskFile> => {
    const index = path !== "file";
    let at = 0;
    return Promise.resolve({
      seekSync: (offset) => at = Number(offset),
      stat: () =>
        Promise.resolve({ size: index ? this.#index.length : this.#dataSize } as Deno.FileInfo),
      read: (into) => {
        const size = index ? this.#index.length : this.#dataSize;
        const count = Math.min(into.length, size - at);
        if (index) into.set(this.#index.subarray(at, at + count));
        else {
          into.fill(0, 0, count);
          this.chunksRead++;
        }
        at += count;
        return Promise.resolve(count > 0 ? count : null);
      },
      write: (bytes) => {
        const end = at + bytes.length;
        if (index) {
          const grown = new Uint8Array(Math.max(end, this.#index.length));
          grown.set(this.#index);
          grown.set(bytes, at);
          this.#index = grown;
        } else this.#dataSize = Math.max(this.#dataSize, end);
        at = end;
        return Promise.resolve(bytes.length);
      },
      truncate: (size = 0) => {
        if (index) this.#index = this.#index.slice(0, size);
        else this.#dataSize = size;
        return Promise.resolve();
      },
      syncData: () => {
        this.calls.push("fsync while writing");
        return this.syncData();
      },
      sync: () => {
        this.calls.push(index ? "fsync of the index" : "fsync");
        return Promise.resolve();
      },
      close: () => {
        this.calls.push("close");
      },
    });
  };

  file(): ChunkFile {
    const syncFolder = () => {
      this.calls.push("fsync of the folder");
      return Promise.resolve();
    };
    return new ChunkFile("file", syncFolder, this.open);
  }
}

/** Puts the chunks from number `from` on, up to number `to`, which is left out. */
async function put(file: ChunkFile, from: number, to: number): Promise<void> {
  for (let chunk = from; chunk < to; chunk++) await file.put(chunk, CHUNK, SIZE);
}

/** How many chunks are checked when the file is opened again, of which `there` are there. */
async function checkedAgain(disk: FakeDisk, there: number): Promise<number> {
  disk.chunksRead = 0;
  const file = disk.file();
  assertEquals(await file.firstMissing(SIZE), there);
  await file.close();
  return disk.chunksRead;
}

Deno.test("chunk file sync: an fsync begins with every 32 MiB, and writes go on", async () => {
  const disk = new FakeDisk();
  const file = disk.file();
  const { promise, resolve } = Promise.withResolvers<void>();
  disk.syncData = () => promise;
  await put(file, 0, FIRST);
  assertEquals(disk.calls, []);
  await put(file, FIRST, SECOND);
  assertEquals(disk.calls, ["fsync while writing"]);
  resolve();
  await put(file, SECOND, COUNT);
  assertEquals(disk.calls, Array(3).fill("fsync while writing"));
  await file.close();
});

Deno.test("chunk file sync: a disk that is slow holds up the writes", async () => {
  const disk = new FakeDisk();
  const file = disk.file();
  const { promise, resolve } = Promise.withResolvers<void>();
  disk.syncData = () => promise;
  await put(file, 0, SECOND);
  let stored = false;
  const held = put(file, SECOND, SECOND + 1).then(() => stored = true);
  for (let i = 0; i < 10; i++) await settled();
  assertEquals([stored, await checkedAgain(disk, SECOND)], [false, SECOND]);
  resolve();
  await held;
  await file.close();
});

Deno.test("chunk file sync: a failed fsync is reported, and all has to be sent again", async () => {
  const full = Object.assign(new Error("no room"), { code: "ENOSPC" });
  for (const [cause, code] of [[new Error("broken"), "failed"], [full, "disk-full"]] as const) {
    for (const next of ["put", "sync"] as const) {
      const disk = new FakeDisk();
      const file = disk.file();
      disk.syncData = () => Promise.reject(cause);
      await put(file, 0, SECOND);
      const failing = next === "put" ? put(file, SECOND, SECOND + 1) : file.sync();
      assertEquals((await assertRejects(() => failing, StorageError)).code, code);
      await file.close();
      assertEquals(await checkedAgain(disk, 0), 0, next);
    }
  }
});

Deno.test("chunk file sync: what was fsynced on the way is trusted after a restart", async () => {
  const disk = new FakeDisk();
  const first = disk.file();
  await put(first, 0, SECOND);
  await first.close();
  // The first fsync has ended, but the index is told only with the second.
  assertEquals(await checkedAgain(disk, SECOND), SECOND);

  const later = new FakeDisk();
  const whole = later.file();
  await put(whole, 0, COUNT);
  await whole.close();
  // The later fsync began before chunk 95; the index knows of the second.
  assertEquals(await checkedAgain(later, COUNT), COUNT - SECOND);
});

Deno.test("chunk file sync: all that was synced is trusted after a restart", async () => {
  const disk = new FakeDisk();
  const file = disk.file();
  await put(file, 0, 40);
  disk.calls.length = 0;
  await file.sync();
  assertEquals(disk.calls, ["fsync", "fsync of the index", "fsync of the folder"]);
  await put(file, 40, 45);
  await file.close();
  assertEquals(await checkedAgain(disk, 45), 5);
  const again = disk.file();
  assertEquals(await again.firstMissing(SIZE), 45);
  await again.sync(); // what was checked is as good as written now
  await again.close();
  assertEquals(await checkedAgain(disk, 45), 0);
});

Deno.test("chunk file sync: what was checked is not checked again while it is open", async () => {
  const disk = new FakeDisk();
  const file = disk.file();
  await put(file, 0, 10);
  await file.close();
  disk.chunksRead = 0;
  assertEquals(await file.firstMissing(SIZE), 10);
  await put(file, 10, 12);
  assertEquals(await file.firstMissing(SIZE), 12);
  assert(disk.chunksRead === 10, `${disk.chunksRead} chunks were read`);
  await file.close();
});

Deno.test("chunk file sync: an fsync covers what was written before it began", async () => {
  const disk = new FakeDisk();
  const file = disk.file();
  const { promise, resolve } = Promise.withResolvers<void>();
  disk.syncData = () => promise;
  await put(file, 0, SECOND);
  resolve();
  await put(file, SECOND, SECOND + 1);
  await file.close();
  assertEquals(await checkedAgain(disk, SECOND + 1), SECOND + 1 - FIRST);
});

Deno.test("chunk file sync: a sync begins the count of bytes anew", async () => {
  const disk = new FakeDisk();
  const file = disk.file();
  await put(file, 0, 20);
  await file.sync();
  disk.calls.length = 0;
  await put(file, 20, 20 + FIRST);
  assertEquals(disk.calls, []);
  await put(file, 20 + FIRST, 21 + FIRST);
  assertEquals(disk.calls, ["fsync while writing"]);
  await file.close();
});

Deno.test("chunk file sync: closing waits for an fsync; if it fails, all comes again", async () => {
  const disk = new FakeDisk();
  const file = disk.file();
  const { promise, reject } = Promise.withResolvers<void>();
  disk.syncData = () => promise;
  await put(file, 0, SECOND);
  const closed = file.close();
  for (let i = 0; i < 10; i++) await settled();
  assertEquals(disk.calls, ["fsync while writing"]);
  reject(new Error("broken"));
  await closed;
  assertEquals(disk.calls, ["fsync while writing", "close", "close", "close"]);
  disk.syncData = () => Promise.resolve();
  assertEquals(await file.firstMissing(SIZE), 0);
  await put(file, 0, COUNT);
  await file.sync();
  await file.close();
});

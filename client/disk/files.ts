/** Files: read as streams, written whole, and received ones brought to their place. */
import { concat, equalBytes } from "../../shared/bytes.ts";
import { removeFile, syncFolder } from "../../shared/files.ts";
import { writeAll } from "../../shared/io.ts";
import { MiB } from "../../shared/limits.ts";
import { ClientError, withReason } from "../errors.ts";

export { removeFile };

/** The permissions of every file that is written: its owner alone may read it. */
export const PRIVATE_FILE = 0o600;

/** A file that is about to be sent. */
export interface OpenFile {
  /** Bytes. */
  size: number;
  /** Fails with a {@link ClientError} if the file no longer has `size` bytes. */
  content: ReadableStream<Uint8Array>;
}

/** @throws {ClientError} `file` */
export async function openFile(path: string): Promise<OpenFile> {
  return await reading(path, async () => {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile) throw new ClientError("file", `${path} is not a regular file`);
    const file = await Deno.open(path, { read: true });
    return { size, content: readable(file, path).pipeThrough(exactly(size, path)) };
  });
}

function reading<T>(path: string, action: () => Promise<T>): Promise<T> {
  return withReason("file", `cannot read ${path}`, action);
}

/** Passes bytes on and fails unless there are exactly `size`: the size was announced before. */
function exactly(size: number, path: string): TransformStream<Uint8Array, Uint8Array> {
  const changed = () => new ClientError("file", `${path} changed while it was being sent`);
  let missing = size;
  return new TransformStream({
    transform(chunk, controller) {
      missing -= chunk.length;
      if (missing < 0) throw changed();
      controller.enqueue(chunk);
    },
    flush() {
      if (missing > 0) throw changed();
    },
  });
}

/**
 * Writes `content` to a new file at `path` and fsyncs it. Whatever was there is replaced; after a
 * failure there is nothing. Returns its size.
 * @throws {ClientError} `file`, and whatever `content` throws
 */
export async function writeNewFile(
  path: string,
  content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<number> {
  const what = `cannot write ${path}`;
  await removeFile(path);
  try {
    const options = { write: true, createNew: true, mode: PRIVATE_FILE };
    using file = await withReason("file", what, () => Deno.open(path, options));
    let size = 0;
    for await (const chunk of content) {
      await withReason("file", what, () => writeAll(file, chunk));
      size += chunk.length;
    }
    await withReason("file", what, () => file.sync());
    return size;
  } catch (error) {
    await removeFile(path);
    throw error;
  }
}

/** Reads the file at `path` from byte `start` on, in pieces of at most 1 MiB. */
export async function* readFile(path: string, start = 0): AsyncGenerator<Uint8Array> {
  const file = await reading(path, () => Deno.open(path, { read: true }));
  await file.seek(start, Deno.SeekMode.Start);
  yield* readable(file, path);
}

/** Bytes that are read at a time: each read costs a trip to another thread. */
const STEP = 1 * MiB;

/** Reads all of `file`, and closes it at the end. */
function readable(file: Deno.FsFile, path: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const bytes = new Uint8Array(STEP);
      const count = await reading(path, () => file.read(bytes)).catch((error) => {
        file.close();
        throw error;
      });
      if (count !== null) return controller.enqueue(bytes.subarray(0, count));
      file.close();
      controller.close();
    },
    cancel: () => file.close(),
  });
}

/** Makes a new folder in `parent` that only its owner may enter. Disposing of it removes all. */
export async function temporaryFolder(parent: string): Promise<AsyncDisposable & { path: string }> {
  const path = await withReason(
    "file",
    `cannot write in ${parent}`,
    () => Deno.makeTempDir({ dir: parent, prefix: "message-" }),
  );
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Returns all bytes of the file at `path`. */
export async function readWhole(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return await reading(path, () => Deno.readFile(path));
}

/** Returns the last `size` bytes of the file at `path`, or all of a shorter one. */
export async function readEnd(path: string, size: number): Promise<Uint8Array<ArrayBuffer>> {
  return await reading(path, async () => {
    const start = Math.max(0, (await Deno.stat(path)).size - size);
    return concat(...await Array.fromAsync(readFile(path, start)));
  });
}

/** Reports whether two files can be read and hold the same. */
export async function haveSameContent(path: string, other: string): Promise<boolean> {
  const files: Deno.FsFile[] = [];
  try {
    for (const one of [path, other]) files.push(await Deno.open(one, { read: true }));
    const [pieces, others] = files.map(() => new Uint8Array(COMPARED));
    for (;;) {
      const [size, otherSize] = [await fill(files[0], pieces), await fill(files[1], others)];
      if (!equalBytes(pieces.subarray(0, size), others.subarray(0, otherSize))) return false;
      if (size === 0) return true;
    }
  } catch {
    return false;
  } finally {
    for (const file of files) file.close();
  }
}

/** Bytes that are compared at a time. */
const COMPARED = 256 * 1024;

/** Reads until `into` is full, or the file ends. Returns how many bytes. */
async function fill(file: Deno.FsFile, into: Uint8Array): Promise<number> {
  let have = 0;
  while (have < into.length) {
    const count = await file.read(into.subarray(have));
    if (count === null) break;
    have += count;
  }
  return have;
}

/** Removes what a crash left in `folder`, if that exists: files whose names are not `needed`. */
export async function removeOthers(folder: string, needed: ReadonlySet<string>): Promise<void> {
  const entries = await Array.fromAsync(Deno.readDir(folder)).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  });
  for (const { name, isFile } of entries) {
    if (isFile && !needed.has(name)) await removeFile(`${folder}/${name}`);
  }
}

/**
 * Moves the finished file `draft` to `folder`, under a name that no other file has: `name`, else
 * `name` with a number. It appears there whole. From another disk it is copied first, to a hidden
 * file that is named after `owner`; nobody else may use that. Returns its path.
 * @throws {ClientError} `file`
 */
export async function publishFile(
  draft: string,
  folder: string,
  { name, owner }: { name: string; owner: string },
): Promise<string> {
  return await withReason("file", `cannot save a file in ${folder}`, async () => {
    await Deno.mkdir(folder, { recursive: true });
    for (let number = 1;; number++) {
      const path = `${folder}/${number === 1 ? name : numbered(name, number)}`;
      try {
        await publishAs(draft, path, `${folder}/.${owner}.part`);
        await syncFolder(folder);
        return path;
      } catch (error) {
        if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      }
    }
  });
}

/** A hard link never replaces a file, but does not reach from disk to disk. */
async function publishAs(draft: string, path: string, beside: string): Promise<void> {
  try {
    await Deno.link(draft, path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw error;
    await writeNewFile(beside, readFile(draft));
    try {
      await linkOrRename(beside, path);
    } finally {
      await removeFile(beside);
    }
  }
  await removeFile(draft);
}

/** Some file systems have no hard links; there a free name is taken by renaming. */
async function linkOrRename(from: string, to: string): Promise<void> {
  try {
    await Deno.link(from, to);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw error;
    (await Deno.open(to, { write: true, createNew: true })).close();
    await Deno.rename(from, to);
  }
}

function numbered(name: string, number: number): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? `${name.slice(0, dot)} (${number})${name.slice(dot)}` : `${name} (${number})`;
}

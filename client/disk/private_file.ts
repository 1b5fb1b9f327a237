/** Files that only their owner may read, and that are replaced whole or not at all. */
import { utf8 } from "../../shared/bytes.ts";
import { writeAll } from "../../shared/io.ts";

export const PRIVATE_FILE = 0o600;
export const PRIVATE_FOLDER = 0o700;

/** Writes `text` to `path`: after a crash there is the old file or the new one, never a half. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  await removeIfThere(draft); // of a crash
  await writeNewPrivateFile(draft, [utf8(text)]);
  await replaceFile(draft, path);
}

/** Writes `parts` to `path`, where there must be no file, and fsyncs it. */
export async function writeNewPrivateFile(
  path: string,
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  using file = await createFile(path);
  for await (const part of parts) await writeAll(file, part);
  await file.sync();
}

/** Makes an empty file at `path`, where there must be none. */
export async function createPrivateFile(path: string): Promise<void> {
  using _file = await createFile(path);
}

/** Makes a folder, and those that it is in, where there are none. */
export async function createPrivateFolder(path: string): Promise<void> {
  await Deno.mkdir(path, { recursive: true, mode: PRIVATE_FOLDER });
}

function createFile(path: string): Promise<Deno.FsFile> {
  return Deno.open(path, { write: true, createNew: true, mode: PRIVATE_FILE });
}

/** Puts the fsynced file at `draft` in the place of the one at `path`, for good. */
export async function replaceFile(draft: string, path: string): Promise<void> {
  await Deno.rename(draft, path);
  await syncFolder(folderOf(path));
}

/** Removes the file at `path`; gives whether there was one. */
export async function removeIfThere(path: string): Promise<boolean> {
  try {
    await Deno.remove(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Whether there is something at `path`. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Makes what was written to the file at `path` outlast a power failure. */
export async function syncFile(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.sync();
}

/** The folder that a file is in. */
export function folderOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end < 0 ? "." : path.slice(0, Math.max(end, 1));
}

/** The content of the file at `path`, in parts of at most `size` bytes. */
export async function* readParts(path: string, size: number): AsyncGenerator<Uint8Array> {
  using file = await Deno.open(path, { read: true });
  const buffer = new Uint8Array(size);
  for (let read; (read = await file.read(buffer)) !== null;) yield buffer.subarray(0, read);
}

/** Makes the names in `folder` outlast a power failure; its files see to their contents. */
export async function syncFolder(folder: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using file = await Deno.open(folder, { read: true });
  await file.sync();
}

/** Takes from others what they may do with the file at `path`, as far as the system lets us. */
export async function makePrivate(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  try {
    if (((await Deno.stat(path)).mode ?? 0) & 0o077) await Deno.chmod(path, PRIVATE_FILE);
  } catch {
    // There is none, or it is somebody else's.
  }
}

/**
 * The lock that the file at `path` stands for, as long as nobody else has it; else null. The system
 * frees it when a process ends, however it ends.
 */
export async function tryLock(path: string): Promise<Disposable | null> {
  const file = await openLock(path);
  if (await file.tryLock(true)) return unlocking(file);
  file.close();
  return null;
}

/** Closing alone frees a lock only when the system gets to it, which may be a moment later. */
function unlocking(file: Deno.FsFile): Disposable {
  let held = true;
  return {
    [Symbol.dispose]() {
      if (!held) return;
      held = false;
      file.unlockSync();
      file.close();
    },
  };
}

function openLock(path: string): Promise<Deno.FsFile> {
  return Deno.open(path, { create: true, write: true, mode: PRIVATE_FILE });
}

/** The text of the file at `path`, or undefined where there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

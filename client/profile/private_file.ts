/** Files that only their owner may read, and that are replaced whole or not at all. */
import { utf8 } from "../../shared/bytes.ts";
import { writeAll } from "../../shared/io.ts";

export const PRIVATE_FILE = 0o600;
export const PRIVATE_FOLDER = 0o700;

/** Writes `text` to `path`: after a crash there is the old file or the new one, never a half. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  await Deno.remove(draft).catch(() => {}); // of a crash
  {
    const options = { write: true, createNew: true, mode: PRIVATE_FILE };
    using file = await Deno.open(draft, options);
    await writeAll(file, utf8(text));
    await file.sync();
  }
  await Deno.rename(draft, path);
  await syncFolder(path.slice(0, path.lastIndexOf("/")));
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

/** The same lock, as soon as nobody else has it. */
export async function waitForLock(path: string): Promise<Disposable> {
  const file = await openLock(path);
  await file.lock(true);
  return unlocking(file);
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

/** Files that only their owner may read, and that are replaced whole or not at all. */
import { utf8 } from "../../shared/bytes.ts";
import { folderOf, syncFolder } from "../../shared/files.ts";
import { writeAll } from "../../shared/io.ts";
import { PRIVATE_FILE, removeFile, writeNewFile } from "./files.ts";

const PRIVATE_FOLDER = 0o700;

/** Returns the names of what is in the folder at `path`; undefined if there is none. */
export async function namesIn(path: string): Promise<ReadonlySet<string> | undefined> {
  try {
    return new Set((await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Removes those of `names` from the folder at `path` that were not there `before`, as far as that
 * is possible; and the folder itself, if it was not there and is empty.
 */
export async function removeNew(
  path: string,
  names: readonly string[],
  before?: ReadonlySet<string>,
): Promise<void> {
  for (const name of names) {
    if (before?.has(name)) continue;
    await Deno.remove(`${path}/${name}`, { recursive: true }).catch(() => {});
  }
  if (!before) await Deno.remove(path).catch(() => {});
}

/** Writes `text` to `path`: after a crash the file is the old or the new one, never a part. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  await writeNewFile(draft, [utf8(text)]);
  await replaceFile(draft, path);
}

/** Creates an empty file at `path`; returns false if there is one. */
export async function createPrivateFile(path: string): Promise<boolean> {
  try {
    (await Deno.open(path, { write: true, createNew: true, mode: PRIVATE_FILE })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

/** Creates a folder and its parents, if they do not exist. */
export async function createPrivateFolder(path: string): Promise<void> {
  await Deno.mkdir(path, { recursive: true, mode: PRIVATE_FOLDER });
}

/** Puts the fsynced file at `draft` in the place of the one at `path`, for good. */
export async function replaceFile(draft: string, path: string): Promise<void> {
  await Deno.rename(draft, path);
  await syncFolder(folderOf(path));
}

/** Removes the file at `path` for good, if there is one. */
export async function removeForGood(path: string): Promise<void> {
  if (await removeFile(path)) await syncFolder(folderOf(path));
}

/** Makes what was written to the file at `path` outlast a power failure. */
export async function syncFile(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.sync();
}

/** Returns the number of the user of this process; null if the system does not tell. */
export function ownUser(): number | null {
  try {
    return Deno.uid();
  } catch {
    return null;
  }
}

/**
 * Reports whether what is at `path`, a link itself included, belongs to someone else than `user`;
 * null if nothing is there. Nobody else can bring a file of `user` there.
 */
export async function isForeign(path: string, user = ownUser()): Promise<boolean | null> {
  try {
    // With a slash behind it, a link would be followed.
    const { uid } = await Deno.lstat(path.replace(/(?<=.)\/+$/, ""));
    return user !== null && uid !== null && uid !== user;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Takes from others the permission to use the file at `path`, as far as the system allows it. */
export async function makePrivate(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  try {
    if (((await Deno.stat(path)).mode ?? 0) & 0o077) await Deno.chmod(path, PRIVATE_FILE);
  } catch {
    // There is none, or it is someone else's.
  }
}

/**
 * Takes the lock that the file at `path` stands for; returns null if someone else has it. The
 * system frees it when a process ends, however it ends.
 */
export async function tryLock(path: string): Promise<Disposable | null> {
  const file = await Deno.open(path, { create: true, write: true, mode: PRIVATE_FILE });
  if (!await file.tryLock(true)) {
    file.close();
    return null;
  }
  // Only told to others: a full disk keeps nobody out.
  await file.truncate().then(() => writeAll(file, utf8(`${Deno.pid}\n`))).catch(() => {});
  return unlocking(file);
}

/** Returns the ID of the process that has the lock at `path`; undefined if that is not known. */
export async function lockHolder(path: string): Promise<number | undefined> {
  // Windows lets nobody read a locked file.
  const text = await Deno.readTextFile(path).catch(() => "");
  return /^[1-9][0-9]*\n$/.test(text) ? Number(text) : undefined;
}

/** Frees the lock at once; closing alone may free it a moment later. */
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

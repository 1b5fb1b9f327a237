/** What both sides do with files, beyond what the runtime has. */
import { SharedSyncs } from "./shared_syncs.ts";

/** Returns the text of the file at `path`, or undefined if there is none. */
export function readIfThere(path: string): Promise<string | undefined> {
  return unlessMissing(Deno.readTextFile(path), undefined);
}

/** Reports whether there is something at `path`. */
export function isThere(path: string): Promise<boolean> {
  return unlessMissing(Deno.lstat(path).then(() => true), false);
}

/** The last name of a path, with what separates it from the next. */
const LAST = Deno.build.os === "windows" ? /[^/\\]+[/\\]*$/ : /[^/]+\/*$/;

/** Returns the folder that `path` lies in; "." for a mere name. */
export function folderOf(path: string): string {
  return path.replace(LAST, "") || ".";
}

/** Removes the file at `path`; reports whether there was one. */
export function removeFile(path: string): Promise<boolean> {
  return unlessMissing(Deno.remove(path).then(() => true), false);
}

const syncs = new SharedSyncs(async (folder) => {
  using file = await Deno.open(folder, { read: true });
  await file.sync();
});

/**
 * Makes the names in `folder` outlast a power failure; its files see to their contents. Those who
 * ask at the same time share one fsync.
 */
export async function syncFolder(folder: string): Promise<void> {
  if (Deno.build.os === "windows") return; // where a folder cannot be opened
  await syncs.of(folder);
}

/** Returns what `work` on a path comes to, or `missing` if there is nothing at the path. */
async function unlessMissing<T, M>(work: Promise<T>, missing: M): Promise<T | M> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return missing;
    throw error;
  }
}

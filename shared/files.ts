/** What both sides do with files, beyond what the runtime has. */

/** Returns the text of the file at `path`, or undefined if there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Reports whether there is something at `path`. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The last name of a path, with what separates it from the next. */
const LAST = Deno.build.os === "windows" ? /[^/\\]+[/\\]*$/ : /[^/]+\/*$/;

/** Returns the folder that `path` lies in; "." for a mere name. */
export function folderOf(path: string): string {
  return path.replace(LAST, "") || ".";
}

/** Removes the file at `path`; reports whether there was one. */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await Deno.remove(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Makes the names in `folder` outlast a power failure; its files see to their contents. */
export async function syncFolder(folder: string): Promise<void> {
  if (Deno.build.os === "windows") return; // where a folder cannot be opened
  using file = await Deno.open(folder, { read: true });
  await file.sync();
}

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

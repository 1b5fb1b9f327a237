/** A database that is made anew from the one that is there, and takes its place. */
import { onPath } from "../path_errors.ts";
import { syncFolder } from "../../shared/files.ts";
import { canShrink, copyDatabase } from "../storage/sqlite/salvage.ts";

/**
 * Calls `make` with the path of the database in the folder `data`, which this process must have
 * locked, and that of a new file, which then takes the place of the database. Returns what `make`
 * returns. If it fails, nothing has changed.
 */
export async function replaceDatabase<T>(
  data: string,
  make: (from: string, to: string) => T,
): Promise<T> {
  const database = `${data}/server.db`;
  const draft = `${database}.new`;
  await Deno.remove(draft).catch(() => {});
  try {
    (await Deno.open(draft, { write: true, createNew: true, mode: 0o600 })).close();
    const made = make(database, draft);
    {
      using file = await Deno.open(draft, { read: true, write: true });
      await file.sync();
    }
    // It stays with its owner, whoever runs this: root, perhaps.
    const { uid, gid } = await Deno.stat(database);
    if (uid !== null && gid !== null) await Deno.chown(draft, uid, gid).catch(() => {});
    // The log of the old database must not be taken for that of the new one.
    for (const suffix of ["-wal", "-shm"]) await Deno.remove(database + suffix).catch(() => {});
    await syncFolder(data);
    await Deno.rename(draft, database);
    await syncFolder(data);
    return made;
  } catch (error) {
    await Deno.remove(draft).catch(() => {});
    throw error;
  }
}

/**
 * Makes the database in the folder `data`, which this process must have locked, one that can give
 * its free room back, if it is none. That takes as much room again meanwhile.
 * @throws {Error} if it is damaged, or of another version; then nothing has changed
 */
export async function makeShrinkable(data: string): Promise<void> {
  const database = `${data}/server.db`;
  if (canShrink(database)) return;
  await onPath(data, () => replaceDatabase(data, copyDatabase));
}

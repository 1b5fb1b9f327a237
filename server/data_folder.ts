/** The folder of all that the server keeps. */
import { folderOf, syncFolder } from "../shared/files.ts";

/**
 * Creates the data folder and those in it, as far as they are missing, and takes the folder for
 * this process. Disposing releases it.
 * @throws {Error} if another server has it: two would deliver each message twice
 */
export async function openDataFolder(data: string): Promise<Disposable> {
  for (const folder of ["files", "chunks"]) await makeFolder(`${data}/${folder}`);
  return await tryLock(data) ?? inUse(data);
}

/**
 * Takes a data folder that is there already; null if a server has it.
 * @throws {Error} if there is none
 */
export async function takeDataFolder(data: string): Promise<Disposable | null> {
  const isServers = await Deno.stat(`${data}/server.db`).then(() => true, () => false);
  if (isServers) return await tryLock(data);
  throw new Error(`no server keeps its data in ${data}; is --data right?`);
}

/**
 * Takes a data folder that is there already.
 * @throws {Error} if there is none, or a server runs on it
 */
export async function lockDataFolder(data: string): Promise<Disposable> {
  return await takeDataFolder(data) ?? inUse(data);
}

function tryLock(data: string): Promise<Disposable | null> {
  return lockFile(`${data}/server.lock`);
}

/** Locks the file at `path` until it is closed, and creates it; null if another process has it. */
export async function lockFile(path: string): Promise<Deno.FsFile | null> {
  const file = await Deno.open(path, { create: true, write: true, mode: 0o600 });
  if (await file.tryLock(true)) return file;
  file.close();
  return null;
}

function inUse(data: string): never {
  throw new Error(`another server runs on the folder ${data}; stop it, or use another --data`);
}

/** Creates a folder, and what is missing above it, for its owner alone and for good. */
export async function makeFolder(path: string): Promise<void> {
  const above = folderOf(path);
  try {
    await Deno.mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists && (await Deno.stat(path)).isDirectory) return;
    if (!(error instanceof Deno.errors.NotFound) || above === path) throw error;
    await makeFolder(above);
    return await makeFolder(path);
  }
  await syncFolder(above);
}

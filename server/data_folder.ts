/** The folder of all that the server keeps. */
import { folderOf, isThere, syncFolder } from "../shared/files.ts";
import { onPath } from "./path_errors.ts";

const ADVICE = "is --data right?";
const DATABASE = "server.db";
/** Where SQLite keeps the version of the schema, big-endian (its file format, section 1.3). */
const SCHEMA_VERSION = 60;

/**
 * Creates the data folder and those in it, as far as they are missing, and takes the folder for
 * this process. Disposing releases it.
 * @throws {Error} if there cannot be such a folder, or another server has it: two would deliver
 * each message twice
 */
export async function openDataFolder(data: string): Promise<Disposable> {
  await isDataFolder(data);
  return await onPath(data, async () => {
    for (const folder of ["files", "chunks"]) await makeFolder(`${data}/${folder}`);
    return await tryLock(data) ?? inUse(data);
  }, ADVICE);
}

/**
 * Takes a data folder that is there already; null if a server has it.
 * @throws {Error} if there is none
 */
export async function takeDataFolder(data: string): Promise<Disposable | null> {
  await checkServersFolder(data);
  return await onPath(data, () => tryLock(data));
}

/**
 * Takes a data folder that is there already.
 * @throws {Error} if there is none, or a server runs on it
 */
export async function lockDataFolder(data: string): Promise<Disposable> {
  return await takeDataFolder(data) ?? inUse(data);
}

/** @throws {Error} unless a server keeps its data in the folder `data` */
export async function checkServersFolder(data: string): Promise<void> {
  if (await isDataFolder(data) && await isServers(data)) return;
  throw new Error(`no server keeps its data in ${data}; ${ADVICE}`);
}

/** Reports whether `data`, a folder that exists, holds the database of a server. */
export function isServers(data: string): Promise<boolean> {
  return onPath(data, () => isThere(`${data}/${DATABASE}`));
}

/**
 * Returns the version of the database in the folder `data`: undefined if there is none, null if its
 * file is too short.
 */
export async function databaseVersion(data: string): Promise<number | null | undefined> {
  if (!await isServers(data)) return undefined;
  const path = `${data}/${DATABASE}`;
  using file = await onPath(path, () => Deno.open(path, { read: true }));
  const header = new Uint8Array(SCHEMA_VERSION + 4);
  const size = await file.read(header);
  return size === header.length ? new DataView(header.buffer).getUint32(SCHEMA_VERSION) : null;
}

/**
 * Reports whether there is a folder `data`.
 * @throws {Error} if there is something else, or may be none
 */
export async function isDataFolder(data: string): Promise<boolean> {
  return await onPath(data, async () => {
    if (!await isThere(data)) return false;
    const info = await Deno.stat(data).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new Error(`${data} is a link to what is not there; ${ADVICE}`);
    });
    if (!info.isDirectory) throw new Error(`${data} is a file; --data takes a folder`);
    return true;
  }, ADVICE);
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
  throw new Error(`a server runs on the folder ${data}; stop it, or use another --data`);
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

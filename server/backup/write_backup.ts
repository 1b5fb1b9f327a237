/** A backup of a folder, while its server runs or while none does. */
import { type Bytes, utf8 } from "../../shared/bytes.ts";
import type { Random } from "../../shared/crypto/random.ts";
import { folderOf, isThere, readIfThere, syncFolder } from "../../shared/files.ts";
import { INDEX_SUFFIX } from "../contents/chunk_index.ts";
import { onPath } from "../path_errors.ts";
import {
  type ExpectedContent,
  Inspection,
  snapshotDatabase,
} from "../storage/sqlite/inspection.ts";
import { ArchiveWriter, pieces } from "./archive.ts";
import { openDraft } from "./draft.ts";
import { type Progress, verifyBackup } from "./verification.ts";

export interface BackupOptions {
  /** Ends it, when contents may be deleted. */
  signal: AbortSignal;
  /** Milliseconds since 1970. */
  now: () => number;
  random: Random;
  /** Tells what is done now. */
  tell: (what: string) => void;
  progress: Progress;
}

/**
 * Writes a backup of the folder `data` to the file `path`, for its owner alone: the database at one
 * moment, every content that it names then, and the server's key. The deletion of contents must
 * wait meanwhile. Returns what is wrong with it: what is damaged in the folder cannot be whole in
 * the backup.
 * @throws {Error} if there is a file at `path`, or the backup cannot be written; then there is none
 */
export async function writeBackup(
  data: string,
  path: string,
  { signal, now, random, tell, progress }: BackupOptions,
): Promise<string[]> {
  await checkFree(path);
  await using own = await openDraft(path, random);
  const [draft, snapshot] = [`${own.folder}/backup.tar`, `${own.folder}/server.db`];
  tell("copies the database");
  {
    // SQLite would make it readable for others.
    using copy = await Deno.open(snapshot, { write: true, createNew: true, mode: 0o600 });
    // In steps, for the same reason as in a SteadyFile.
    await snapshotDatabase(`${data}/server.db`, snapshot, () => copy.syncDataSync());
  }
  {
    using file = await Deno.open(draft, { write: true, createNew: true, mode: 0o600 });
    const archive = new ArchiveWriter(file, new Date(now()));
    try {
      tell("copies the files");
      await addAll(archive, { data, snapshot, signal, progress });
      await archive.finish();
    } catch (error) {
      await archive.abort();
      throw error;
    }
    await file.sync();
  }
  await Deno.remove(snapshot);
  tell("verifies the backup");
  const findings = await Array.fromAsync(verifyBackup(draft, snapshot, progress));
  signal.throwIfAborted();
  await checkFree(path);
  await Deno.rename(draft, path);
  await syncFolder(folderOf(path));
  return findings;
}

/** @throws {Error} if there is something at `path` */
async function checkFree(path: string): Promise<void> {
  if (await onPath(path, () => isThere(path))) {
    throw new Error(`${path} is there already; choose another name`);
  }
}

async function addAll(
  archive: ArchiveWriter,
  { data, snapshot, signal, progress }:
    & Pick<BackupOptions, "signal" | "progress">
    & { data: string; snapshot: string },
): Promise<void> {
  await addFile(archive, "server.db", snapshot);
  for (const name of ["server.key", "port.info"]) {
    const text = await readIfThere(`${data}/${name}`);
    if (text === undefined) continue;
    const bytes = utf8(text);
    await archive.add(name, bytes.length, ReadableStream.from([bytes]));
  }
  using inspection = new Inspection(snapshot);
  for (const content of inspection.contents()) {
    signal.throwIfAborted();
    await addContent(archive, data, content);
    progress(content.size);
  }
}

/** Adds a content as it is on the disk; what is missing is found when the backup is verified. */
async function addContent(
  archive: ArchiveWriter,
  data: string,
  { folder, name }: ExpectedContent,
): Promise<void> {
  const path = `${folder}/${name}`;
  // The index first: when a chunk is noted there, its bytes were written.
  const names = folder === "chunks" ? [path + INDEX_SUFFIX, path] : [path];
  for (const name of names) {
    if (await isThere(`${data}/${name}`)) await addFile(archive, name, `${data}/${name}`);
  }
}

async function addFile(archive: ArchiveWriter, name: string, path: string): Promise<void> {
  using file = await Deno.open(path, { read: true });
  const { size } = await file.stat();
  await archive.add(name, size, exactly(size, pieces(file)));
}

/** Returns the first `size` of `bytes`; an upload may add more meanwhile. */
async function* exactly(size: number, bytes: AsyncIterable<Bytes>): AsyncIterable<Bytes> {
  for await (const piece of bytes) {
    if (size > 0) yield piece.subarray(0, size);
    size -= Math.min(size, piece.length);
    if (size === 0) return;
  }
}

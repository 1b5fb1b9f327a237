/** Makes the folder of a server one that it can work with again, as far as that goes. */
import { isThere, syncFolder } from "../../shared/files.ts";
import { FILE_CHUNK_SIZE } from "../../shared/limits.ts";
import { chunkCount, chunkSizeAt } from "../../shared/protocol/secure/files.ts";
import { ChunkFile } from "../contents/chunk_file.ts";
import { type ExpectedContent, Inspection } from "../storage/sqlite/inspection.ts";
import { Repairs } from "../storage/sqlite/repairs.ts";
import { salvageDatabase } from "../storage/sqlite/salvage.ts";
import { copyInto } from "./copy_into.ts";
import { pieces } from "./archive.ts";
import { replaceDatabase } from "./replace_database.ts";
import { checkFile, type Progress, reasonOf } from "./verification.ts";

export interface RepairOptions {
  /** Milliseconds since 1970. */
  now: () => number;
  progress: Progress;
}

/**
 * Repairs the folder `data`, which this process must have locked. Returns what it did.
 * @throws {Error} if so much of the database is damaged that nothing can be saved of it
 */
export async function repairFolder(
  data: string,
  { now, progress }: RepairOptions,
): Promise<string[]> {
  const database = `${data}/server.db`;
  const did = isDamaged(database) ? await salvage(data) : [];
  using repairs = new Repairs(database);
  if (repairs.upgraded) did.push("brought the database up to date; older servers refuse it now");
  did.push(...repairs.removeOrphans());
  const lost = { files: 0, chunks: 0 };
  // Listed first: the list is of one moment, which changes must not wait for.
  for (const content of contentsOf(database)) {
    progress(content.size);
    if (await checkFile(data, content) === undefined) continue;
    lost[content.folder]++;
    if (content.folder === "files") repairs.loseContent(content.name);
    else {
      await dropDamaged(`${data}/chunks`, content);
      repairs.reopenFile(content.name, now());
    }
  }
  if (lost.files > 0) {
    did.push(`${lost.files} messages have lost their contents; their receivers will be told`);
  }
  if (lost.chunks > 0) {
    did.push(`${lost.chunks} files are incomplete; their senders have to send parts again`);
  }
  did.push(...repairs.rebuildCounters());
  return did;
}

function contentsOf(database: string): ExpectedContent[] {
  using inspection = new Inspection(database);
  return [...inspection.contents()];
}

function isDamaged(database: string): boolean {
  try {
    using inspection = new Inspection(database);
    return inspection.isBroken();
  } catch {
    return true;
  }
}

/** Puts what can be read of the database in its place, and keeps a copy of the damaged one. */
async function salvage(data: string): Promise<string[]> {
  const database = `${data}/server.db`;
  let aside = `${database}.damaged`;
  for (let number = 2; await isThere(aside); number++) aside = `${database}.damaged-${number}`;
  for (const suffix of ["", "-wal"]) {
    if (!await isThere(database + suffix)) continue;
    using file = await Deno.open(database + suffix, { read: true });
    await copyInto(aside + suffix, pieces(file));
  }
  try {
    const lost = await replaceDatabase(data, salvageDatabase);
    return [`copied the damaged database to ${aside}, and made a new one of it`, ...lost];
  } catch (error) {
    throw new Error(`nothing can be saved of the database: ${reasonOf(error)}; restore a backup`);
  }
}

/** Notes which chunks of a file are damaged or missing, and cuts off what is too much. */
async function dropDamaged(folder: string, { name, size }: ExpectedContent): Promise<void> {
  const path = `${folder}/${name}`;
  const file = new ChunkFile(path, () => syncFolder(folder));
  try {
    const buffer = new Uint8Array(FILE_CHUNK_SIZE);
    for (let chunk = 0; chunk < chunkCount(size); chunk++) {
      const whole = await file.get(chunk, buffer.subarray(0, chunkSizeAt(chunk, size)));
      if (!whole) await file.drop(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  if ((await Deno.stat(path)).size > size) await Deno.truncate(path, size);
}

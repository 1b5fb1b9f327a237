/** A folder for a server, made from a backup. */
import type { Random } from "../../shared/crypto/random.ts";
import { folderOf, isThere, syncFolder } from "../../shared/files.ts";
import { readArchive } from "./archive.ts";
import { isDataFolder, isServers, lockDataFolder, makeFolder } from "../data_folder.ts";
import { onPath } from "../path_errors.ts";
import { copyInto } from "./copy_into.ts";
import { isDraft, openDraft } from "./draft.ts";
import { type Progress, verifyBackup } from "./verification.ts";

/** All that a backup may hold; nothing else is written. */
const NAME = /^(server\.(db|key)|port\.info|files\/[0-9a-f]{32}|chunks\/[0-9a-f]{32}(\.marks)?)$/;

export interface RestoreOptions {
  random: Random;
  /** Tells what is done now. */
  tell: (what: string) => void;
  progress: Progress;
}

/** In this order: without its key a server does not start on what is there in part. */
const PARTS = ["files", "chunks", "port.info", "server.db", "server.key"];

/**
 * Makes the folder `data`, which must not exist or be empty, from the backup in the file `path`.
 * One that is there stays, since it may be the current folder, or a volume, and gets the contents.
 * Returns what is wrong with the backup: then nothing is restored.
 * @throws {Error} if the folder is in use or not empty, or cannot be written; then nothing changed
 */
export async function restoreBackup(
  path: string,
  data: string,
  { random, tell, progress }: RestoreOptions,
): Promise<string[]> {
  await checkEmpty(data, isDraft);
  const isNew = !await isThere(data);
  if (isNew) await onPath(data, () => makeFolder(folderOf(data.replace(/[/\\]+$/, ""))));
  await using own = await openDraft(isNew ? data : `${data}/restored`, random);
  const draft = `${own.folder}/data`;
  tell("verifies the backup");
  const temporary = `${own.folder}/verified.db`;
  const findings = await Array.fromAsync(verifyBackup(path, temporary, progress));
  if (findings.length > 0) return findings;
  tell("writes the folder");
  await extract(path, draft, progress);
  await checkEmpty(data, (name) => own.folder === `${data}/${name}`);
  if (isNew) await Deno.rename(draft, data);
  else {
    for (const name of PARTS) {
      if (await isThere(`${draft}/${name}`)) {
        await Deno.rename(`${draft}/${name}`, `${data}/${name}`);
      }
    }
  }
  await syncFolder(isNew ? folderOf(data) : data);
  return findings;
}

async function extract(path: string, folder: string, progress: Progress): Promise<void> {
  for (const name of ["", "/files", "/chunks"]) await Deno.mkdir(folder + name, { mode: 0o700 });
  using file = await Deno.open(path, { read: true });
  for await (const { name, size, bytes } of readArchive(file)) {
    if (!NAME.test(name)) throw new Error(`the backup holds a file that no server has: ${name}`);
    await copyInto(`${folder}/${name}`, bytes);
    progress(size);
  }
  for (const name of ["/files", "/chunks", ""]) await syncFolder(folder + name);
}

/** @throws {Error} if a server uses the folder, or something lies in it that does not `pass` */
async function checkEmpty(data: string, pass: (name: string) => boolean): Promise<void> {
  if (!await isDataFolder(data)) return;
  if (await isServers(data)) (await lockDataFolder(data))[Symbol.dispose]();
  for await (const { name } of Deno.readDir(data)) {
    if (pass(name)) continue;
    throw new Error(
      `the folder ${data} is not empty: there is ${name}. Restore into a new folder, or move ` +
        "what is there away",
    );
  }
}

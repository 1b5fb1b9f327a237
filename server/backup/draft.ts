/**
 * A folder beside what is made in it. Whoever is killed leaves it behind; the next one in the
 * same place deletes it, whatever the name of what it makes.
 */
import { toHex } from "../../shared/bytes.ts";
import type { Random } from "../../shared/crypto/random.ts";
import { folderOf, isThere } from "../../shared/files.ts";
import { lockFile } from "../data_folder.ts";
import { onPath } from "../path_errors.ts";

const LOCK = "lock";
const NAME_SIZE = 4;
const NAME = /\.[0-9a-f]{8}\.part$/;

export interface Draft extends AsyncDisposable {
  /** The path of a folder that lasts until it is disposed of. */
  readonly folder: string;
}

/** Reports whether a file or folder has the name of a draft. */
export function isDraft(name: string): boolean {
  return NAME.test(name);
}

/** Makes a folder beside `path`, and deletes those beside it whose process is gone. */
export async function openDraft(path: string, random: Random): Promise<Draft> {
  const place = path.replace(/[/\\]+$/, "");
  const above = folderOf(place);
  await onPath(above, () => removeLeft(above));
  for (;;) {
    const folder = `${place}.${toHex(random(NAME_SIZE))}.part`;
    await onPath(path, () => Deno.mkdir(folder, { mode: 0o700 }));
    const lock = await tryHold(folder);
    // Without a lock it looked as if it were left behind, and another process deletes it.
    if (!lock) continue;
    return {
      folder,
      async [Symbol.asyncDispose]() {
        lock.close();
        await removeDraft(folder).catch(() => {}); // the next one deletes it
      },
    };
  }
}

/** Locks a draft; null if another process has it, or has deleted it. */
async function tryHold(folder: string): Promise<Deno.FsFile | null> {
  const path = `${folder}/${LOCK}`;
  const lock = await lockFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
  if (!lock || await isThere(path)) return lock;
  lock.close();
  return null;
}

async function removeLeft(above: string): Promise<void> {
  for (const { name, isDirectory } of await Array.fromAsync(Deno.readDir(above))) {
    if (!isDirectory || !isDraft(name)) continue;
    const folder = `${above}/${name}`;
    if (!await isThere(`${folder}/${LOCK}`).catch(() => false)) {
      // Empty, it is of one who was killed before he locked it; else it is not ours.
      await Deno.remove(folder).catch(() => {});
      continue;
    }
    using lock = await tryHold(folder).catch(() => null);
    if (!lock) continue; // whose process is at work
    await removeDraft(folder).catch(() => {}); // by another user, perhaps
  }
}

/** Removes a draft, its lock last: whoever is killed meanwhile leaves what is known as a draft. */
async function removeDraft(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (name !== LOCK) await Deno.remove(`${folder}/${name}`, { recursive: true });
  }
  await Deno.remove(folder, { recursive: true });
}

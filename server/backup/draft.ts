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
  const folder = `${place}.${toHex(random(NAME_SIZE))}.part`;
  await onPath(path, () => Deno.mkdir(folder, { mode: 0o700 }));
  const lock = await lockFile(`${folder}/${LOCK}`);
  return {
    folder,
    async [Symbol.asyncDispose]() {
      lock?.close();
      await Deno.remove(folder, { recursive: true }).catch(() => {}); // the next one deletes it
    },
  };
}

async function removeLeft(above: string): Promise<void> {
  for (const { name, isDirectory } of await Array.fromAsync(Deno.readDir(above))) {
    if (!isDirectory || !isDraft(name)) continue;
    const folder = `${above}/${name}`;
    // Which is not ours, or just being made, or another user's.
    if (!await isThere(`${folder}/${LOCK}`).catch(() => false)) continue;
    const lock = await lockFile(`${folder}/${LOCK}`).catch(() => null);
    if (!lock) continue; // whose process is at work
    lock.close();
    await Deno.remove(folder, { recursive: true }).catch(() => {}); // by another user, perhaps
  }
}

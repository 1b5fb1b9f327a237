/**
 * A folder beside what is made in it. Whoever is killed leaves it behind; the next who makes the
 * same thing deletes it.
 */
import { toHex } from "../../shared/bytes.ts";
import type { Random } from "../../shared/crypto/random.ts";
import { folderOf } from "../../shared/files.ts";
import { lockFile } from "../data_folder.ts";

const LOCK = "lock";
const NAME_SIZE = 4;
const NAME = /^\.[0-9a-f]{8}\.part$/;

export interface Draft extends AsyncDisposable {
  /** The path of a folder that lasts until it is disposed of. */
  readonly folder: string;
}

/** Makes a folder beside `path`, and deletes those of others for `path` whose process is gone. */
export async function openDraft(path: string, random: Random): Promise<Draft> {
  const place = path.replace(/[/\\]+$/, "");
  await removeLeft(place);
  const folder = `${place}.${toHex(random(NAME_SIZE))}.part`;
  await Deno.mkdir(folder, { mode: 0o700 });
  const lock = await lockFile(`${folder}/${LOCK}`);
  return {
    folder,
    async [Symbol.asyncDispose]() {
      lock?.close();
      await Deno.remove(folder, { recursive: true }).catch(() => {}); // the next one deletes it
    },
  };
}

async function removeLeft(place: string): Promise<void> {
  const above = folderOf(place);
  const name = above === "." ? place : place.slice(above.length);
  const all = await Array.fromAsync(Deno.readDir(above)).catch(() => []); // it need not be there
  for (const other of all) {
    if (!other.name.startsWith(name) || !NAME.test(other.name.slice(name.length))) continue;
    const folder = `${above}/${other.name}`;
    const lock = await lockFile(`${folder}/${LOCK}`).catch(() => null);
    if (!lock) continue; // whose process is at work
    lock.close();
    await Deno.remove(folder, { recursive: true });
  }
}

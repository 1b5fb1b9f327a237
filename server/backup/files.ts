/** Files of backups: for their owner alone, and on the disk before they count. */
import type { Bytes } from "../../shared/bytes.ts";
import { writeAll } from "../../shared/io.ts";

/** Writes `bytes` to a new file at `path`, and makes them outlast a power failure. */
export async function copyInto(path: string, bytes: AsyncIterable<Bytes>): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  for await (const piece of bytes) await writeAll(file, piece);
  await file.sync();
}

/** Reports whether there is something at `path`. */
export async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, (error) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  });
}

/** Returns the folder that `path` lies in. */
export function folderOf(path: string): string {
  const last = Deno.build.os === "windows" ? /[^/\\]+[/\\]*$/ : /[^/]+\/*$/;
  return path.replace(last, "") || ".";
}

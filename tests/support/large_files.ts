/** Files that need not fit into memory. */
import { createHash } from "node:crypto";
import { MiB } from "../../shared/limits.ts";
import { sampleBytes } from "./pieces.ts";

/** Makes a sparse file with a mark of its own in each MiB, so that no part looks like another. */
export async function writeSparse(path: string, size: number): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  await file.truncate(size);
  for (let at = 0; at < size; at += MiB) {
    await file.seek(at + (at / MiB) * 997, Deno.SeekMode.Start);
    await file.write(sampleBytes(64, at + 1));
  }
}

/** The SHA-256 of a file that need not fit into memory. */
export async function digest(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path, { read: true });
  const buffer = new Uint8Array(1 << 20);
  for (let count; (count = await file.read(buffer)) !== null;) {
    hash.update(buffer.subarray(0, count));
  }
  return hash.digest("hex");
}

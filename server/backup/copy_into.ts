import type { Bytes } from "../../shared/bytes.ts";
import { writeAll } from "../../shared/io.ts";

/** Writes `bytes` to a new file at `path`, and makes them outlast a power failure. */
export async function copyInto(path: string, bytes: AsyncIterable<Bytes>): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  for await (const piece of bytes) await writeAll(file, piece);
  await file.sync();
}

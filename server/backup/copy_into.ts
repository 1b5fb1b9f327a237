import type { Bytes } from "../../shared/bytes.ts";
import { SteadyFile } from "./steady_file.ts";

/** Writes `bytes` to a new file at `path`, and makes them outlast a power failure. */
export async function copyInto(path: string, bytes: AsyncIterable<Bytes>): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  const steady = new SteadyFile(file);
  for await (const piece of bytes) await steady.write(piece);
  await file.sync();
}

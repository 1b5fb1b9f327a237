/** Keeps the records of files in chunks and their bytes on the disk in step, and both young. */
import type { Bytes } from "../../shared/bytes.ts";
import type { Services } from "../services.ts";

type Parts = Pick<Services, "storage" | "chunks" | "log">;

/** Deletes the files that are too old. */
export async function expireFiles({ storage, chunks, log }: Parts): Promise<void> {
  for (;;) {
    const ids = await storage.files.expire();
    if (ids.length === 0) return;
    log.info("{count} files have expired", { count: ids.length });
    // One that was opened anew meanwhile stays.
    const needed = async (id: Bytes) => await storage.files.find(id) !== undefined;
    for (const id of ids) await chunks.removeUnless(id, () => needed(id));
  }
}

/**
 * After a crash: deletes bytes without a record, and turns records whose bytes are not all there
 * into uploads again. An upload without bytes is one that has just begun.
 */
export async function sweepFiles({ storage, chunks, log }: Parts): Promise<void> {
  let swept = 0;
  for await (const id of chunks.ids()) {
    if (await storage.files.find(id)) continue;
    await chunks.removeUnless(id, () => Promise.resolve(false));
    swept++;
  }
  if (swept > 0) log.info("Removed {swept} files that nobody needs", { swept });
  for await (const { id, size, complete } of storage.files.all()) {
    if (!complete || await chunks.has(id, size)) continue;
    await storage.files.reopen(id);
    log.error("The bytes of a file are gone; its sender has to send them again");
  }
}

/** Deletes the files of messages that are gone. Where that fails, the next start sweeps them up. */
import type { Logger } from "@logtape/logtape";
import type { BlobStore } from "./blob_store.ts";

export async function discardBlobs(
  names: Iterable<string | undefined>,
  blobs: BlobStore,
  log: Logger,
): Promise<void> {
  for (const blob of names) {
    if (blob === undefined) continue;
    try {
      await blobs.remove(blob);
    } catch (error) {
      log.error("File {blob} cannot be removed: {error}", { blob, error });
    }
  }
}

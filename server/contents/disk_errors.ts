/** From what the disk says to what a client is told. */
import { StorageError } from "../../shared/errors.ts";

/** What systems say if there is no room left: on the disk, or for this user on it. */
const FULL = ["ENOSPC", "EDQUOT", "ERROR_DISK_FULL"];

/**
 * Runs `operation`, and turns what it rejects with into a {@link StorageError}.
 * @throws {StorageError} its own, else `disk-full` or `failed`
 */
export async function onDisk<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    if (cause instanceof StorageError) throw cause;
    const code = (cause as { code?: unknown } | undefined)?.code;
    if (typeof code === "string" && FULL.includes(code)) {
      throw new StorageError("disk-full", "the server's disk is full", { cause });
    }
    throw new StorageError("failed", "the disk could not store or give it", { cause });
  }
}

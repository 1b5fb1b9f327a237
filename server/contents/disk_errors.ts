import { StorageError } from "../../shared/errors.ts";

/** How systems report that no room is left, on the disk or in the user's quota. */
const FULL = ["ENOSPC", "EDQUOT", "ERROR_DISK_FULL"];

/**
 * Runs `operation`, and turns its errors into a {@link StorageError}.
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

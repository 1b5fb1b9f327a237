/** What a disk that refuses means to a client. */
import { StorageError } from "../../shared/errors.ts";

/** What systems say where there is no room left: on the disk, or for this user on it. */
const FULL = ["ENOSPC", "EDQUOT", "ERROR_DISK_FULL"];

/**
 * Runs `operation`.
 * @throws {StorageError} `disk-full`, or else `failed`, where it rejects; one that it rejects with
 * itself passes
 */
export async function onDisk<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw diskError(error);
  }
}

/** The {@link StorageError} that `cause` amounts to. */
export function diskError(cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  const code = (cause as { code?: unknown } | undefined)?.code;
  if (typeof code === "string" && FULL.includes(code)) {
    return new StorageError("disk-full", "the server's disk is full", { cause });
  }
  return new StorageError("failed", "the disk could not store or give it", { cause });
}

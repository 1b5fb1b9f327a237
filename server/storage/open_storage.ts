import { StorageError } from "../../shared/errors.ts";
import { onDisk } from "./disk_errors.ts";
import { SqliteStorage } from "./sqlite/sqlite_storage.ts";
import type { Storage } from "./storage.ts";
import type { StorageOptions } from "./storage_options.ts";

/**
 * Opens the storage at `address`: the path of a SQLite file, which is created for its owner alone
 * if it is missing. A scheme such as `postgres://` names another engine; there is none yet.
 * @throws {StorageError} `failed` for an unknown scheme, or a database of another or newer program;
 * a {@link DiskError} for one that is damaged, or that cannot be opened
 */
export async function openStorage(address: string, options: StorageOptions): Promise<Storage> {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(address)?.[1];
  if (scheme !== undefined) {
    throw new StorageError("failed", `there is no storage engine for ${scheme}://`);
  }
  return await onDisk(async () => {
    // SQLite makes its log with the permissions of its file.
    (await Deno.open(address, { create: true, write: true, mode: 0o600 })).close();
    return new SqliteStorage(address, options);
  });
}

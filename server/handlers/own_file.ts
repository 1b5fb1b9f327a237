/** The file in chunks that a request is about, where only its uploader may ask. */
import { type Bytes, equalBytes } from "../../shared/bytes.ts";
import { StorageError } from "../../shared/errors.ts";
import type { FileRecord } from "../storage/file_records.ts";
import type { Storage } from "../storage/storage.ts";

/** @throws {StorageError} `unknown-file`, `file-taken` */
export async function ownFile(blob: Bytes, asker: Bytes, storage: Storage): Promise<FileRecord> {
  const file = await storage.files.find(blob);
  if (!file) throw new StorageError("unknown-file", "no file has this ID; it may have expired");
  if (equalBytes(file.owner, asker)) return file;
  throw new StorageError("file-taken", "the file is another client's");
}

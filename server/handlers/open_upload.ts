/** Request 120: begins to upload a file in chunks, or tells where to go on. */
import type { Handler } from "../wire/handler.ts";

/** @throws {StorageError} `file-taken`, `file-differs`, `quota-full`, `disk-full`, `failed` */
export const openUpload: Handler<"open-upload"> = async ({ blob, size }, asker, { files }) => {
  return { kind: "upload", next: await files.open(blob, asker, size) };
};

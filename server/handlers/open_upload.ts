/** Request 120: begins to upload a file in chunks, or tells where to go on. */
import type { Bytes } from "../../shared/bytes.ts";
import type { SecureResponse } from "../../shared/protocol/secure/responses.ts";
import type { Services } from "../services.ts";

/** @throws {StorageError} `file-taken`, `file-differs`, `quota-full`, `disk-full`, `failed` */
export async function openUpload(
  { blob, size }: { blob: Bytes; size: number },
  asker: Bytes,
  { files }: Services,
): Promise<SecureResponse & { kind: "upload" }> {
  return { kind: "upload", next: await files.open(blob, asker, size) };
}

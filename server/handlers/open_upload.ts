/** Request 120: begins to upload a file in chunks, or tells where to go on. */
import type { Bytes } from "../../shared/bytes.ts";
import { chunkCount } from "../../shared/protocol/file_request.ts";
import type { SecureResponse } from "../../shared/protocol/secure_response.ts";
import type { Services } from "../services.ts";

/** @throws {StorageError} `file-taken`, `file-differs`, `quota-full`, `disk-full`, `failed` */
export async function openUpload(
  { blob, size }: { blob: Bytes; size: number },
  asker: Bytes,
  { storage, chunks }: Services,
): Promise<SecureResponse & { kind: "upload" }> {
  return await chunks.use(blob, async (bytes) => {
    const { file, created } = await storage.files.open(blob, asker, size);
    if (created) await bytes.remove(); // what one of the same name may have left behind
    const next = file.complete ? chunkCount(size) : await bytes.firstMissing(size);
    return { kind: "upload", next };
  });
}

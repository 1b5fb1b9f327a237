/** Request 125: how a file stands, for its uploader. */
import type { Bytes } from "../../shared/bytes.ts";
import { chunkCount } from "../../shared/protocol/file_request.ts";
import type { SecureResponse } from "../../shared/protocol/secure_response.ts";
import type { Services } from "../services.ts";
import { ownFile } from "./own_file.ts";

/** @throws {StorageError} `unknown-file` also where all have released it; `file-taken`, `failed` */
export async function fileState(
  { blob }: { blob: Bytes },
  asker: Bytes,
  { storage, chunks }: Services,
): Promise<SecureResponse & { kind: "file-state" }> {
  return await chunks.use(blob, async (bytes) => {
    const { size, complete } = await ownFile(blob, asker, storage);
    const next = complete ? chunkCount(size) : await bytes.firstMissing(size);
    return { kind: "file-state", next, waiting: await storage.files.receivers(blob) };
  });
}

/** Request 125: how a file stands, for its uploader. */
import type { Bytes } from "../../shared/bytes.ts";
import type { SecureResponse } from "../../shared/protocol/secure/responses.ts";
import type { Services } from "../services.ts";

/** @throws {StorageError} `unknown-file` also where all have released it; `file-taken`, `failed` */
export async function fileState(
  { blob }: { blob: Bytes },
  asker: Bytes,
  { files }: Services,
): Promise<SecureResponse & { kind: "file-state" }> {
  return { kind: "file-state", ...await files.state(blob, asker) };
}

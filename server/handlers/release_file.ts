/** Request 124: a receiver has a file whole, or its uploader takes it back. */
import type { Bytes } from "../../shared/bytes.ts";
import type { SecureResponse } from "../../shared/protocol/secure/responses.ts";
import type { Services } from "../services.ts";

/** Does nothing where the file is gone, or is not for the asker: so a repeat succeeds. */
export async function releaseFile(
  { blob }: { blob: Bytes },
  asker: Bytes,
  { files }: Services,
): Promise<SecureResponse & { kind: "released" }> {
  await files.release(blob, asker);
  return { kind: "released" };
}

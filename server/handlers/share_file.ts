/** Request 122: a file that was uploaded whole is for these receivers from now on. */
import { type Bytes, equalBytes } from "../../shared/bytes.ts";
import { ProtocolError } from "../../shared/errors.ts";
import type { SecureResponse } from "../../shared/protocol/secure/responses.ts";
import type { Services } from "../services.ts";

/**
 * Answered means that the whole file is on the disk. Receivers that it has already stay.
 * @throws {StorageError} `unknown-file`, `file-taken`, `unknown-client`, `disk-full`, `failed`
 * @throws {ProtocolError} `malformed` where chunks are missing, or its uploader is a receiver
 */
export async function shareFile(
  { blob, receivers }: { blob: Bytes; receivers: readonly Bytes[] },
  asker: Bytes,
  { files }: Services,
): Promise<SecureResponse & { kind: "shared" }> {
  // Its release would mean two things.
  if (receivers.some((receiver) => equalBytes(receiver, asker))) {
    throw new ProtocolError("malformed", "the receiver of a file is its uploader");
  }
  await files.share(blob, asker, receivers);
  return { kind: "shared" };
}

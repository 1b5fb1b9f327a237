/** Request 122: a file that was uploaded whole is for these receivers from now on. */
import { equalBytes } from "../../shared/bytes.ts";
import { ProtocolError } from "../../shared/errors.ts";
import type { Handler } from "../wire/handler.ts";

/**
 * Answered means that the whole file is on the disk. Receivers that it has already stay.
 * @throws {StorageError} `unknown-file`, `file-taken`, `unknown-client`, `disk-full`, `failed`
 * @throws {ProtocolError} `malformed` if chunks are missing, or its uploader is a receiver
 */
export const shareFile: Handler<"share"> = async ({ blob, receivers }, asker, { files }) => {
  // Its release would mean two things.
  if (receivers.some((receiver) => equalBytes(receiver, asker))) {
    throw new ProtocolError("malformed", "the receiver of a file is its uploader");
  }
  await files.share(blob, asker, receivers);
  return { kind: "shared" };
};

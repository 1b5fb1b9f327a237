/** Request 125: how a file stands, for its uploader. */
import type { Handler } from "../wire/handler.ts";

/** @throws {StorageError} `unknown-file` also where all have released it; `file-taken`, `failed` */
export const fileState: Handler<"file-state"> = async ({ blob }, asker, { files }) => {
  return { kind: "file-state", ...await files.state(blob, asker) };
};

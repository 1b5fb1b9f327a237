/** Request 124: a receiver has a file whole, or its uploader takes it back. */
import type { Handler } from "../wire/handler.ts";

/** Does nothing if the file is gone, or is not for the asker: so a repeat succeeds. */
export const releaseFile: Handler<"release"> = async ({ blob }, asker, { files }) => {
  await files.release(blob, asker);
  return { kind: "released" };
};

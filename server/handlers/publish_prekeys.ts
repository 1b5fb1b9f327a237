/** Request 107: prekeys of the asker, for those who will start a session with it. */
import type { Handler } from "../wire/handler.ts";

/**
 * Signatures are left to those who fetch: they trust nobody else with them.
 * @throws {StorageError} `prekeys-full`
 */
export const publishPrekeys: Handler<"publish-prekeys"> = async (
  { replace, prekeys },
  asker,
  { storage },
) => {
  await storage.prekeys.publish(asker, prekeys, { replace });
  return { kind: "prekeys-published" };
};

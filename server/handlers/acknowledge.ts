/** Request 106: messages that the asker has stored, and that its mailbox may forget. */
import type { Handler } from "../wire/handler.ts";

export const acknowledge: Handler<"acknowledge"> = async (
  { messageIds },
  mailbox,
  { storage, blobs, log },
) => {
  // An empty one only shows that its sender is alive.
  if (messageIds.length > 0) {
    await blobs.removeAll(await storage.acknowledge(mailbox, messageIds), log);
  }
  return { kind: "acknowledged" };
};

/** Request 106: messages that the asker has stored, and that its mailbox may forget. */
import type { Bytes } from "../../shared/bytes.ts";
import type { SecureResponse } from "../../shared/protocol/secure/responses.ts";
import type { Services } from "../services.ts";

export async function acknowledge(
  { messageIds }: { messageIds: readonly number[] },
  mailbox: Bytes,
  { storage, blobs, log }: Services,
): Promise<SecureResponse & { kind: "acknowledged" }> {
  // An empty one only shows that its sender is alive.
  if (messageIds.length > 0) {
    await blobs.removeAll(await storage.acknowledge(mailbox, messageIds), log);
  }
  return { kind: "acknowledged" };
}

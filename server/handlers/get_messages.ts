/** Request 104: the messages that wait for the asker, on lease. */
import type { Bytes } from "../../shared/bytes.ts";
import { MAX_U32 } from "../../shared/limits.ts";
import { MESSAGE_HEAD_SIZE } from "../../shared/protocol/response.ts";
import type { Delivery } from "../delivery.ts";
import type { Services } from "../services.ts";

/** As many messages as one response can hold; the rest waits for the next poll. */
export async function getMessages(
  { clientId }: { clientId: Bytes },
  { storage, blobs, limits, log }: Services,
): Promise<Delivery> {
  let size = 0;
  let count = 0;
  const lease = await storage.lease(clientId, (message) => {
    const next = size + MESSAGE_HEAD_SIZE + message.size;
    if (next > MAX_U32 || count === limits.maxDeliveryCount) return false;
    size = next;
    count++;
    return true;
  });
  const messages = [];
  for (const message of lease.messages) {
    if (message.blob === undefined || await blobs.has(message.blob, message.size)) {
      messages.push(message);
    } else {
      size -= MESSAGE_HEAD_SIZE + message.size;
      log.error("Message {messageId} cannot be delivered: its file {blob} is damaged or gone", {
        ...message,
      });
    }
  }
  return { kind: "delivery", lease, messages, size };
}

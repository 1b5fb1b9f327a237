/** Request 104: the messages that wait for the asker, on lease. */
import type { Bytes } from "../../shared/bytes.ts";
import { MAX_U32 } from "../../shared/limits.ts";
import { MESSAGE_HEAD_SIZE } from "../../shared/protocol/response.ts";
import type { DeliveredPart, Delivery } from "../delivery.ts";
import type { Services } from "../services.ts";
import type { StoredMessage } from "../storage/storage.ts";

/** Most damaged files that one line of the log names. */
const MAX_NAMED = 10;

/** As many messages as one response can hold; the rest waits for the next poll. */
export async function getMessages(
  { clientId }: { clientId: Bytes },
  { storage, blobs, limits, log }: Services,
): Promise<Delivery> {
  const parts: DeliveredPart[] = [];
  const damaged: string[] = [];
  let size = 0;
  let count = 0;
  const fits = (message: StoredMessage) => {
    const next = size + MESSAGE_HEAD_SIZE + message.size;
    if (next > MAX_U32 || count === limits.maxDeliveryCount) return false;
    size = next;
    count++;
    return true;
  };
  try {
    // What turns out to be damaged leaves its room to messages behind it.
    for (let seen = -1; seen !== damaged.length;) {
      seen = damaged.length;
      const lease = await storage.lease(clientId, fits);
      const messages: StoredMessage[] = [];
      parts.push({ lease, messages });
      for (const message of lease.messages) {
        if (message.blob === undefined || await blobs.has(message.blob, message.size)) {
          messages.push(message);
        } else {
          damaged.push(message.blob);
          size -= MESSAGE_HEAD_SIZE + message.size;
          count--;
        }
      }
    }
  } catch (error) {
    for (const { lease } of parts) storage.release(lease);
    throw error;
  }
  if (damaged.length > 0) {
    const names = damaged.slice(0, MAX_NAMED);
    const properties = { count: damaged.length, names };
    log.error(
      "{count} messages stay: their files are damaged or gone, such as {names}",
      properties,
    );
  }
  return { kind: "delivery", parts, size };
}

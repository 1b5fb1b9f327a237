/** Request 104: the messages that wait for the asker. */
import type { Logger } from "@logtape/logtape";
import type { Bytes } from "../../shared/bytes.ts";
import { MAX_U32 } from "../../shared/limits.ts";
import { MESSAGE_HEAD_SIZE } from "../../shared/protocol/message.ts";
import type { BlobStore } from "../contents/blob_store.ts";
import type { DeliveredPart, Delivery, Waiting } from "../wire/delivery.ts";
import type { Limits } from "../limits/limits.ts";
import type { Services } from "../services.ts";
import type { Room, StoredMessage } from "../storage/storage.ts";

/** Most damaged files that one line of the log names. */
const MAX_NAMED = 10;

/** As many messages as one classic response can hold, on lease; the rest waits for the next poll. */
export async function getMessages(
  { clientId }: { clientId: Bytes },
  { storage, blobs, limits, log }: Services,
): Promise<Delivery> {
  const parts: DeliveredPart[] = [];
  const damaged: string[] = [];
  const room = roomOf(limits);
  try {
    // What turns out to be damaged leaves its room to messages behind it.
    for (let seen = -1; seen !== damaged.length;) {
      seen = damaged.length;
      const lease = await storage.leases.take(clientId, room);
      const messages: StoredMessage[] = [];
      parts.push({ lease, messages });
      for (const message of lease.messages) {
        if (message.blob === undefined || await blobs.has(message.blob, message.size)) {
          messages.push(message);
          room.count--;
          room.size -= MESSAGE_HEAD_SIZE + message.size;
        } else damaged.push(message.blob);
      }
    }
  } catch (error) {
    for (const { lease } of parts) await storage.leases.release(lease);
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
  const messages = parts.flatMap((part) => part.messages);
  return { kind: "delivery", mailbox: clientId, messages, parts, size: MAX_U32 - room.size };
}

/** As many messages behind number `after` as one secure response can hold. */
export async function getWaiting(
  { clientId, after }: { clientId: Bytes; after: number },
  { storage, limits, blobs, log }: Services,
): Promise<Waiting> {
  const found = await storage.heads(clientId, after, roomOf(limits));
  const messages = await wholeOf(found, blobs, log);
  const size = messages.reduce((sum, message) => sum + MESSAGE_HEAD_SIZE + message.size, 0);
  return { kind: "waiting", mailbox: clientId, messages, size };
}

/** What one response can hold. */
function roomOf({ maxDeliveryCount }: Limits): Room {
  return { count: maxDeliveryCount, size: MAX_U32 };
}

/** Those of `messages` whose content is there. */
async function wholeOf(
  messages: readonly StoredMessage[],
  blobs: BlobStore,
  log: Logger,
): Promise<StoredMessage[]> {
  const whole: StoredMessage[] = [];
  for (const message of messages) {
    if (message.blob === undefined || await blobs.has(message.blob, message.size)) {
      whole.push(message);
    } else {
      log.error("A message stays: its file {blob} is damaged or gone", { blob: message.blob });
    }
  }
  return whole;
}

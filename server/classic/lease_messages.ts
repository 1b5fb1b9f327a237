/** Request 104: the waiting messages of the asker, leased until it has shown that it got them. */
import type { Bytes } from "../../shared/bytes.ts";
import { MAX_U32 } from "../../shared/limits.ts";
import { MESSAGE_HEAD_SIZE } from "../../shared/protocol/message.ts";
import type { Services } from "../services.ts";
import type { Lease, StoredMessage } from "../storage/messages.ts";
import { delivery } from "../wire/delivery.ts";
import type { Streamed } from "../wire/handler.ts";

/** Most damaged files that one line of the log names. */
const MAX_NAMED = 10;

/** The part of a response that one lease delivers. */
export interface LeasedPart {
  lease: Lease;
  /** The messages of the lease that can be delivered. */
  messages: StoredMessage[];
}

/** A response whose messages are leased. */
export interface LeasedDelivery extends Streamed {
  parts: LeasedPart[];
}

/** As many messages as one response can hold; the rest waits for the next poll. */
export async function leaseMessages(
  _request: unknown,
  asker: Bytes,
  services: Services,
): Promise<LeasedDelivery> {
  const { storage, blobs, limits, log } = services;
  const parts: LeasedPart[] = [];
  const damaged: string[] = [];
  const room = { count: limits.maxDeliveryCount, size: MAX_U32 };
  try {
    // A damaged message leaves its room to the messages behind it.
    for (let seen = -1; seen !== damaged.length;) {
      seen = damaged.length;
      const lease = await storage.leases.take(asker, room);
      const messages: StoredMessage[] = [];
      parts.push({ lease, messages });
      for (const message of lease.messages) {
        const { blob, size } = message;
        if (blob === undefined || (await blobs.has(blob, size) && await blobs.isReadable(blob))) {
          messages.push(message);
          room.count--;
          room.size -= MESSAGE_HEAD_SIZE + message.size;
        } else damaged.push(blob);
      }
    }
  } catch (error) {
    for (const { lease } of parts) await storage.leases.release(lease);
    throw error;
  }
  // The original client cannot be told: for it no content is empty. So they stay until they expire.
  const news = damaged.filter((blob) => blobs.isNewlyLost(blob));
  if (news.length > 0) {
    const text = "{count} messages stay: their files are damaged or gone, such as {blobs}";
    log.error(text, { count: news.length, blobs: news.slice(0, MAX_NAMED) });
  }
  return { ...delivery(asker, parts.flatMap((part) => part.messages), services), parts };
}

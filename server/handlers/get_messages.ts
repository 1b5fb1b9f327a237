/** Request 104: the messages that wait for the asker. */
import type { Logger } from "@logtape/logtape";
import type { Bytes } from "../../shared/bytes.ts";
import { MAX_U32 } from "../../shared/limits.ts";
import { MESSAGE_HEAD_SIZE } from "../../shared/protocol/response.ts";
import type { BlobStore } from "../contents/blob_store.ts";
import type { DeliveredPart, Delivery, Waiting } from "../wire/delivery.ts";
import type { Limits } from "../limits/limits.ts";
import type { Services } from "../services.ts";
import type { StoredMessage } from "../storage/storage.ts";

/** Most damaged files that one line of the log names. */
const MAX_NAMED = 10;

/** As many messages as one classic response can hold, on lease; the rest waits for the next poll. */
export async function getMessages(
  { clientId }: { clientId: Bytes },
  { storage, blobs, limits, log }: Services,
): Promise<Delivery> {
  const parts: DeliveredPart[] = [];
  const damaged: string[] = [];
  const room = new Room(limits);
  try {
    // What turns out to be damaged leaves its room to messages behind it.
    for (let seen = -1; seen !== damaged.length;) {
      seen = damaged.length;
      const lease = await storage.lease(clientId, (message) => room.take(message));
      const messages: StoredMessage[] = [];
      parts.push({ lease, messages });
      for (const message of lease.messages) {
        if (message.blob === undefined || await blobs.has(message.blob, message.size)) {
          messages.push(message);
        } else {
          damaged.push(message.blob);
          room.giveBack(message);
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
  const messages = parts.flatMap((part) => part.messages);
  return { kind: "delivery", mailbox: clientId, messages, parts, size: room.size };
}

/** As many messages behind number `after` as one secure response can hold. */
export async function getWaiting(
  { clientId, after }: { clientId: Bytes; after: number },
  { storage, limits, blobs, log }: Services,
): Promise<Waiting> {
  const room = new Room(limits);
  const found = await storage.waiting(clientId, after, (message) => room.take(message));
  const messages = await wholeOf(found, blobs, log);
  const size = messages.reduce((sum, message) => sum + MESSAGE_HEAD_SIZE + message.size, 0);
  return { kind: "waiting", mailbox: clientId, messages, size };
}

/** What still fits into one response. */
class Room {
  readonly #maxCount: number;
  #count = 0;
  /** Bytes that are taken. */
  size = 0;

  constructor({ maxDeliveryCount }: Limits) {
    this.#maxCount = maxDeliveryCount;
  }

  /** Takes the room of `message`, where there is enough. */
  take(message: StoredMessage): boolean {
    const size = this.size + MESSAGE_HEAD_SIZE + message.size;
    if (size > MAX_U32 || this.#count === this.#maxCount) return false;
    this.size = size;
    this.#count++;
    return true;
  }

  giveBack(message: StoredMessage): void {
    this.size -= MESSAGE_HEAD_SIZE + message.size;
    this.#count--;
  }
}

/** Those of `messages` whose content is there. */
export async function wholeOf(
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

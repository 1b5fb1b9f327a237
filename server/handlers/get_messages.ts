/** Request 104: the messages that wait for the asker, until it acknowledges them. */
import { MAX_U32 } from "../../shared/limits.ts";
import { delivery } from "../wire/delivery.ts";
import type { Handler, Streamed } from "../wire/handler.ts";

/** As many messages behind number `after` as one response can hold. */
export const getMessages: Handler<"get-messages", Streamed> = async (
  { after },
  asker,
  services,
) => {
  const { storage, limits, blobs, log } = services;
  const room = { count: limits.maxDeliveryCount, size: MAX_U32 };
  const whole = [];
  for (const message of await storage.heads(asker, after, room)) {
    if (message.blob === undefined || await blobs.has(message.blob, message.size)) {
      whole.push(message);
    } else {
      log.error("A message stays: its file {blob} is damaged or gone", { blob: message.blob });
    }
  }
  return delivery(asker, whole, services);
};

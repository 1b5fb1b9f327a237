/** Messages as they are delivered, in both protocols, and the clients that exchange them. */
import type { Bytes } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import { isMessageType, type MessageType } from "./codes.ts";
import {
  clientId,
  decode,
  encode,
  fields,
  fixed,
  type Layout,
  sizedBytes,
  u32,
  type ValueOf,
} from "./layout.ts";

/** One of the four message types, 1 byte. */
export const messageType: Layout<MessageType> = fixed(
  1,
  (writer, value) => writer.u8(value),
  (reader) => {
    const value = reader.u8();
    if (isMessageType(value)) return value;
    throw new ProtocolError("malformed", `message type ${value} is unknown`);
  },
);

/** The sender, the number in the receiver's mailbox, and the type. */
const origin = { from: clientId, messageId: u32, type: messageType };

/** A delivered message in memory. */
export const message = fields({ ...origin, content: sizedBytes });
export type DeliveredMessage = ValueOf<typeof message>;

const head = fields({ ...origin, size: u32 });

/** What stands in front of the `size` bytes of a delivered message's content. */
export type MessageHead = ValueOf<typeof head>;

/** Size of a {@link MessageHead}: 25 bytes. */
export const MESSAGE_HEAD_SIZE = head.max;

/** Returns the 25 bytes of a head. */
export function encodeMessageHead(value: MessageHead): Bytes {
  return encode(head, value);
}

/**
 * Returns the head in exactly 25 `bytes`.
 * @throws {ProtocolError} `malformed` for an unknown type
 */
export function decodeMessageHead(bytes: Uint8Array): MessageHead {
  return decode(head, bytes);
}

/** One client, as the client list shows it. */
export interface ClientEntry {
  /** 16 bytes. */
  id: Bytes;
  name: string;
}

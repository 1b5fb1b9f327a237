/** Messages as they are delivered, in both protocols, and the clients that exchange them. */
import type { Bytes } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import { isMessageType, type MessageType } from "./codes.ts";
import {
  clientId,
  decode,
  encode,
  type Fields,
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

/** What stands in front of a delivered message's content. */
export const messageHead = fields({ ...origin, size: u32 });

/** What stands in front of the `size` bytes of a delivered message's content. */
export type MessageHead = ValueOf<typeof messageHead>;

/** Size of a {@link MessageHead}: 25 bytes. */
export const MESSAGE_HEAD_SIZE = messageHead.max;

/** Returns the 25 bytes of a head. */
export function encodeMessageHead(value: MessageHead): Bytes {
  return encode(messageHead, value);
}

/**
 * Returns the head in exactly 25 `bytes`.
 * @throws {ProtocolError} `malformed` for an unknown type
 */
export function decodeMessageHead(bytes: Uint8Array): MessageHead {
  return decode(messageHead, bytes);
}

/**
 * Returns the codec of what stands in front of a content that streams: the fields of `envelope` and
 * the content's size, 4 bytes.
 */
export function contentPrefix<F extends Fields>(envelope: F) {
  const layout = fields({ ...envelope, size: u32 });
  return {
    /** Bytes of a prefix. */
    size: layout.max,
    encode: (prefix: ValueOf<typeof layout>) => encode(layout, prefix),
    /**
     * Returns the prefix in `bytes`, of a payload of `payloadSize` bytes in all.
     * @throws {ProtocolError} `malformed`, also where the sizes disagree
     */
    decode(bytes: Uint8Array, payloadSize: number): ValueOf<typeof layout> {
      const prefix = decode(layout, bytes);
      if (Number((prefix as { size?: unknown }).size) === payloadSize - layout.max) return prefix;
      throw new ProtocolError("malformed", "content size and payload size disagree");
    },
  };
}

/** One client, as the client list shows it. */
export interface ClientEntry {
  /** 16 bytes. */
  id: Bytes;
  name: string;
}

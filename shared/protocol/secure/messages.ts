/** Requests 103 to 106: sending messages, collecting them, and push 2000. */
import type { Bytes } from "../../bytes.ts";
import { MAX_ACKNOWLEDGED, TOKEN_SIZE } from "../../limits.ts";
import { ProtocolError } from "../../errors.ts";
import { request, response } from "../entry.ts";
import {
  bytes,
  clientId,
  decode,
  encode,
  fields,
  list,
  sizedBytes,
  u32,
  type ValueOf,
} from "../layout.ts";
import { message, messageType } from "../message.ts";

/** The token, 16 random bytes, names a message, so that a repeat stores nothing twice. */
const envelope = { to: clientId, token: bytes(TOKEN_SIZE), type: messageType };

export const sent = response({
  kind: "sent",
  code: 1003,
  payload: { to: clientId, messageId: u32 },
});

/** A message in memory. One whose content streams is a {@link SecureSendPrefix} and content. */
export const send = request({
  kind: "send",
  code: 103,
  payload: { ...envelope, content: sizedBytes },
  reply: sent,
});

const prefix = fields({ ...envelope, size: u32 });

/** What stands in front of the `size` bytes of content in the payload of request 103. */
export type SecureSendPrefix = ValueOf<typeof prefix>;

/** Size of a {@link SecureSendPrefix}: 37 bytes. */
export const SECURE_SEND_PREFIX_SIZE = prefix.max;

/** Returns the 37 bytes of a prefix. */
export function encodeSecureSendPrefix(value: SecureSendPrefix): Bytes {
  return encode(prefix, value);
}

/**
 * Returns the prefix in exactly 37 `bytes` of a payload of `payloadSize` bytes in all.
 * @throws {ProtocolError} `malformed` for an unknown type, or where the sizes disagree
 */
export function decodeSecureSendPrefix(bytes: Uint8Array, payloadSize: number): SecureSendPrefix {
  const value = decode(prefix, bytes);
  if (value.size === payloadSize - SECURE_SEND_PREFIX_SIZE) return value;
  throw new ProtocolError("malformed", "content size and payload size disagree");
}

export const messages = response({
  kind: "messages",
  code: 1004,
  payload: { messages: list(message) },
});

/** The messages behind number `after`, which stay until they are acknowledged. */
export const getMessages = request({
  kind: "get-messages",
  code: 104,
  payload: { after: u32 },
  reply: messages,
});

export const subscribed = response({ kind: "subscribed", code: 1005, payload: {} });

/** From here on, messages come as pushes. */
export const subscribe = request({
  kind: "subscribe",
  code: 105,
  payload: {},
  reply: subscribed,
});

/** A message that the server sends by itself, to a subscriber. */
export const push = response({ kind: "push", code: 2000, payload: { message } });

export const acknowledged = response({ kind: "acknowledged", code: 1006, payload: {} });

/** The client has stored these messages; none at all shows that it is alive. */
export const acknowledge = request({
  kind: "acknowledge",
  code: 106,
  payload: { messageIds: list(u32, { max: MAX_ACKNOWLEDGED }) },
  reply: acknowledged,
});

/** Requests 103 to 106: sending messages, collecting them, and push 2000. */
import { CLIENT_ID_SIZE, MAX_ACKNOWLEDGED, TOKEN_SIZE } from "../../limits.ts";
import { request, response } from "../entry.ts";
import { clientId, list, sizedView, u32, view } from "../layout.ts";
import { contentPrefix, message, messageType } from "../message.ts";

/** The token, 16 random bytes, names a message, so that a repeat stores nothing twice. */
const envelope = { to: view(CLIENT_ID_SIZE), token: view(TOKEN_SIZE), type: messageType };

export const sent = response({
  kind: "sent",
  code: 1003,
  payload: { to: clientId, messageId: u32 },
});

/** A message in memory. One whose content streams is a {@link SecureSendPrefix} and content. */
export const send = request({
  kind: "send",
  code: 103,
  payload: { ...envelope, content: sizedView },
  reply: sent,
});

/** What stands in front of a content that streams in request 103: 37 bytes. */
export const {
  size: SECURE_SEND_PREFIX_SIZE,
  encode: encodeSecureSendPrefix,
  decode: decodeSecureSendPrefix,
} = contentPrefix(envelope);
export type SecureSendPrefix = ReturnType<typeof decodeSecureSendPrefix>;

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
export const subscribe = request({ kind: "subscribe", code: 105, payload: {}, reply: subscribed });

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

/**
 * The requests of the classic protocol. Some responses are those of the secure protocol under
 * another version.
 */
import type { Bytes } from "../../bytes.ts";
import { PUBLIC_KEY_SIZE } from "../../limits.ts";
import { type BodyOf, EntryTable, request, response } from "../entry.ts";
import { requestFrame } from "../frame.ts";
import { bytes, clientId, fields, list, sizedBytes } from "../layout.ts";
import { contentPrefix, messageType } from "../message.ts";
import { clientName } from "../name.ts";
import { registered } from "../secure/account.ts";
import { messages, sent } from "../secure/messages.ts";

const register = request({
  kind: "register",
  code: 100,
  payload: { name: clientName, publicKey: bytes(PUBLIC_KEY_SIZE) },
  reply: registered,
});

/** A client in the list. */
export const classicEntry = fields({ id: clientId, name: clientName });

export const classicClients = response({
  kind: "client-list",
  code: 1001,
  payload: { clients: list(classicEntry) },
});

const clientList = request({ kind: "client-list", code: 101, payload: {}, reply: classicClients });

const publicKeyOf = response({
  kind: "public-key",
  code: 1002,
  payload: { clientId, publicKey: bytes(PUBLIC_KEY_SIZE) },
});

const publicKey = request({
  kind: "public-key",
  code: 102,
  payload: { target: clientId },
  reply: publicKeyOf,
});

const envelope = { to: clientId, type: messageType };

/** A message in memory. One whose content streams is a {@link SendPrefix} and content. */
const send = request({
  kind: "send",
  code: 103,
  payload: { ...envelope, content: sizedBytes },
  reply: sent,
});

/** What stands in front of a content that streams in request 103: 21 bytes. */
export const {
  size: SEND_PREFIX_SIZE,
  encode: encodeSendPrefix,
  decode: decodeSendPrefix,
} = contentPrefix(envelope);
export type SendPrefix = ReturnType<typeof decodeSendPrefix>;

const getMessages = request({ kind: "get-messages", code: 104, payload: {}, reply: messages });

const ENTRIES = [register, clientList, publicKey, send, getMessages] as const;

type ClassicRequestEntry = typeof ENTRIES[number];

export const CLASSIC_REQUESTS = new EntryTable<ClassicRequestEntry>(ENTRIES);

/** What a request asks for. */
export type RequestBody = BodyOf<ClassicRequestEntry>;

/** A request of kind `K` in memory, but for its header. */
export type ClassicRequestOf<K extends RequestBody["kind"]> = Extract<RequestBody, { kind: K }>;

/** The response that answers requests of kind `K`, where it is no failure. */
export type ClassicReply<K extends RequestBody["kind"]> = BodyOf<
  Extract<ClassicRequestEntry, { kind: K }>["reply"]
>;

/** A request in memory. */
export type Request = { clientId: Bytes; version: number } & RequestBody;

/** Returns all bytes of `request`: header and payload. */
export function encodeRequest(request: Request): Bytes {
  return requestFrame(request.clientId, request.version, CLASSIC_REQUESTS.encode(request));
}

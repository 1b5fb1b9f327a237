/**
 * Responses: version 1 · code 2 · payload size 4 · payload. Integers little-endian.
 *
 * A response in memory is a {@link Response}; delivered messages, whose contents may stream, are a
 * header followed by pairs of a {@link MessageHead} and its content.
 */
import { type Bytes, concat, concatAll } from "../bytes.ts";
import { Reader, Writer } from "../cursor.ts";
import { ProtocolError } from "../errors.ts";
import { CLIENT_ID_SIZE, NAME_FIELD_SIZE, PUBLIC_KEY_SIZE } from "../limits.ts";
import { isMessageType, type MessageType, ResponseCode } from "./codes.ts";
import { decodeName, encodeName } from "./name.ts";

/** Size of the header in front of each response. */
export const RESPONSE_HEADER_SIZE = 1 + 2 + 4;
/** Size of what stands in front of each message's content in response 1004. */
export const MESSAGE_HEAD_SIZE = CLIENT_ID_SIZE + 4 + 1 + 4;
/** Size of one client in response 1001. */
export const CLIENT_ENTRY_SIZE = CLIENT_ID_SIZE + NAME_FIELD_SIZE;

/** The 7 bytes in front of each response. */
export interface ResponseHeader {
  version: number;
  code: number;
  /** Bytes of payload that follow. */
  size: number;
}

/** The 25 bytes in front of each delivered message's content. */
export interface MessageHead {
  /** The client that sent it, 16 bytes. */
  from: Bytes;
  /** Its number in the receiver's mailbox. */
  messageId: number;
  type: MessageType;
  /** Bytes of content that follow. */
  size: number;
}

/** One client, as the client list shows it. */
export interface ClientEntry {
  id: Bytes;
  name: string;
}

export type ResponseBody =
  | { kind: "registered"; clientId: Bytes }
  | { kind: "client-list"; clients: ClientEntry[] }
  | { kind: "public-key"; clientId: Bytes; publicKey: Bytes }
  | { kind: "sent"; to: Bytes; messageId: number }
  | { kind: "messages"; messages: (Omit<MessageHead, "size"> & { content: Bytes })[] }
  | { kind: "failure" };

export type Response = { version: number } & ResponseBody;

/** The code of each kind of response. */
export const RESPONSE_CODES: { [K in ResponseBody["kind"]]: number } = {
  "registered": ResponseCode.registered,
  "client-list": ResponseCode.clientList,
  "public-key": ResponseCode.publicKey,
  "sent": ResponseCode.sent,
  "messages": ResponseCode.messages,
  "failure": ResponseCode.failure,
};

/** The 7 bytes of `header`. */
export function encodeResponseHeader(header: ResponseHeader): Bytes {
  return new Writer(RESPONSE_HEADER_SIZE)
    .u8(header.version).u16(header.code).u32(header.size).done();
}

/**
 * The header in exactly 7 `bytes`.
 * @throws {ProtocolError} `malformed` for another number of bytes
 */
export function decodeResponseHeader(bytes: Uint8Array): ResponseHeader {
  const reader = new Reader(bytes);
  const header = { version: reader.u8(), code: reader.u16(), size: reader.u32() };
  reader.end();
  return header;
}

/** The 25 bytes of `head`. */
export function encodeMessageHead(head: MessageHead): Bytes {
  return new Writer(MESSAGE_HEAD_SIZE)
    .bytes(head.from, CLIENT_ID_SIZE)
    .u32(head.messageId)
    .u8(head.type)
    .u32(head.size)
    .done();
}

/**
 * The head in exactly 25 `bytes`.
 * @throws {ProtocolError} `malformed` for an unknown type
 */
export function decodeMessageHead(bytes: Uint8Array): MessageHead {
  const reader = new Reader(bytes);
  const from = reader.bytes(CLIENT_ID_SIZE);
  const messageId = reader.u32();
  const type = reader.u8();
  const size = reader.u32();
  reader.end();
  if (!isMessageType(type)) {
    throw new ProtocolError("malformed", `message type ${type} is unknown`);
  }
  return { from, messageId, type, size };
}

/** The bytes of `clients`, one after the other. */
export function encodeClientEntries(clients: readonly ClientEntry[]): Bytes {
  const writer = new Writer(clients.length * CLIENT_ENTRY_SIZE);
  for (const { id, name } of clients) writer.bytes(id, CLIENT_ID_SIZE).bytes(encodeName(name));
  return writer.done();
}

/** All bytes of `response`: header and payload. */
export function encodeResponse(response: Response): Bytes {
  const payload = encodePayload(response);
  const header = {
    version: response.version,
    code: RESPONSE_CODES[response.kind],
    size: payload.length,
  };
  return concat(encodeResponseHeader(header), payload);
}

function encodePayload(body: ResponseBody): Bytes {
  switch (body.kind) {
    case "failure":
      return new Uint8Array(0);
    case "registered":
      return new Writer(CLIENT_ID_SIZE).bytes(body.clientId, CLIENT_ID_SIZE).done();
    case "client-list":
      return encodeClientEntries(body.clients);
    case "public-key":
      return new Writer(CLIENT_ID_SIZE + PUBLIC_KEY_SIZE)
        .bytes(body.clientId, CLIENT_ID_SIZE)
        .bytes(body.publicKey, PUBLIC_KEY_SIZE)
        .done();
    case "sent":
      return new Writer(CLIENT_ID_SIZE + 4)
        .bytes(body.to, CLIENT_ID_SIZE)
        .u32(body.messageId)
        .done();
    case "messages":
      return concatAll(
        body.messages.flatMap((message) => [
          encodeMessageHead({ ...message, size: message.content.length }),
          message.content,
        ]),
      );
  }
}

/**
 * The response that `header` and its whole `payload` make.
 * @throws {ProtocolError} `malformed`, or `unsupported` for an unknown code
 */
export function decodeResponsePayload(header: ResponseHeader, payload: Uint8Array): Response {
  if (payload.length !== header.size) {
    throw new ProtocolError("malformed", "payload and its size disagree");
  }
  const reader = new Reader(payload);
  const response = { version: header.version, ...decodeBody(header.code, reader) };
  reader.end();
  return response;
}

function decodeBody(code: number, reader: Reader): ResponseBody {
  switch (code) {
    case ResponseCode.registered:
      return { kind: "registered", clientId: reader.bytes(CLIENT_ID_SIZE) };
    case ResponseCode.clientList: {
      const clients: ClientEntry[] = [];
      while (reader.left > 0) {
        const id = reader.bytes(CLIENT_ID_SIZE);
        clients.push({ id, name: decodeName(reader.bytes(NAME_FIELD_SIZE)) });
      }
      return { kind: "client-list", clients };
    }
    case ResponseCode.publicKey:
      return {
        kind: "public-key",
        clientId: reader.bytes(CLIENT_ID_SIZE),
        publicKey: reader.bytes(PUBLIC_KEY_SIZE),
      };
    case ResponseCode.sent:
      return { kind: "sent", to: reader.bytes(CLIENT_ID_SIZE), messageId: reader.u32() };
    case ResponseCode.messages: {
      const messages = [];
      while (reader.left > 0) {
        const { size, ...head } = decodeMessageHead(reader.bytes(MESSAGE_HEAD_SIZE));
        messages.push({ ...head, content: reader.bytes(size) });
      }
      return { kind: "messages", messages };
    }
    case ResponseCode.failure:
      return { kind: "failure" };
    default:
      throw new ProtocolError("unsupported", `response code ${code} is unknown`);
  }
}

/**
 * The response that fills `bytes` exactly.
 * @throws {ProtocolError} `malformed` or `unsupported`
 */
export function decodeResponse(bytes: Uint8Array): Response {
  const reader = new Reader(bytes);
  const header = decodeResponseHeader(reader.bytes(RESPONSE_HEADER_SIZE));
  return decodeResponsePayload(header, reader.rest());
}

/**
 * Requests: client ID 16 · version 1 · code 1 · payload size 4 · payload. Integers little-endian.
 *
 * A request in memory is a {@link Request}; one whose content streams is a header, then (for code
 * 103) a {@link SendPrefix}, then content. Both go through the same functions.
 */
import { type Bytes, concat } from "../bytes.ts";
import { Reader, Writer } from "../cursor.ts";
import { ProtocolError } from "../errors.ts";
import { CLIENT_ID_SIZE, MAX_U32, NAME_FIELD_SIZE, PUBLIC_KEY_SIZE } from "../limits.ts";
import { isMessageType, MessageType, RequestCode } from "./codes.ts";
import { decodeName, encodeName } from "./name.ts";

/** Size of the header in front of each request. */
export const REQUEST_HEADER_SIZE = CLIENT_ID_SIZE + 1 + 1 + 4;
/** Size of what stands in front of a message's content in the payload of request 103. */
export const SEND_PREFIX_SIZE = CLIENT_ID_SIZE + 1 + 4;

/** The 22 bytes in front of each request. */
export interface RequestHeader {
  /** The asking client, 16 bytes; zeros before it has an ID. */
  clientId: Bytes;
  version: number;
  code: number;
  /** Bytes of payload that follow. */
  size: number;
}

/** The 21 bytes in front of the content of a message that is sent. */
export interface SendPrefix {
  /** The receiving client, 16 bytes. */
  to: Bytes;
  type: MessageType;
  /** Bytes of content that follow. */
  size: number;
}

export type RequestBody =
  | { kind: "register"; name: string; publicKey: Bytes }
  | { kind: "client-list" }
  | { kind: "public-key"; target: Bytes }
  | { kind: "send"; to: Bytes; type: MessageType; content: Bytes }
  | { kind: "get-messages" };

export type Request = { clientId: Bytes; version: number } & RequestBody;

/** The code of each kind of request. */
const CODES: { [K in RequestBody["kind"]]: number } = {
  "register": RequestCode.register,
  "client-list": RequestCode.clientList,
  "public-key": RequestCode.publicKey,
  "send": RequestCode.send,
  "get-messages": RequestCode.getMessages,
};

/** Fewest and most payload bytes by request code, so that a claimed size is checked unread. */
export type PayloadSizes = ReadonlyMap<number, readonly [min: number, max: number]>;

const PAYLOAD_SIZES: PayloadSizes = new Map([
  [RequestCode.register, exactly(NAME_FIELD_SIZE + PUBLIC_KEY_SIZE)],
  [RequestCode.clientList, exactly(0)],
  [RequestCode.publicKey, exactly(CLIENT_ID_SIZE)],
  [RequestCode.send, [SEND_PREFIX_SIZE, MAX_U32]],
  [RequestCode.getMessages, exactly(0)],
]);

/** For a payload that has but one size. */
export function exactly(size: number): [number, number] {
  return [size, size];
}

/** The 22 bytes of `header`. */
export function encodeRequestHeader(header: RequestHeader): Bytes {
  return new Writer(REQUEST_HEADER_SIZE)
    .bytes(header.clientId, CLIENT_ID_SIZE)
    .u8(header.version)
    .u8(header.code)
    .u32(header.size)
    .done();
}

/**
 * The header in exactly 22 `bytes`. Any version, code and size pass: see {@link checkPayloadSize}.
 * @throws {ProtocolError} `malformed` for another number of bytes
 */
export function decodeRequestHeader(bytes: Uint8Array): RequestHeader {
  const reader = new Reader(bytes);
  const header = {
    clientId: reader.bytes(CLIENT_ID_SIZE),
    version: reader.u8(),
    code: reader.u8(),
    size: reader.u32(),
  };
  reader.end();
  return header;
}

/**
 * Checks what a header claims before a byte of its payload is read, by the classic sizes unless
 * others are given.
 * @throws {ProtocolError} `unsupported` for an unknown code, `malformed` for a size that the
 * request cannot have
 */
export function checkPayloadSize(header: RequestHeader, allowed = PAYLOAD_SIZES): void {
  const sizes = allowed.get(header.code);
  if (!sizes) throw new ProtocolError("unsupported", `request code ${header.code} is unknown`);
  if (header.size < sizes[0] || header.size > sizes[1]) {
    throw new ProtocolError(
      "malformed",
      `request ${header.code} cannot have a payload of ${header.size} bytes`,
    );
  }
}

/** The 21 bytes of `prefix`. */
export function encodeSendPrefix(prefix: SendPrefix): Bytes {
  return new Writer(SEND_PREFIX_SIZE)
    .bytes(prefix.to, CLIENT_ID_SIZE)
    .u8(prefix.type)
    .u32(prefix.size)
    .done();
}

/**
 * The prefix in exactly 21 `bytes` of a payload of `payloadSize` bytes in all.
 * @throws {ProtocolError} `malformed` for an unknown type, or where the sizes disagree
 */
export function decodeSendPrefix(bytes: Uint8Array, payloadSize: number): SendPrefix {
  const reader = new Reader(bytes);
  const to = reader.bytes(CLIENT_ID_SIZE);
  const type = reader.u8();
  const size = reader.u32();
  reader.end();
  if (!isMessageType(type)) {
    throw new ProtocolError("malformed", `message type ${type} is unknown`);
  }
  if (size !== payloadSize - SEND_PREFIX_SIZE) {
    throw new ProtocolError("malformed", "content size and payload size disagree");
  }
  return { to, type, size };
}

/** All bytes of `request`: header and payload. */
export function encodeRequest(request: Request): Bytes {
  const payload = encodePayload(request);
  const { clientId, version } = request;
  const header = { clientId, version, code: CODES[request.kind], size: payload.length };
  return concat(encodeRequestHeader(header), payload);
}

function encodePayload(body: RequestBody): Bytes {
  switch (body.kind) {
    case "client-list":
    case "get-messages":
      return new Uint8Array(0);
    case "register":
      return new Writer(NAME_FIELD_SIZE + PUBLIC_KEY_SIZE)
        .bytes(encodeName(body.name))
        .bytes(body.publicKey, PUBLIC_KEY_SIZE)
        .done();
    case "public-key":
      return new Writer(CLIENT_ID_SIZE).bytes(body.target, CLIENT_ID_SIZE).done();
    case "send":
      return concat(encodeSendPrefix({ ...body, size: body.content.length }), body.content);
  }
}

/**
 * The request that `header` and its whole `payload` make.
 * @throws {ProtocolError} `malformed` or `unsupported`
 */
export function decodeRequestPayload(header: RequestHeader, payload: Uint8Array): Request {
  if (payload.length !== header.size) {
    throw new ProtocolError("malformed", "payload and its size disagree");
  }
  checkPayloadSize(header);
  const { clientId, version } = header;
  const reader = new Reader(payload);
  switch (header.code) {
    case RequestCode.register: {
      const name = decodeName(reader.bytes(NAME_FIELD_SIZE));
      return { kind: "register", clientId, version, name, publicKey: reader.rest() };
    }
    case RequestCode.publicKey:
      return { kind: "public-key", clientId, version, target: reader.rest() };
    case RequestCode.send: {
      const { to, type } = decodeSendPrefix(reader.bytes(SEND_PREFIX_SIZE), header.size);
      return { kind: "send", clientId, version, to, type, content: reader.rest() };
    }
    case RequestCode.clientList:
      return { kind: "client-list", clientId, version };
    case RequestCode.getMessages:
      return { kind: "get-messages", clientId, version };
    default:
      throw new ProtocolError("unsupported", `request code ${header.code} is unknown`);
  }
}

/**
 * The request that fills `bytes` exactly.
 * @throws {ProtocolError} `malformed` or `unsupported`
 */
export function decodeRequest(bytes: Uint8Array): Request {
  const reader = new Reader(bytes);
  const header = decodeRequestHeader(reader.bytes(REQUEST_HEADER_SIZE));
  return decodeRequestPayload(header, reader.rest());
}

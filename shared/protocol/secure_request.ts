/**
 * Requests inside a secure channel: the frames of {@link ./request.ts} with version 3 and payloads
 * of their own. The ID in the header is zero or the client's own.
 */
import { type Bytes, concat } from "../bytes.ts";
import { Reader, Writer } from "../cursor.ts";
import { ProtocolError } from "../errors.ts";
import {
  CLIENT_ID_SIZE,
  MARK_SIZE,
  MAX_ACKNOWLEDGED,
  MAX_PREKEYS_PUBLISHED,
  MAX_U32,
  NAME_FIELD_SIZE,
  PUBLIC_KEY_SIZE,
  TOKEN_SIZE,
} from "../limits.ts";
import { SIGNATURE_SIZE } from "../crypto/ed25519.ts";
import { isMessageType, type MessageType, RequestCode, SECURE_VERSION } from "./codes.ts";
import {
  decodeFileRequest,
  encodeFileRequest,
  FILE_PAYLOAD_SIZES,
  FILE_REQUEST_CODES,
  type FileRequest,
} from "./file_request.ts";
import { decodeName, encodeName } from "./name.ts";
import { decodePrekeys, encodePrekeys, type Prekey, PrekeyKind, prekeySize } from "./prekey.ts";
import {
  checkPayloadSize,
  encodeRequestHeader,
  exactly,
  type PayloadSizes,
  type RequestHeader,
} from "./request.ts";

/** Size of what stands in front of the content in the payload of request 103. */
export const SECURE_SEND_PREFIX_SIZE = CLIENT_ID_SIZE + TOKEN_SIZE + 1 + 4;

/** The 37 bytes in front of the content of a message that is sent. */
export interface SecureSendPrefix {
  /** The receiving client, 16 bytes. */
  to: Bytes;
  /** 16 random bytes that name this message, so that a repeat stores nothing twice. */
  token: Bytes;
  type: MessageType;
  /** Bytes of content that follow. */
  size: number;
}

export type SecureRequest =
  | { kind: "login"; publicKey: Bytes; signature: Bytes }
  | { kind: "register"; name: string; publicKey: Bytes }
  | { kind: "client-list" }
  | { kind: "public-key"; target: Bytes }
  | { kind: "send"; to: Bytes; token: Bytes; type: MessageType; content: Bytes }
  | { kind: "get-messages"; after: number }
  | { kind: "subscribe" }
  | { kind: "acknowledge"; messageIds: number[] }
  | { kind: "publish-prekeys"; replace: boolean; prekeys: Prekey[] }
  | { kind: "check-in"; mark: Bytes }
  | { kind: "fetch-prekeys"; target: Bytes }
  | FileRequest;

const CODES: { [K in SecureRequest["kind"]]: number } = {
  "login": RequestCode.login,
  "register": RequestCode.register,
  "client-list": RequestCode.clientList,
  "public-key": RequestCode.publicKey,
  "send": RequestCode.send,
  "get-messages": RequestCode.getMessages,
  "subscribe": RequestCode.subscribe,
  "acknowledge": RequestCode.acknowledge,
  "publish-prekeys": RequestCode.publishPrekeys,
  "check-in": RequestCode.checkIn,
  "fetch-prekeys": RequestCode.fetchPrekeys,
  ...FILE_REQUEST_CODES,
};

/** Of the payload of request 107: at least one prekey. */
const MIN_PUBLISH_SIZE = 1 + prekeySize(PrekeyKind.signed);
const MAX_PUBLISH_SIZE = 1 + MAX_PREKEYS_PUBLISHED * prekeySize(PrekeyKind.oneTimeKem);

const PAYLOAD_SIZES: PayloadSizes = new Map([
  [RequestCode.login, exactly(PUBLIC_KEY_SIZE + SIGNATURE_SIZE)],
  [RequestCode.register, exactly(NAME_FIELD_SIZE + PUBLIC_KEY_SIZE)],
  [RequestCode.clientList, exactly(0)],
  [RequestCode.publicKey, exactly(CLIENT_ID_SIZE)],
  [RequestCode.send, [SECURE_SEND_PREFIX_SIZE, MAX_U32]],
  [RequestCode.getMessages, exactly(4)],
  [RequestCode.subscribe, exactly(0)],
  [RequestCode.acknowledge, [0, 4 * MAX_ACKNOWLEDGED]],
  [RequestCode.publishPrekeys, [MIN_PUBLISH_SIZE, MAX_PUBLISH_SIZE]],
  [RequestCode.checkIn, exactly(MARK_SIZE)],
  [RequestCode.fetchPrekeys, exactly(CLIENT_ID_SIZE)],
  ...FILE_PAYLOAD_SIZES,
]);

/**
 * Checks what a header claims before a byte of its payload is read.
 * @throws {ProtocolError} `unsupported` for an unknown version or code, `malformed` for a size that
 * the request cannot have
 */
export function checkSecureHeader(header: RequestHeader): void {
  if (header.version !== SECURE_VERSION) {
    throw new ProtocolError("unsupported", `version ${header.version} inside a secure channel`);
  }
  checkPayloadSize(header, PAYLOAD_SIZES);
}

/** The 37 bytes of `prefix`. */
export function encodeSecureSendPrefix(prefix: SecureSendPrefix): Bytes {
  return new Writer(SECURE_SEND_PREFIX_SIZE)
    .bytes(prefix.to, CLIENT_ID_SIZE)
    .bytes(prefix.token, TOKEN_SIZE)
    .u8(prefix.type)
    .u32(prefix.size)
    .done();
}

/**
 * The prefix in exactly 37 `bytes` of a payload of `payloadSize` bytes in all.
 * @throws {ProtocolError} `malformed` for an unknown type, or where the sizes disagree
 */
export function decodeSecureSendPrefix(bytes: Uint8Array, payloadSize: number): SecureSendPrefix {
  const reader = new Reader(bytes);
  const to = reader.bytes(CLIENT_ID_SIZE);
  const token = reader.bytes(TOKEN_SIZE);
  const type = reader.u8();
  const size = reader.u32();
  reader.end();
  if (!isMessageType(type)) {
    throw new ProtocolError("malformed", `message type ${type} is unknown`);
  }
  if (size !== payloadSize - SECURE_SEND_PREFIX_SIZE) {
    throw new ProtocolError("malformed", "content size and payload size disagree");
  }
  return { to, token, type, size };
}

/** The header of a request whose payload has `size` bytes; its ID is zero. */
export function secureHeader(code: number, size: number): Bytes {
  const clientId = new Uint8Array(CLIENT_ID_SIZE);
  return encodeRequestHeader({ clientId, version: SECURE_VERSION, code, size });
}

/** All bytes of `request`: header and payload. */
export function encodeSecureRequest(request: SecureRequest): Bytes {
  const payload = encodePayload(request);
  return concat(secureHeader(CODES[request.kind], payload.length), payload);
}

function encodePayload(request: SecureRequest): Bytes {
  switch (request.kind) {
    case "client-list":
    case "subscribe":
      return new Uint8Array(0);
    case "login":
      return new Writer(PUBLIC_KEY_SIZE + SIGNATURE_SIZE)
        .bytes(request.publicKey, PUBLIC_KEY_SIZE)
        .bytes(request.signature, SIGNATURE_SIZE)
        .done();
    case "register":
      return new Writer(NAME_FIELD_SIZE + PUBLIC_KEY_SIZE)
        .bytes(encodeName(request.name))
        .bytes(request.publicKey, PUBLIC_KEY_SIZE)
        .done();
    case "public-key":
    case "fetch-prekeys":
      return new Writer(CLIENT_ID_SIZE).bytes(request.target, CLIENT_ID_SIZE).done();
    case "send": {
      const prefix = encodeSecureSendPrefix({ ...request, size: request.content.length });
      return concat(prefix, request.content);
    }
    case "get-messages":
      return new Writer(4).u32(request.after).done();
    case "acknowledge": {
      const writer = new Writer(4 * request.messageIds.length);
      for (const id of request.messageIds) writer.u32(id);
      return writer.done();
    }
    case "publish-prekeys": {
      const replace = new Writer(1).u8(request.replace ? 1 : 0).done();
      return concat(replace, encodePrekeys(request.prekeys));
    }
    case "check-in":
      return new Writer(MARK_SIZE).bytes(request.mark, MARK_SIZE).done();
    default:
      return encodeFileRequest(request);
  }
}

/**
 * The request that `header` and its whole `payload` make.
 * @throws {ProtocolError} `malformed` or `unsupported`
 */
export function decodeSecureRequest(header: RequestHeader, payload: Uint8Array): SecureRequest {
  if (payload.length !== header.size) {
    throw new ProtocolError("malformed", "payload and its size disagree");
  }
  checkSecureHeader(header);
  const reader = new Reader(payload);
  const request = decodePayload(header, reader);
  reader.end();
  return request;
}

function decodePayload({ code, size }: RequestHeader, reader: Reader): SecureRequest {
  switch (code) {
    case RequestCode.login: {
      const publicKey = reader.bytes(PUBLIC_KEY_SIZE);
      return { kind: "login", publicKey, signature: reader.bytes(SIGNATURE_SIZE) };
    }
    case RequestCode.register: {
      const name = decodeName(reader.bytes(NAME_FIELD_SIZE));
      return { kind: "register", name, publicKey: reader.bytes(PUBLIC_KEY_SIZE) };
    }
    case RequestCode.clientList:
      return { kind: "client-list" };
    case RequestCode.publicKey:
      return { kind: "public-key", target: reader.bytes(CLIENT_ID_SIZE) };
    case RequestCode.send: {
      const prefix = decodeSecureSendPrefix(reader.bytes(SECURE_SEND_PREFIX_SIZE), size);
      const { to, token, type } = prefix;
      return { kind: "send", to, token, type, content: reader.rest() };
    }
    case RequestCode.getMessages:
      return { kind: "get-messages", after: reader.u32() };
    case RequestCode.subscribe:
      return { kind: "subscribe" };
    case RequestCode.acknowledge: {
      const messageIds: number[] = [];
      while (reader.left > 0) messageIds.push(reader.u32());
      return { kind: "acknowledge", messageIds };
    }
    case RequestCode.publishPrekeys:
      return decodePublish(reader);
    case RequestCode.checkIn:
      return { kind: "check-in", mark: reader.bytes(MARK_SIZE) };
    case RequestCode.fetchPrekeys:
      return { kind: "fetch-prekeys", target: reader.bytes(CLIENT_ID_SIZE) };
    default:
      return decodeFileRequest(code, reader);
  }
}

function decodePublish(reader: Reader): SecureRequest {
  const replace = reader.u8();
  if (replace > 1) throw new ProtocolError("malformed", "neither yes nor no");
  const prekeys = decodePrekeys(reader);
  if (prekeys.length > MAX_PREKEYS_PUBLISHED) {
    throw new ProtocolError("malformed", `more than ${MAX_PREKEYS_PUBLISHED} prekeys`);
  }
  return { kind: "publish-prekeys", replace: replace === 1, prekeys };
}

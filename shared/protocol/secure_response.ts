/**
 * Responses and pushes inside a secure channel: the frames of {@link ./response.ts} with version 3
 * and payloads of their own.
 */
import { type Bytes, concat, concatAll, fromUtf8, utf8 } from "../bytes.ts";
import { Reader, Writer } from "../cursor.ts";
import { ProtocolError } from "../errors.ts";
import {
  CLIENT_ID_SIZE,
  MARK_SIZE,
  MAX_ERROR_TEXT_SIZE,
  NAME_FIELD_SIZE,
  PUBLIC_KEY_SIZE,
} from "../limits.ts";
import { ErrorCode, type ErrorName, ResponseCode, SECURE_VERSION } from "./codes.ts";
import {
  decodeFileResponse,
  encodeFileResponse,
  FILE_RESPONSE_CODES,
  type FileResponse,
} from "./file_response.ts";
import { decodeName, encodeName } from "./name.ts";
import { decodePrekeys, encodePrekeys, type Prekey } from "./prekey.ts";
import {
  type ClientEntry,
  decodeMessageHead,
  encodeMessageHead,
  encodeResponseHeader,
  MESSAGE_HEAD_SIZE,
  type MessageHead,
  type ResponseHeader,
} from "./response.ts";

/** Size of one client in the list: its public key comes along, so that its ID can be checked. */
export const SECURE_ENTRY_SIZE = CLIENT_ID_SIZE + NAME_FIELD_SIZE + PUBLIC_KEY_SIZE;

/** One client, as the list shows it. */
export interface SecureEntry extends ClientEntry {
  /** 160 bytes, of either kind. */
  publicKey: Bytes;
}

/** A message in memory. */
export type DeliveredMessage = Omit<MessageHead, "size"> & { content: Bytes };

/** What a client learns when it checks in. */
export interface CheckedIn {
  /** 16 bytes: what it said the last time, zeros where there was none. */
  readonly mark: Bytes;
  /** The largest ID of a prekey that it ever published, 0 where there was none. */
  readonly prekeyId: number;
  /** How many prekeys of kind 3 are left. */
  readonly oneTimeLeft: number;
  /** How many of kind 4. */
  readonly oneTimeKemLeft: number;
}

export type SecureResponse =
  | { kind: "logged-in"; registered: boolean }
  | { kind: "registered"; clientId: Bytes }
  | { kind: "client-list"; clients: SecureEntry[] }
  | { kind: "public-key"; clientId: Bytes; publicKey: Bytes }
  | { kind: "sent"; to: Bytes; messageId: number }
  | { kind: "messages"; messages: DeliveredMessage[] }
  | { kind: "subscribed" }
  | { kind: "acknowledged" }
  | { kind: "prekeys-published" }
  | ({ kind: "checked-in" } & CheckedIn)
  | { kind: "prekeys"; clientId: Bytes; prekeys: Prekey[] }
  | { kind: "push"; message: DeliveredMessage }
  | FileResponse
  | SecureError;

/** A refused request. */
export interface SecureError {
  kind: "error";
  error: ErrorName;
  /** Milliseconds after which it may be tried again; 0 where that would not help. */
  retryAfter: number;
  /** For people: at most 512 bytes of UTF-8. */
  text: string;
}

/** The code of each kind but errors, which have many. */
export const SECURE_RESPONSE_CODES: { [K in Exclude<SecureResponse["kind"], "error">]: number } = {
  "logged-in": ResponseCode.loggedIn,
  "registered": ResponseCode.registered,
  "client-list": ResponseCode.clientList,
  "public-key": ResponseCode.publicKey,
  "sent": ResponseCode.sent,
  "messages": ResponseCode.messages,
  "subscribed": ResponseCode.subscribed,
  "acknowledged": ResponseCode.acknowledged,
  "prekeys-published": ResponseCode.prekeysPublished,
  "checked-in": ResponseCode.checkedIn,
  "prekeys": ResponseCode.prekeys,
  "push": ResponseCode.push,
  ...FILE_RESPONSE_CODES,
};

const ERROR_NAMES = new Map<number, ErrorName>(
  Object.entries(ErrorCode).map(([name, code]) => [code, name as ErrorName]),
);

/** The bytes of `clients`, one after the other. */
export function encodeSecureEntries(clients: readonly SecureEntry[]): Bytes {
  const writer = new Writer(clients.length * SECURE_ENTRY_SIZE);
  for (const { id, name, publicKey } of clients) {
    writer.bytes(id, CLIENT_ID_SIZE).bytes(encodeName(name)).bytes(publicKey, PUBLIC_KEY_SIZE);
  }
  return writer.done();
}

/** All bytes of `response`: header and payload. */
export function encodeSecureResponse(response: SecureResponse): Bytes {
  const payload = encodePayload(response);
  const code = response.kind === "error"
    ? ErrorCode[response.error]
    : SECURE_RESPONSE_CODES[response.kind];
  const header = { version: SECURE_VERSION, code, size: payload.length };
  return concat(encodeResponseHeader(header), payload);
}

function encodePayload(response: SecureResponse): Bytes {
  switch (response.kind) {
    case "subscribed":
    case "acknowledged":
    case "prekeys-published":
      return new Uint8Array(0);
    case "logged-in":
      return new Writer(1).u8(response.registered ? 1 : 0).done();
    case "registered":
      return new Writer(CLIENT_ID_SIZE).bytes(response.clientId, CLIENT_ID_SIZE).done();
    case "client-list":
      return encodeSecureEntries(response.clients);
    case "public-key":
      return new Writer(CLIENT_ID_SIZE + PUBLIC_KEY_SIZE)
        .bytes(response.clientId, CLIENT_ID_SIZE)
        .bytes(response.publicKey, PUBLIC_KEY_SIZE)
        .done();
    case "sent":
      return new Writer(CLIENT_ID_SIZE + 4)
        .bytes(response.to, CLIENT_ID_SIZE)
        .u32(response.messageId)
        .done();
    case "checked-in":
      return new Writer(MARK_SIZE + 4 + 4 + 4)
        .bytes(response.mark, MARK_SIZE)
        .u32(response.prekeyId)
        .u32(response.oneTimeLeft)
        .u32(response.oneTimeKemLeft)
        .done();
    case "prekeys": {
      const clientId = new Writer(CLIENT_ID_SIZE).bytes(response.clientId, CLIENT_ID_SIZE).done();
      return concat(clientId, encodePrekeys(response.prekeys));
    }
    case "messages":
      return concatAll(response.messages.flatMap(encodeMessage));
    case "push":
      return concat(...encodeMessage(response.message));
    case "error": {
      const text = utf8(response.text);
      if (text.length > MAX_ERROR_TEXT_SIZE) throw new RangeError("the text is too long");
      return new Writer(4 + text.length).u32(response.retryAfter).bytes(text).done();
    }
    default:
      return encodeFileResponse(response);
  }
}

function encodeMessage(message: DeliveredMessage): [Bytes, Bytes] {
  const { content } = message;
  return [encodeMessageHead({ ...message, size: content.length }), content];
}

/**
 * The response that `header` and its whole `payload` make.
 * @throws {ProtocolError} `malformed`, or `unsupported` for an unknown version or code
 */
export function decodeSecureResponse(header: ResponseHeader, payload: Uint8Array): SecureResponse {
  if (header.version !== SECURE_VERSION) {
    throw new ProtocolError("unsupported", `version ${header.version} inside a secure channel`);
  }
  if (payload.length !== header.size) {
    throw new ProtocolError("malformed", "payload and its size disagree");
  }
  const reader = new Reader(payload);
  const error = ERROR_NAMES.get(header.code);
  const response = error === undefined
    ? decodeBody(header.code, reader)
    : decodeError(error, reader);
  reader.end();
  return response;
}

function decodeBody(code: number, reader: Reader): SecureResponse {
  switch (code) {
    case ResponseCode.loggedIn: {
      const registered = reader.u8();
      if (registered > 1) throw new ProtocolError("malformed", "neither yes nor no");
      return { kind: "logged-in", registered: registered === 1 };
    }
    case ResponseCode.registered:
      return { kind: "registered", clientId: reader.bytes(CLIENT_ID_SIZE) };
    case ResponseCode.clientList: {
      const clients: SecureEntry[] = [];
      while (reader.left > 0) {
        const id = reader.bytes(CLIENT_ID_SIZE);
        const name = decodeName(reader.bytes(NAME_FIELD_SIZE));
        clients.push({ id, name, publicKey: reader.bytes(PUBLIC_KEY_SIZE) });
      }
      return { kind: "client-list", clients };
    }
    case ResponseCode.publicKey: {
      const clientId = reader.bytes(CLIENT_ID_SIZE);
      return { kind: "public-key", clientId, publicKey: reader.bytes(PUBLIC_KEY_SIZE) };
    }
    case ResponseCode.sent:
      return { kind: "sent", to: reader.bytes(CLIENT_ID_SIZE), messageId: reader.u32() };
    case ResponseCode.messages: {
      const messages: DeliveredMessage[] = [];
      while (reader.left > 0) messages.push(decodeMessage(reader));
      return { kind: "messages", messages };
    }
    case ResponseCode.subscribed:
      return { kind: "subscribed" };
    case ResponseCode.acknowledged:
      return { kind: "acknowledged" };
    case ResponseCode.prekeysPublished:
      return { kind: "prekeys-published" };
    case ResponseCode.checkedIn:
      return {
        kind: "checked-in",
        mark: reader.bytes(MARK_SIZE),
        prekeyId: reader.u32(),
        oneTimeLeft: reader.u32(),
        oneTimeKemLeft: reader.u32(),
      };
    case ResponseCode.prekeys: {
      const clientId = reader.bytes(CLIENT_ID_SIZE);
      return { kind: "prekeys", clientId, prekeys: decodePrekeys(reader) };
    }
    case ResponseCode.push:
      return { kind: "push", message: decodeMessage(reader) };
    default:
      return decodeFileResponse(code, reader);
  }
}

function decodeMessage(reader: Reader): DeliveredMessage {
  const { size, ...head } = decodeMessageHead(reader.bytes(MESSAGE_HEAD_SIZE));
  return { ...head, content: reader.bytes(size) };
}

function decodeError(error: ErrorName, reader: Reader): SecureError {
  const retryAfter = reader.u32();
  if (reader.left > MAX_ERROR_TEXT_SIZE) throw new ProtocolError("malformed", "a long text");
  try {
    return { kind: "error", error, retryAfter, text: fromUtf8(reader.rest()) };
  } catch {
    throw new ProtocolError("malformed", "a text that is not UTF-8");
  }
}

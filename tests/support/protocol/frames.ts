/** Whole frames and single parts of them, taken apart and put together. */
import type { Bytes } from "../../../shared/bytes.ts";
import { Reader } from "../../../shared/cursor.ts";
import {
  CLASSIC_REQUESTS,
  classicEntry,
  type Request,
} from "../../../shared/protocol/classic/requests.ts";
import { CLASSIC_RESPONSES, type Response } from "../../../shared/protocol/classic/responses.ts";
import {
  decodeRequestHeader,
  decodeResponseHeader,
  REQUEST_HEADER_SIZE,
  type RequestHeader,
  RESPONSE_HEADER_SIZE,
  type ResponseHeader,
} from "../../../shared/protocol/frame.ts";
import { encode, list, type ValueOf } from "../../../shared/protocol/layout.ts";
import { type ClientEntry, message } from "../../../shared/protocol/message.ts";
import type { SecureRequest } from "../../../shared/protocol/secure/requests.ts";
import type { SecureResponse } from "../../../shared/protocol/secure/responses.ts";

/** Requests about files in chunks. */
export type FileRequest = Extract<SecureRequest, { blob: Bytes }>;

/** What they are answered with. */
export type FileResponse = Extract<SecureResponse, {
  kind: "upload" | "chunk-stored" | "shared" | "chunk" | "released" | "file-state";
}>;

/** A delivered message in memory. */
export type DeliveredMessage = ValueOf<typeof message>;

/** The classic request that `header` and its whole `payload` make. */
export function decodeRequestPayload(header: RequestHeader, payload: Uint8Array): Request {
  const { clientId, version } = header;
  return { clientId, version, ...CLASSIC_REQUESTS.decode(header, payload) };
}

/** The classic request that fills `bytes` exactly. */
export function decodeRequest(bytes: Uint8Array): Request {
  const reader = new Reader(bytes);
  const header = decodeRequestHeader(reader.bytes(REQUEST_HEADER_SIZE));
  return decodeRequestPayload(header, reader.rest());
}

/** The classic response that `header` and its whole `payload` make. */
export function decodeResponsePayload(header: ResponseHeader, payload: Uint8Array): Response {
  return { version: header.version, ...CLASSIC_RESPONSES.decode(header, payload) };
}

/** The classic response that fills `bytes` exactly. */
export function decodeResponse(bytes: Uint8Array): Response {
  const reader = new Reader(bytes);
  const header = decodeResponseHeader(reader.bytes(RESPONSE_HEADER_SIZE));
  return decodeResponsePayload(header, reader.rest());
}

export function encodeClientEntries(clients: readonly ClientEntry[]): Bytes {
  return encode(list(classicEntry), [...clients]);
}

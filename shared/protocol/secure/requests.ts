/**
 * All requests inside a secure channel, which have version 3. The ID in the header is zero or the
 * client's own.
 */
import type { Bytes } from "../../bytes.ts";
import { ProtocolError } from "../../errors.ts";
import { CLIENT_ID_SIZE } from "../../limits.ts";
import { SECURE_VERSION } from "../codes.ts";
import { type BodyOf, EntryTable } from "../entry.ts";
import { encodeRequestHeader, requestFrame, type RequestHeader } from "../frame.ts";
import { login, register, unregister } from "./account.ts";
import { findClients, findName, listClients } from "./directory.ts";
import { fileState, getChunk, openUpload, putChunk, release, share } from "./files.ts";
import { acknowledge, getMessages, send, subscribe } from "./messages.ts";
import { checkIn, fetchPrekeys, publishPrekeys } from "./prekeys.ts";

const ENTRIES = [
  login,
  register,
  unregister,
  listClients,
  findClients,
  findName,
  send,
  getMessages,
  subscribe,
  acknowledge,
  publishPrekeys,
  checkIn,
  fetchPrekeys,
  openUpload,
  putChunk,
  share,
  getChunk,
  release,
  fileState,
] as const;

type SecureRequestEntry = typeof ENTRIES[number];

export const SECURE_REQUESTS = new EntryTable<SecureRequestEntry>(ENTRIES);

/** A request in memory. */
export type SecureRequest = BodyOf<SecureRequestEntry>;
export type SecureRequestKind = SecureRequest["kind"];

/** A request of kind `K` in memory. */
export type RequestOf<K extends SecureRequestKind> = BodyOf<
  Extract<SecureRequestEntry, { kind: K }>
>;

/** The response that answers requests of kind `K`. */
export type SecureReply<K extends SecureRequestKind> = BodyOf<
  Extract<SecureRequestEntry, { kind: K }>["reply"]
>;

/** Returns the header of a request whose payload has `size` bytes; its ID is zero. */
export function secureHeader(code: number, size: number): Bytes {
  const clientId = new Uint8Array(CLIENT_ID_SIZE);
  return encodeRequestHeader({ clientId, version: SECURE_VERSION, code, size });
}

/**
 * Checks what a header claims before a byte of its payload is read. Returns the kind of request.
 * @throws {ProtocolError} `unsupported` for an unknown version or code, `malformed` for a size that
 * the request cannot have
 */
export function checkSecureHeader(header: RequestHeader): SecureRequestKind {
  if (header.version === SECURE_VERSION) return SECURE_REQUESTS.checkSize(header).kind;
  throw new ProtocolError("unsupported", `version ${header.version} inside a secure channel`);
}

/** Returns all bytes of `request`: header and payload. */
export function encodeSecureRequest(request: SecureRequest): Bytes {
  const clientId = new Uint8Array(CLIENT_ID_SIZE);
  return requestFrame(clientId, SECURE_VERSION, SECURE_REQUESTS.encode(request));
}

/**
 * Returns the request that `header` and its whole `payload` make.
 * @throws {ProtocolError} `malformed` or `unsupported`
 */
export function decodeSecureRequest(header: RequestHeader, payload: Uint8Array): SecureRequest {
  checkSecureHeader(header);
  return SECURE_REQUESTS.decode(header, payload);
}

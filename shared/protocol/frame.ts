/**
 * The headers in front of all payloads, of both protocols (PROTOCOL.md). A request begins with
 * client ID 16 · version 1 · code 1 · payload size 4; a response with version 1 · code 2 ·
 * payload size 4. Integers are little-endian.
 */
import { type Bytes, concat } from "../bytes.ts";
import { Reader, Writer } from "../cursor.ts";
import { CLIENT_ID_SIZE } from "../limits.ts";

/** Size of the header in front of each request. */
export const REQUEST_HEADER_SIZE = CLIENT_ID_SIZE + 1 + 1 + 4;
/** Size of the header in front of each response. */
export const RESPONSE_HEADER_SIZE = 1 + 2 + 4;

/** The 7 bytes in front of each response. */
export interface ResponseHeader {
  version: number;
  code: number;
  /** Bytes of payload that follow. */
  size: number;
}

/** The 22 bytes in front of each request. */
export interface RequestHeader extends ResponseHeader {
  /** The asking client, 16 bytes; zeros before it has an ID. */
  clientId: Bytes;
}

/** Returns the 22 bytes of `header`. */
export function encodeRequestHeader({ clientId, version, code, size }: RequestHeader): Bytes {
  return new Writer(REQUEST_HEADER_SIZE)
    .bytes(clientId, CLIENT_ID_SIZE).u8(version).u8(code).u32(size).done();
}

/**
 * Returns the header in exactly 22 `bytes`, whose memory its ID shares. Any version, code and size
 * pass.
 * @throws {ProtocolError} `malformed` for another number of bytes
 */
export function decodeRequestHeader(bytes: Uint8Array): RequestHeader {
  const reader = new Reader(bytes);
  const clientId = reader.view(CLIENT_ID_SIZE);
  const header = { clientId, version: reader.u8(), code: reader.u8(), size: reader.u32() };
  reader.end();
  return header;
}

/** Returns the 7 bytes of `header`. */
export function encodeResponseHeader({ version, code, size }: ResponseHeader): Bytes {
  return new Writer(RESPONSE_HEADER_SIZE).u8(version).u16(code).u32(size).done();
}

/**
 * Returns the header in exactly 7 `bytes`.
 * @throws {ProtocolError} `malformed` for another number of bytes
 */
export function decodeResponseHeader(bytes: Uint8Array): ResponseHeader {
  const reader = new Reader(bytes);
  const header = { version: reader.u8(), code: reader.u16(), size: reader.u32() };
  reader.end();
  return header;
}

/** Returns a whole request: header and payload. */
export function requestFrame(
  clientId: Bytes,
  version: number,
  { code, payload }: { code: number; payload: Bytes },
): Bytes {
  return concat(encodeRequestHeader({ clientId, version, code, size: payload.length }), payload);
}

/** Returns a whole response: header and payload. */
export function responseFrame(
  version: number,
  { code, payload }: { code: number; payload: Bytes },
): Bytes {
  return concat(encodeResponseHeader({ version, code, size: payload.length }), payload);
}

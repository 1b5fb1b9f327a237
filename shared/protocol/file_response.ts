/** Responses about files in chunks, inside a secure channel: payloads of {@link ./secure_response.ts}. */
import type { Bytes } from "../bytes.ts";
import { Reader, Writer } from "../cursor.ts";
import { ProtocolError } from "../errors.ts";
import { FILE_CHUNK_SIZE } from "../limits.ts";
import { ResponseCode } from "./codes.ts";

export type FileResponse =
  /** `next` is the first chunk that is missing; the number of chunks where none is. */
  | { kind: "upload"; next: number }
  | { kind: "chunk-stored"; chunk: number }
  | { kind: "shared" }
  | { kind: "chunk"; bytes: Bytes }
  | { kind: "released" }
  /** `next` as above; `waiting` receivers have not released it. */
  | { kind: "file-state"; next: number; waiting: number };

export const FILE_RESPONSE_CODES: { [K in FileResponse["kind"]]: number } = {
  "upload": ResponseCode.upload,
  "chunk-stored": ResponseCode.chunkStored,
  "shared": ResponseCode.shared,
  "chunk": ResponseCode.chunk,
  "released": ResponseCode.released,
  "file-state": ResponseCode.fileState,
};

/** The payload of `response`. */
export function encodeFileResponse(response: FileResponse): Bytes {
  switch (response.kind) {
    case "shared":
    case "released":
      return new Uint8Array(0);
    case "upload":
      return new Writer(4).u32(response.next).done();
    case "chunk-stored":
      return new Writer(4).u32(response.chunk).done();
    case "chunk":
      return response.bytes;
    case "file-state":
      return new Writer(8).u32(response.next).u32(response.waiting).done();
  }
}

/**
 * The response with this code whose payload `reader` holds.
 * @throws {ProtocolError} `malformed`, or `unsupported` for a code that is not one of files
 */
export function decodeFileResponse(code: number, reader: Reader): FileResponse {
  switch (code) {
    case ResponseCode.upload:
      return { kind: "upload", next: reader.u32() };
    case ResponseCode.chunkStored:
      return { kind: "chunk-stored", chunk: reader.u32() };
    case ResponseCode.shared:
      return { kind: "shared" };
    case ResponseCode.chunk:
      return chunkIn(reader.rest());
    case ResponseCode.released:
      return { kind: "released" };
    case ResponseCode.fileState:
      return { kind: "file-state", next: reader.u32(), waiting: reader.u32() };
    default:
      throw new ProtocolError("unsupported", `response code ${code} is unknown`);
  }
}

/**
 * The chunk that is all of `payload`, which is not copied.
 * @throws {ProtocolError} `malformed` where none has that size
 */
export function chunkIn(payload: Bytes): FileResponse & { kind: "chunk" } {
  if (payload.length === 0 || payload.length > FILE_CHUNK_SIZE) {
    throw new ProtocolError("malformed", `a chunk of ${payload.length} bytes`);
  }
  return { kind: "chunk", bytes: payload };
}

/**
 * Requests about files in chunks, inside a secure channel: payloads of {@link ./secure_request.ts}.
 * A file's ciphertext is a sequence of chunks of 1,048,592 bytes, the last one shorter or equal,
 * under an ID of 16 random bytes that its uploader chooses.
 */
import { type Bytes, concat } from "../bytes.ts";
import { Reader, Writer } from "../cursor.ts";
import { ProtocolError } from "../errors.ts";
import {
  BLOB_ID_SIZE,
  CLIENT_ID_SIZE,
  FILE_CHUNK_SIZE,
  MAX_RECEIVERS,
  MAX_U32,
} from "../limits.ts";
import { RequestCode } from "./codes.ts";

/** Size of what stands in front of the bytes in the payload of request 121. */
export const CHUNK_PREFIX_SIZE = BLOB_ID_SIZE + 4;

/** Names one chunk of one file. */
export interface ChunkPlace {
  /** The file, 16 bytes. */
  blob: Bytes;
  /** Counts from 0. */
  chunk: number;
}

export type FileRequest =
  | { kind: "open-upload"; blob: Bytes; size: number }
  | { kind: "put-chunk"; blob: Bytes; chunk: number; bytes: Bytes }
  | { kind: "share"; blob: Bytes; receivers: Bytes[] }
  | { kind: "get-chunk"; blob: Bytes; chunk: number }
  | { kind: "release"; blob: Bytes }
  | { kind: "file-state"; blob: Bytes };

export const FILE_REQUEST_CODES: { [K in FileRequest["kind"]]: number } = {
  "open-upload": RequestCode.openUpload,
  "put-chunk": RequestCode.putChunk,
  "share": RequestCode.share,
  "get-chunk": RequestCode.getChunk,
  "release": RequestCode.release,
  "file-state": RequestCode.fileState,
};

/** Fewest and most payload bytes by request code. */
export const FILE_PAYLOAD_SIZES: [number, readonly [min: number, max: number]][] = [
  [RequestCode.openUpload, [BLOB_ID_SIZE + 8, BLOB_ID_SIZE + 8]],
  [RequestCode.putChunk, [CHUNK_PREFIX_SIZE + 1, CHUNK_PREFIX_SIZE + FILE_CHUNK_SIZE]],
  [RequestCode.share, [
    BLOB_ID_SIZE + CLIENT_ID_SIZE,
    BLOB_ID_SIZE + MAX_RECEIVERS * CLIENT_ID_SIZE,
  ]],
  [RequestCode.getChunk, [CHUNK_PREFIX_SIZE, CHUNK_PREFIX_SIZE]],
  [RequestCode.release, [BLOB_ID_SIZE, BLOB_ID_SIZE]],
  [RequestCode.fileState, [BLOB_ID_SIZE, BLOB_ID_SIZE]],
];

/** How many chunks a ciphertext of `size` bytes has. */
export function chunkCount(size: number): number {
  return Math.ceil(size / FILE_CHUNK_SIZE);
}

/** Bytes of chunk number `chunk` of a ciphertext of `size` bytes, which has that chunk. */
export function chunkSizeAt(chunk: number, size: number): number {
  return Math.min(FILE_CHUNK_SIZE, size - chunk * FILE_CHUNK_SIZE);
}

/** The 20 bytes of `place`. */
export function encodeChunkPlace({ blob, chunk }: ChunkPlace): Bytes {
  return new Writer(CHUNK_PREFIX_SIZE).bytes(blob, BLOB_ID_SIZE).u32(chunk).done();
}

/** The place in exactly 20 `bytes`. */
export function decodeChunkPlace(bytes: Uint8Array): ChunkPlace {
  const reader = new Reader(bytes);
  const place = { blob: reader.bytes(BLOB_ID_SIZE), chunk: reader.u32() };
  reader.end();
  return place;
}

/** The payload of `request`. */
export function encodeFileRequest(request: FileRequest): Bytes {
  switch (request.kind) {
    case "open-upload":
      return new Writer(BLOB_ID_SIZE + 8)
        .bytes(request.blob, BLOB_ID_SIZE)
        .u64(request.size)
        .done();
    case "put-chunk":
      return concat(encodeChunkPlace(request), request.bytes);
    case "share": {
      const { blob, receivers } = request;
      const writer = new Writer(BLOB_ID_SIZE + receivers.length * CLIENT_ID_SIZE);
      writer.bytes(blob, BLOB_ID_SIZE);
      for (const receiver of receivers) writer.bytes(receiver, CLIENT_ID_SIZE);
      return writer.done();
    }
    case "get-chunk":
      return encodeChunkPlace(request);
    case "release":
    case "file-state":
      return new Writer(BLOB_ID_SIZE).bytes(request.blob, BLOB_ID_SIZE).done();
  }
}

/**
 * The request with this code whose payload `reader` holds.
 * @throws {ProtocolError} `malformed`, or `unsupported` for a code that is not one of files
 */
export function decodeFileRequest(code: number, reader: Reader): FileRequest {
  switch (code) {
    case RequestCode.openUpload: {
      const blob = reader.bytes(BLOB_ID_SIZE);
      const size = reader.u64();
      if (size === 0 || chunkCount(size) > MAX_U32) {
        throw new ProtocolError("malformed", `no file has ${size} bytes of ciphertext`);
      }
      return { kind: "open-upload", blob, size };
    }
    case RequestCode.putChunk: {
      const place = decodeChunkPlace(reader.bytes(CHUNK_PREFIX_SIZE));
      return { kind: "put-chunk", ...place, bytes: reader.rest() };
    }
    case RequestCode.share: {
      const blob = reader.bytes(BLOB_ID_SIZE);
      const receivers: Bytes[] = [];
      while (reader.left > 0) receivers.push(reader.bytes(CLIENT_ID_SIZE));
      return { kind: "share", blob, receivers };
    }
    case RequestCode.getChunk:
      return { kind: "get-chunk", ...decodeChunkPlace(reader.bytes(CHUNK_PREFIX_SIZE)) };
    case RequestCode.release:
      return { kind: "release", blob: reader.bytes(BLOB_ID_SIZE) };
    case RequestCode.fileState:
      return { kind: "file-state", blob: reader.bytes(BLOB_ID_SIZE) };
    default:
      throw new ProtocolError("unsupported", `request code ${code} is unknown`);
  }
}

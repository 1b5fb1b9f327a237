/**
 * Requests 120 to 125: files in chunks. A file's ciphertext is a sequence of chunks of 1,048,592
 * bytes, the last one shorter or equal, under an ID of 16 random bytes that its uploader chooses.
 */
import type { Bytes } from "../../bytes.ts";
import { TAG_SIZE } from "../../crypto/chacha20_poly1305.ts";
import { ProtocolError } from "../../errors.ts";
import { BLOB_ID_SIZE, FILE_CHUNK_SIZE, MAX_RECEIVERS, MAX_U32 } from "../../limits.ts";
import { request, response } from "../entry.ts";
import {
  bytes,
  clientId,
  decode,
  encode,
  fields,
  fixed,
  type Layout,
  list,
  rest,
  u32,
  type ValueOf,
} from "../layout.ts";

/** The file, 16 bytes. */
const blob = bytes(BLOB_ID_SIZE);
/** Chunks count from 0. */
const place = { blob, chunk: u32 };
const placeFields = fields(place);
const chunkBytes = rest(1, FILE_CHUNK_SIZE);

/** Names one chunk of one file. */
export type ChunkPlace = ValueOf<typeof placeFields>;

/** Size of a {@link ChunkPlace}: 20 bytes. */
export const CHUNK_PREFIX_SIZE = placeFields.max;

/** Returns the 20 bytes of a place. */
export function encodeChunkPlace(value: ChunkPlace): Bytes {
  return encode(placeFields, value);
}

/** Returns the place in exactly 20 `bytes`. */
export function decodeChunkPlace(bytes: Uint8Array): ChunkPlace {
  return decode(placeFields, bytes);
}

/** Returns how many chunks a ciphertext of `size` bytes has. */
export function chunkCount(size: number): number {
  return Math.ceil(size / FILE_CHUNK_SIZE);
}

/** Returns the bytes of chunk number `chunk` of a ciphertext of `size` bytes, which has it. */
export function chunkSizeAt(chunk: number, size: number): number {
  return Math.min(FILE_CHUNK_SIZE, size - chunk * FILE_CHUNK_SIZE);
}

/**
 * Reports whether a file can have `size` bytes of ciphertext: each chunk has a tag, and only the
 * chunk of an empty file has nothing else.
 */
export function isFileSize(size: number): boolean {
  if (size <= FILE_CHUNK_SIZE) return size >= TAG_SIZE;
  const count = chunkCount(size);
  return count <= MAX_U32 && chunkSizeAt(count - 1, size) > TAG_SIZE;
}

/** Bytes of a file's ciphertext, 8 bytes. */
const fileSize: Layout<number> = fixed(
  8,
  (writer, value) => writer.u64(value),
  (reader) => {
    const value = reader.u64();
    if (isFileSize(value)) return value;
    throw new ProtocolError("malformed", `no file has ${value} bytes of ciphertext`);
  },
);

/** `next` is the first missing chunk; the number of chunks if none is missing. */
export const upload = response({ kind: "upload", code: 1120, payload: { next: u32 } });

/** Begins an upload, or asks where to go on with it. */
export const openUpload = request({
  kind: "open-upload",
  code: 120,
  payload: { blob, size: fileSize },
  reply: upload,
});

export const chunkStored = response({ kind: "chunk-stored", code: 1121, payload: { chunk: u32 } });

export const putChunk = request({
  kind: "put-chunk",
  code: 121,
  payload: { ...place, bytes: chunkBytes },
  reply: chunkStored,
});

export const shared = response({ kind: "shared", code: 1122, payload: {} });

/** An uploaded file is for these clients from now on. */
export const share = request({
  kind: "share",
  code: 122,
  payload: { blob, receivers: list(clientId, { min: 1, max: MAX_RECEIVERS }) },
  reply: shared,
});

export const chunk = response({ kind: "chunk", code: 1123, payload: { bytes: chunkBytes } });

export const getChunk = request({ kind: "get-chunk", code: 123, payload: place, reply: chunk });

export const released = response({ kind: "released", code: 1124, payload: {} });

/** A receiver needs the file no more, or its uploader takes it back. */
export const release = request({ kind: "release", code: 124, payload: { blob }, reply: released });

/** `next` as in {@link upload}; `waiting` receivers have not released the file. */
export const fileStateIs = response({
  kind: "file-state",
  code: 1125,
  payload: { next: u32, waiting: u32 },
});

/** How a file stands, for its uploader. */
export const fileState = request({
  kind: "file-state",
  code: 125,
  payload: { blob },
  reply: fileStateIs,
});

/** Requests 120 to 125: files in chunks. The errors are those of {@link FileStore}. */
import { type Bytes, equalBytes } from "../../shared/bytes.ts";
import { ProtocolError } from "../../shared/errors.ts";
import { SECURE_VERSION } from "../../shared/protocol/codes.ts";
import { encodeResponseHeader, RESPONSE_HEADER_SIZE } from "../../shared/protocol/frame.ts";
import {
  chunk as chunkResponse,
  CHUNK_PREFIX_SIZE,
  decodeChunkPlace,
} from "../../shared/protocol/secure/files.ts";
import type { SecureReply } from "../../shared/protocol/secure/requests.ts";
import type { StoredChunk } from "../contents/file_store.ts";
import type { Services } from "../services.ts";
import { Refusal } from "../wire/error_replies.ts";
import type { Handler } from "../wire/handler.ts";
import type { Payload } from "../wire/payload.ts";

/** After which the sender may have sent again what is damaged, in milliseconds: a minute. */
const REPAIR_PAUSE = 60_000;

/** A whole response frame, so that its chunk is in memory but once. */
export interface ChunkFrame extends StoredChunk {
  kind: "chunk-frame";
}

export const openUpload: Handler<"open-upload"> = async ({ blob, size }, asker, services) => {
  const { files, storage, disk } = services;
  if (await storage.files.find(blob) === undefined) disk.check(size);
  return { kind: "upload", next: await files.open(blob, asker, size) };
};

/** Stores the chunk in `payload`; one that is there already stays. */
export async function putChunk(
  payload: Payload,
  asker: Bytes,
  { files, disk }: Services,
): Promise<SecureReply<"put-chunk">> {
  const place = decodeChunkPlace(await payload.read(CHUNK_PREFIX_SIZE));
  const buffer = files.buffers.take();
  const content = buffer.subarray(0, payload.left);
  await payload.fill(content);
  disk.claim(content.length);
  await files.put(place, asker, content);
  files.buffers.give(buffer);
  return { kind: "chunk-stored", chunk: place.chunk };
}

/** Answered means that the whole file is on the disk. Receivers that it has already stay. */
export const shareFile: Handler<"share"> = async ({ blob, receivers }, asker, { files }) => {
  // Its release would mean two things.
  if (receivers.some((receiver) => equalBytes(receiver, asker))) {
    throw new ProtocolError("malformed", "the receiver of a file is its uploader");
  }
  await files.share(blob, asker, receivers);
  return { kind: "shared" };
};

export const getChunk: Handler<"get-chunk", ChunkFrame> = async (place, asker, { files }) => {
  const stored = await files.get(place, asker);
  if (!stored) {
    const text = "a part of the file is damaged on the server; its sender has to send it again";
    throw new Refusal("not-found", text, REPAIR_PAUSE);
  }
  const size = stored.frame.length - RESPONSE_HEADER_SIZE;
  const header = { version: SECURE_VERSION, code: chunkResponse.code, size };
  stored.frame.set(encodeResponseHeader(header));
  return { kind: "chunk-frame", ...stored };
};

/** Does nothing if the file is gone, or is not for the asker: so a repeat succeeds. */
export const releaseFile: Handler<"release"> = async ({ blob }, asker, { files }) => {
  await files.release(blob, asker);
  return { kind: "released" };
};

export const fileState: Handler<"file-state"> = async ({ blob }, asker, { files }) => {
  return { kind: "file-state", ...await files.state(blob, asker) };
};

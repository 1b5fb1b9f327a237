/** Request 123: one chunk of a file, for one of its receivers. */
import { chunk as chunkResponse } from "../../shared/protocol/secure/files.ts";
import { SECURE_VERSION } from "../../shared/protocol/codes.ts";
import { encodeResponseHeader, RESPONSE_HEADER_SIZE } from "../../shared/protocol/frame.ts";
import type { StoredChunk } from "../contents/file_store.ts";
import { Refusal } from "../wire/error_replies.ts";
import type { Handler } from "../wire/handler.ts";

/** After which the sender may have sent again what is damaged, in milliseconds: a minute. */
const REPAIR_PAUSE = 60_000;

/** A whole response frame, so that its chunk is in memory but once. */
export interface ChunkFrame extends StoredChunk {
  kind: "chunk-frame";
}

/**
 * @throws {StorageError} `unknown-file`, `failed`
 * @throws {ProtocolError} `malformed` if the file has no such chunk
 * @throws {Refusal} `not-found`, with a time to try again, while the file is not whole
 */
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

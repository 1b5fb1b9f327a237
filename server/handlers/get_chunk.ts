/** Request 123: one chunk of a file, for one of its receivers. */
import type { Bytes } from "../../shared/bytes.ts";
import { ProtocolError, StorageError } from "../../shared/errors.ts";
import { ResponseCode, SECURE_VERSION } from "../../shared/protocol/codes.ts";
import { chunkCount, type ChunkPlace, chunkSizeAt } from "../../shared/protocol/file_request.ts";
import { encodeResponseHeader, RESPONSE_HEADER_SIZE } from "../../shared/protocol/response.ts";
import { Refusal } from "../wire/refusals.ts";
import type { Services } from "../services.ts";

/** After which the sender may have sent again what is damaged, in milliseconds: a minute. */
const REPAIR_PAUSE = 60_000;

/** A whole response frame, so that its chunk is in memory but once. */
export interface ChunkFrame {
  kind: "chunk-frame";
  frame: Bytes;
  /** To be called when `frame` was written. */
  done: () => void;
}

/**
 * A damaged chunk is never delivered: its file becomes an upload again that lacks this chunk.
 * @throws {StorageError} `unknown-file`, `failed`
 * @throws {ProtocolError} `malformed` where the file has no such chunk
 * @throws {Refusal} `not-found`, with a time to try again, while the file is not whole
 */
export async function getChunk(
  { blob, chunk }: ChunkPlace,
  asker: Bytes,
  { storage, chunks, log }: Services,
): Promise<ChunkFrame> {
  return await chunks.use(blob, async (bytes) => {
    const file = await storage.files.findFor(blob, asker);
    if (!file) {
      throw new StorageError("unknown-file", "the file is not here, not any more, or not for you");
    }
    if (chunk >= chunkCount(file.size)) {
      throw new ProtocolError("malformed", `there is no chunk ${chunk}`);
    }
    if (file.complete) {
      const buffer = chunks.buffers.take();
      const frame = emptyFrame(chunkSizeAt(chunk, file.size), buffer);
      if (await bytes.get(chunk, frame.subarray(RESPONSE_HEADER_SIZE))) {
        return { kind: "chunk-frame", frame, done: () => chunks.buffers.give(buffer) };
      }
      await bytes.drop(chunk);
      await storage.files.reopen(blob);
      log.error("Chunk {chunk} of a file is damaged; its sender has to send it again", { chunk });
    }
    const text = "a part of the file is damaged on the server; its sender has to send it again";
    throw new Refusal("not-found", text, REPAIR_PAUSE);
  });
}

/** The part of `buffer` for a response with a chunk of `size` bytes; its header is there. */
function emptyFrame(size: number, buffer: Bytes): Bytes {
  const frame = buffer.subarray(0, RESPONSE_HEADER_SIZE + size);
  frame.set(encodeResponseHeader({ version: SECURE_VERSION, code: ResponseCode.chunk, size }));
  return frame;
}

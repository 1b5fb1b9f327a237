/** Request 121: one chunk of a file that is being uploaded. */
import type { Bytes } from "../../shared/bytes.ts";
import { ProtocolError } from "../../shared/errors.ts";
import {
  CHUNK_PREFIX_SIZE,
  chunkCount,
  decodeChunkPlace,
} from "../../shared/protocol/file_request.ts";
import type { SecureResponse } from "../../shared/protocol/secure_response.ts";
import type { Payload } from "../wire/payload.ts";
import type { Services } from "../services.ts";
import { ownFile } from "./own_file.ts";

/** Chunks after which progress is noted once. */
const TOUCH_STEP = 64;

/**
 * Reads all of `payload`, calls `consumed`, and stores the chunk; one that is there already is left.
 * @throws {StorageError} `unknown-file`, `file-taken`, `disk-full`, `failed`
 * @throws {ProtocolError} `malformed` for a chunk that is not the next one, or not of its size
 */
export async function putChunk(
  payload: Payload,
  asker: Bytes,
  { storage, chunks }: Services,
  consumed: () => void,
): Promise<SecureResponse & { kind: "chunk-stored" }> {
  const { blob, chunk } = decodeChunkPlace(await payload.read(CHUNK_PREFIX_SIZE));
  const buffer = chunks.buffers.take();
  const bytes = buffer.subarray(0, payload.left);
  await payload.fill(bytes);
  consumed();
  const stored = await chunks.use(blob, async (file) => {
    const { size, complete } = await ownFile(blob, asker, storage);
    if (complete && chunk >= chunkCount(size)) {
      throw new ProtocolError("malformed", `there is no chunk ${chunk}`);
    }
    if (!complete) {
      await file.put(chunk, bytes, size);
      if ((chunk + 1) % TOUCH_STEP === 0) await storage.files.touch(blob);
    }
    return { kind: "chunk-stored" as const, chunk };
  });
  chunks.buffers.give(buffer);
  return stored;
}

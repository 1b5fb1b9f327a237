/** Request 121: one chunk of a file that is being uploaded. */
import type { Bytes } from "../../shared/bytes.ts";
import { CHUNK_PREFIX_SIZE, decodeChunkPlace } from "../../shared/protocol/secure/files.ts";
import type { SecureResponse } from "../../shared/protocol/secure/responses.ts";
import type { Payload } from "../wire/payload.ts";
import type { Services } from "../services.ts";

/**
 * Reads all of `payload`, calls `consumed`, and stores the chunk; one that is there already is left.
 * @throws {StorageError} `unknown-file`, `file-taken`, `disk-full`, `failed`
 * @throws {ProtocolError} `malformed` for a chunk that is not the next one, or not of its size
 */
export async function putChunk(
  payload: Payload,
  asker: Bytes,
  { files }: Services,
  consumed: () => void,
): Promise<SecureResponse & { kind: "chunk-stored" }> {
  const place = decodeChunkPlace(await payload.read(CHUNK_PREFIX_SIZE));
  const buffer = files.buffers.take();
  const content = buffer.subarray(0, payload.left);
  await payload.fill(content);
  consumed();
  await files.put(place, asker, content);
  files.buffers.give(buffer);
  return { kind: "chunk-stored", chunk: place.chunk };
}

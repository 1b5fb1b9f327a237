/** Request 121: one chunk of a file that is being uploaded. */
import type { Bytes } from "../../shared/bytes.ts";
import { CHUNK_PREFIX_SIZE, decodeChunkPlace } from "../../shared/protocol/secure/files.ts";
import type { SecureReply } from "../../shared/protocol/secure/requests.ts";
import type { Services } from "../services.ts";
import type { Payload } from "../wire/payload.ts";

/**
 * Stores the chunk in `payload`; one that is there already stays.
 * @throws {StorageError} `unknown-file`, `file-taken`, `disk-full`, `failed`
 * @throws {ProtocolError} `malformed` for a chunk that is not the next one, or not of its size
 */
export async function putChunk(
  payload: Payload,
  asker: Bytes,
  { files }: Services,
): Promise<SecureReply<"put-chunk">> {
  const place = decodeChunkPlace(await payload.read(CHUNK_PREFIX_SIZE));
  const buffer = files.buffers.take();
  const content = buffer.subarray(0, payload.left);
  await payload.fill(content);
  await files.put(place, asker, content);
  files.buffers.give(buffer);
  return { kind: "chunk-stored", chunk: place.chunk };
}

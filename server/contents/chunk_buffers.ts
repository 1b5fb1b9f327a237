/**
 * Memory for chunks on their way, used again and again: allocating it for each chunk would cost as
 * much time as the disk does. Holds ciphertext alone.
 */
import type { Bytes } from "../../shared/bytes.ts";
import { FILE_CHUNK_SIZE } from "../../shared/limits.ts";
import { RESPONSE_HEADER_SIZE } from "../../shared/protocol/frame.ts";

/** The header of a response, and a chunk. */
const SIZE = RESPONSE_HEADER_SIZE + FILE_CHUNK_SIZE;
/** Buffers that are kept for the next chunk. */
const MAX_SPARE = 16;

export class ChunkBuffers {
  readonly #spare: Bytes[] = [];

  /** Returns a buffer for a whole response with a chunk. Its content is arbitrary. */
  take(): Bytes {
    return this.#spare.pop() ?? new Uint8Array(SIZE);
  }

  /** Takes back a buffer that nobody uses any more. One that never comes back does no harm. */
  give(buffer: Bytes): void {
    if (this.#spare.length < MAX_SPARE) this.#spare.push(buffer);
  }
}

/**
 * Memory for chunks on their way, used over and over: made anew for each chunk it would cost as much
 * time as the disk does, and wait for the collector. Holds ciphertext alone.
 */
import type { Bytes } from "../../shared/bytes.ts";
import { FILE_CHUNK_SIZE } from "../../shared/limits.ts";
import { RESPONSE_HEADER_SIZE } from "../../shared/protocol/frame.ts";

/** Room for a chunk behind the header of its response. */
const SIZE = RESPONSE_HEADER_SIZE + FILE_CHUNK_SIZE;
/** Buffers that are kept for the next chunk. */
const MAX_SPARE = 16;

export class ChunkBuffers {
  readonly #spare: Bytes[] = [];

  /** A buffer that holds a whole response with a chunk, and anything at first. */
  take(): Bytes {
    return this.#spare.pop() ?? new Uint8Array(SIZE);
  }

  /** Takes back a buffer that nobody reads or writes any more. One that is not given back is lost. */
  give(buffer: Bytes): void {
    if (this.#spare.length < MAX_SPARE) this.#spare.push(buffer);
  }
}

import type { Bytes } from "../../shared/bytes.ts";
import { TAG_SIZE } from "../../shared/crypto/chacha20_poly1305.ts";
import { CHUNK_SIZE } from "../../shared/crypto/file_chunks.ts";

/**
 * Memory for the chunks of one file on their way, used again and again: new memory for each would
 * cost a third of what its cipher does.
 */
export class ChunkMemory {
  readonly #size: number;
  readonly #spare: ArrayBuffer[] = [];

  /** For a file of `size` bytes. */
  constructor(size: number) {
    this.#size = Math.min(size, CHUNK_SIZE) + TAG_SIZE;
  }

  /** Returns memory for `size` bytes, no more than a chunk and its tag. It holds anything. */
  take(size: number): Bytes {
    return new Uint8Array(this.#spare.pop() ?? new ArrayBuffer(this.#size), 0, size);
  }

  /** Takes memory back that nobody uses any more. What never comes back does no harm. */
  give({ buffer }: Bytes): void {
    this.#spare.push(buffer);
  }
}

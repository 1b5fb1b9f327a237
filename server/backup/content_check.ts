/** Whether contents in files are what the database says. */
import { crc32 } from "node:zlib";
import type { Bytes } from "../../shared/bytes.ts";
import { FILE_CHUNK_SIZE } from "../../shared/limits.ts";
import { chunkCount, chunkSizeAt } from "../../shared/protocol/secure/files.ts";
import { decodeIndex } from "../contents/chunk_index.ts";
import type { ExpectedContent } from "../storage/sqlite/inspection.ts";

/** Looks at the bytes of a content as they pass. */
export class ContentCheck {
  #count = 0;
  #sum = 0;
  #damaged = 0;
  readonly #sums: readonly number[];

  /** @param index the index of a file in chunks */
  constructor(private readonly expected: ExpectedContent, index: Bytes | undefined) {
    this.#sums = index ? decodeIndex(index).sums : [];
  }

  add(bytes: Bytes): void {
    if (this.expected.folder === "files") {
      this.#count += bytes.length;
      return;
    }
    for (let from = 0; from < bytes.length;) {
      const inChunk = this.#count % FILE_CHUNK_SIZE;
      const part = bytes.subarray(from, from + FILE_CHUNK_SIZE - inChunk);
      this.#sum = crc32(part, inChunk === 0 ? 0 : this.#sum);
      this.#count += part.length;
      from += part.length;
      this.#checkChunk();
    }
  }

  /** Returns what is wrong, or undefined. To be called at the end of the bytes. */
  finding(): string | undefined {
    const { folder, name, size } = this.expected;
    const path = `${folder}/${name}`;
    if (this.#count !== size) return `${path} has ${this.#count} bytes instead of ${size}`;
    if (this.#damaged > 0) return `${path} has damaged chunks: ${this.#damaged}`;
  }

  /** Compares the sum of a chunk at whose end the bytes stand. */
  #checkChunk(): void {
    const { size } = this.expected;
    const chunk = Math.ceil(this.#count / FILE_CHUNK_SIZE) - 1;
    if (chunk >= chunkCount(size)) return; // too long, which the count shows
    if (this.#count !== chunk * FILE_CHUNK_SIZE + chunkSizeAt(chunk, size)) return;
    if (this.#sums[chunk] !== this.#sum) this.#damaged++;
  }
}

/** Returns what is said of a content that is not there. */
export function missing({ folder, name }: ExpectedContent): string {
  return `${folder}/${name} is missing`;
}

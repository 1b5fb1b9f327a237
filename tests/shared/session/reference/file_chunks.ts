/** The chunks of a file (PROTOCOL.md §10 and §12). */
import { type Bytes, concat } from "../../../../shared/bytes.ts";
import { demand, integer, open, seal } from "./basics.ts";

/** The bytes of a chunk before it is encrypted; the last one may be shorter. */
export const CHUNK_SIZE = 2 ** 20;

export function chunkNonce(number: number, last: boolean): Bytes {
  return concat(integer(number, 11).reverse(), new Uint8Array([last ? 1 : 0]));
}

export function sealChunk(key: Bytes, number: number, last: boolean, plaintext: Bytes): Bytes {
  return seal(key, chunkNonce(number, last), new Uint8Array(0), plaintext);
}

export function openChunk(key: Bytes, number: number, last: boolean, sealed: Bytes): Bytes {
  const plaintext = open(key, chunkNonce(number, last), new Uint8Array(0), sealed);
  demand(plaintext !== null, "not this chunk");
  return plaintext;
}

/** The chunks of a whole file. */
export function sealFile(key: Bytes, file: Bytes): Bytes[] {
  const count = Math.max(1, Math.ceil(file.length / CHUNK_SIZE));
  return Array.from({ length: count }, (_, number) => {
    const plaintext = file.slice(number * CHUNK_SIZE, (number + 1) * CHUNK_SIZE);
    return sealChunk(key, number, number === count - 1, plaintext);
  });
}

export function openFile(key: Bytes, chunks: Bytes[]): Bytes {
  demand(chunks.length > 0, "no chunk");
  const last = chunks.length - 1;
  const parts = chunks.map((chunk, number) => openChunk(key, number, number === last, chunk));
  demand(parts.slice(0, -1).every(({ length }) => length === CHUNK_SIZE), "a short chunk");
  return concat(...parts);
}

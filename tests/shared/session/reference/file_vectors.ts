/** The vectors of file chunks. */
import { type Bytes, concat } from "../../../../shared/bytes.ts";
import { ByteSource } from "./basics.ts";
import { CHUNK_SIZE, chunkNonce, sealChunk, sealFile } from "./file_chunks.ts";
import { sha256 } from "./primitives.ts";
import { type Json, json } from "./vector_json.ts";

/** The file of `size` bytes whose byte number i is i modulo 251. */
export function sampleFile(size: number): Bytes {
  return Uint8Array.from({ length: size }, (_, i) => i % 251);
}

export function fileVectors(): Json {
  const source = new ByteSource("file chunks");
  const key = source.bytes(32);
  const chunk = (name: string, number: number, last: boolean, plaintext: Bytes) => {
    const nonce = chunkNonce(number, last);
    const sealed = sealChunk(key, number, last, plaintext);
    return { name, number, last, nonce, plaintext, chunk: sealed };
  };
  const [one, two, end] = [sampleFile(20), sampleFile(33), sampleFile(7)];
  const first = sealChunk(key, 0, false, one);
  const second = sealChunk(key, 1, false, two);
  const third = sealChunk(key, 2, true, end);
  const refused = (name: string, number: number, last: boolean, chunk: Bytes) => {
    return { name, number, last, chunk };
  };
  return json({
    key,
    chunks: [
      chunk("an empty file", 0, true, sampleFile(0)),
      chunk("a file of one byte", 0, true, sampleFile(1)),
      chunk("the first of several", 0, false, one),
      chunk("the second of several", 1, false, two),
      chunk("the last of three", 2, true, end),
      chunk("number 256", 256, false, one),
      chunk("the last that there can be", 2 ** 32 - 2, true, one),
    ],
    refused: [
      refused("the second as the first", 0, false, second),
      refused("the first as the second", 1, false, first),
      refused("the last as the second", 1, false, third),
      refused("not the last, but the file ends: truncated", 1, true, second),
      refused("the last, but the file goes on", 2, false, third),
      refused("the empty file as the first of several", 0, false, sealFile(key, sampleFile(0))[0]),
      refused("cut short", 0, false, first.slice(0, -1)),
      refused("a byte too many", 0, false, concat(first, new Uint8Array(1))),
      refused("a changed bit", 0, false, first.with(0, first[0] ^ 1)),
      refused("shorter than a tag", 0, true, new Uint8Array(15)),
      refused("nothing", 0, true, new Uint8Array(0)),
    ],
    files: [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 2 * CHUNK_SIZE + 11].map((size) => {
      const chunks = sealFile(key, sampleFile(size));
      return {
        size,
        "SHA-256(file)": sha256(sampleFile(size)),
        chunks: chunks.map((chunk, number) => ({
          number,
          last: number === chunks.length - 1,
          size: chunk.length,
          "SHA-256(chunk)": sha256(chunk),
        })),
      };
    }),
  });
}

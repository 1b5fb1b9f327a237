/** The index beside the bytes of a file in chunks, see {@link ./chunk_file.ts}. */
import type { Bytes } from "../../shared/bytes.ts";
import { Reader, Writer } from "../../shared/cursor.ts";

/** The suffix of the index's name. */
export const INDEX_SUFFIX = ".marks";

/** Bytes before the entries. */
export const HEADER_SIZE = 8;
/** Bytes of one entry. */
export const ENTRY_SIZE = 8;
/** Stands for the CRC-32 of a chunk that is missing. */
export const MISSING = -1;

/** Returns how many chunks were fsynced, and the CRC-32 of each chunk or {@link MISSING}. */
export function decodeIndex(bytes: Bytes): { synced: number; sums: number[] } {
  if (bytes.length < HEADER_SIZE) return { synced: 0, sums: [] };
  const reader = new Reader(bytes);
  const synced = reader.u32();
  reader.u32();
  const count = Math.floor((bytes.length - HEADER_SIZE) / ENTRY_SIZE);
  const sums = Array.from({ length: count }, () => {
    const [size, sum] = [reader.u32(), reader.u32()];
    return size === 0 ? MISSING : sum;
  });
  return { synced, sums };
}

/** Returns the entry of a chunk. */
export function encodeEntry(size: number, sum: number): Bytes {
  return new Writer(ENTRY_SIZE).u32(size).u32(Math.max(0, sum)).done();
}

/** Returns what stands before the entries. */
export function encodeHeader(synced: number): Bytes {
  return new Writer(HEADER_SIZE).u32(synced).zeros(4).done();
}

/** What is charged to the memory budget for a request, in bytes. */
import { KiB, MiB } from "../../shared/limits.ts";

/** What every request needs beside its payload. */
export const REQUEST_MEMORY = 1 * KiB;
/** A large content on its way to the disk, or from it: two steps, and the records around them. */
export const STREAM_MEMORY = 768 * KiB;
/** The heads of as many messages as one response can hold, and two steps of their contents. */
export const DELIVERY_MEMORY = 1 * MiB;

/** A page of the list of clients, as rows and as bytes. */
export const PAGE_MEMORY = 384 * KiB;

/** Returns what a response of `size` bytes needs that is written piece by piece. */
export function streamedMemory(size: number): number {
  // A head of 25 bytes takes some 300 in memory.
  return REQUEST_MEMORY + Math.min(12 * size, DELIVERY_MEMORY);
}

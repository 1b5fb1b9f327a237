/** The work that is measured: how many at a time, how large, for how long. */
import type { Bytes } from "../../shared/bytes.ts";
import { KiB, MiB } from "../../shared/limits.ts";

/** Senders at a time. */
export const SENDERS = 8;
/** Messages of a pipelining sender that wait for their answers at a time. */
export const PIPELINE = 64;
/** Connections that exist before the measured ones. */
export const WARM_CONNECTIONS = 50;
/** Connections that do nothing. */
export const IDLE_CONNECTIONS = 2000;
/** Size of a message's content. */
export const MESSAGE_SIZE = 256;
/** Messages in the mailbox that is collected. */
export const MAILBOX_COUNT = 20_000;
/** Size of the file that is sent and received. */
export const FILE_SIZE = 256 * MiB;
/** What is written or read at a time where bytes stream. */
export const STEP = 256 * KiB;
/** How long a round counts what it can do, in milliseconds. */
export const ROUND = 1000;
/** Figures of bytes are in these a second. */
export const MB = 1e6;

/** `size` bytes that cannot be compressed. */
export function randomBytes(size: number): Bytes {
  const bytes = new Uint8Array(size);
  // The most that one call returns.
  for (let at = 0; at < size; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return bytes;
}

/** Has the server not limit the address from which all load comes. */
export const EXEMPT = ["--exempt", "127.0.0.1"];

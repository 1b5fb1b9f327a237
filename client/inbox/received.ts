/** What the inbox tells a front end, and what a front end asks of it. */
import type { Peer } from "../contacts/peers.ts";
import type { ClientError } from "../errors.ts";
import type { Flaw } from "../sessions/secure_opener.ts";
import type { OnProgress } from "../transfers/uploads.ts";

/**
 * Why the content of a message was not kept: its sender is a "stranger", and it is gone; or it is
 * "unwanted" in this run, and waits on the server.
 */
export type DeclinedWhy = "stranger" | "unwanted";

/** Something that has arrived, or happened. Times are milliseconds since 1970. */
export type Received =
  & {
    message: number;
    from: Peer;
    /** The number of its entry in the history. */
    entry?: number;
    /** Nothing was exchanged with `from` before, and nobody has compared its ID. */
    firstContact?: true;
  }
  & (
    | { type: "text"; text: string; at: number }
    /** `name` is its sender's word, and missing between classic clients. */
    | { type: "file"; path: string; size: number; at: number; name?: string; transfer?: number }
    /** A file that waits until it is wanted. */
    | { type: "announced"; name: string; size: number; at: number; transfer: number }
    /** Messages of this conversation disappear after so many seconds; 0: they stay. */
    | { type: "timer"; seconds: number; at: number }
    /** A message of a kind that only newer versions know. */
    | { type: "unknown"; kind: string; at: number }
    /** The message with the number `entry` is another now. */
    | { type: "edited"; entry: number; text: string }
    | { type: "deleted"; entry: number }
    /** Without an emoji, it was taken back. */
    | { type: "reaction"; entry: number; emoji: string }
    | { type: "key-request" }
    | { type: "key" }
    | { type: "notice"; text: string }
    /** Messages of one secure client that came together and are of no use. */
    | { type: "unusable"; flaw: Flaw; count: number }
    /** Contents that were not kept, of so many bytes in all. */
    | { type: "declined"; why: DeclinedWhy; count: number; size: number }
    /** A message that could not be opened, or a transfer that failed. */
    | { type: "problem"; error: ClientError }
  );

/** What to do with files between secure clients, and how their transfers are stopped. */
export interface ReceiveOptions {
  /** "fetch", the default, fetches them at once. */
  readonly files?: "fetch" | "announce";
  /** Larger ones are only announced, in bytes. */
  readonly maxSize?: number;
  /** Stops what is under way, so that it can go on later. */
  readonly signal?: AbortSignal;
}

/** How messages are followed. */
export interface FollowOptions extends ReceiveOptions {
  /** Whether nothing is told at once, but left for others, who follow too or receive. */
  readonly later?: boolean;
}

/** Where received files go, and who hears of their progress. */
export interface Destination extends ReceiveOptions {
  readonly folder: string;
  readonly onProgress: OnProgress;
}

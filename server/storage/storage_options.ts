/** What every storage engine is given, and what it must keep to. */
import { KiB } from "../../shared/limits.ts";

/** Bytes that a message counts for besides its content. */
export const MESSAGE_OVERHEAD = 128;
/** Bytes that the token of a message counts for as long as it is known. */
export const TOKEN_OVERHEAD = 128;
/** Bytes that a file in chunks counts for besides what it holds: its row, and two small files. */
export const FILE_OVERHEAD = 8 * KiB;
/** Bytes that each receiver of a file counts for. */
export const RECEIVER_OVERHEAD = 128;
/** Bytes that a prekey counts for besides its key and its signature. */
export const PREKEY_OVERHEAD = 128;
/** Receivers of one file: all of them go in one step when the file does. */
export const MAX_FILE_RECEIVERS = 1024;

/** How often what is too old is deleted, in milliseconds: an hour. */
export const UPKEEP_INTERVAL = 60 * 60 * 1000;

/** The options of every engine. */
export interface StorageOptions {
  limits: StorageLimits;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Milliseconds that never jump back. */
  clock: () => number;
  /** Whether data of an older version is brought up to date, as by default; else it is refused. */
  upgrade?: boolean;
  /**
   * Is told of each transaction: its changes, and the milliseconds to make them and to commit them.
   */
  committed?: (changes: number, work: number, sync: number) => void;
}

/** The limits of what is stored. Sizes are in bytes, times in milliseconds. */
export interface StorageLimits {
  /** Clients that may register. */
  maxClients: number;
  /** Messages that may wait in one mailbox. */
  maxMessages: number;
  /** Bytes of content that may wait in one mailbox. */
  maxMailboxSize: number;
  /** One-time prekeys of each of the two kinds that are held for a client. */
  maxOneTimePrekeys: number;
  /** One sender may hold one part in so many of a mailbox, and less where others fill it, too. */
  mailboxParts: number;
  /** Bytes of one sender that may be here: contents, files, and the overheads above. */
  maxSenderSize: number;
  /** Files in chunks of one sender, and those among them whose upload is not finished. */
  maxSenderFiles: number;
  maxUploads: number;
  /** The same bytes of all senders. */
  maxTotalSize: number;
  /** How long a message waits for its receiver, and a file after it was last shared. */
  expiry: number;
  /** How long an upload waits for its next chunk. */
  uploadExpiry: number;
}

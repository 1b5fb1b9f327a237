/** What every storage engine is given, and what it must keep to. */

/** Bytes that a message counts for besides its content. */
export const MESSAGE_OVERHEAD = 128;

/** The options of every engine. */
export interface StorageOptions {
  limits: StorageLimits;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Milliseconds that never jump back. */
  clock: () => number;
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
  /** Bytes of one sender that may wait: contents, files, and `MESSAGE_OVERHEAD` a message. */
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

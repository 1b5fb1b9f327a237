/** The options of every engine. */
export interface StorageOptions {
  limits: StorageLimits;
  /** Milliseconds since 1970. */
  now: () => number;
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
  /** Bytes that the files in chunks of one sender may take, from the start of each upload on. */
  maxSenderSize: number;
  /** Files in chunks of one sender. */
  maxSenderFiles: number;
  /** Bytes that the files in chunks of all senders may take. */
  maxTotalSize: number;
  /** How long a file waits for its receivers after it was last shared. */
  fileExpiry: number;
  /** How long an upload waits for its next chunk. */
  uploadExpiry: number;
}

/** Messages as the storage has them, and those that are being delivered. */
import type { Bytes } from "../../shared/bytes.ts";
import type { MessageType } from "../../shared/protocol/codes.ts";
import type { MessageHead } from "../../shared/protocol/message.ts";

/** The content of a message: its bytes, or the name of the blob that holds them. */
export type Content = { inline: Bytes } | { blob: string; size: number };

/** A message on its way into a mailbox. */
export interface Deposit {
  from: Bytes;
  to: Bytes;
  type: MessageType;
  content: Content;
  /** 16 bytes that the sender chose; the same message under the same token is a repeat. */
  token?: Bytes;
  /** For whom it counts, 16 bytes: who really sends it. By default `from`. */
  payer?: Bytes;
  /** What has counted its content until now; it ends. */
  incoming?: Incoming;
}

/** A large content that is coming in, and counts as what is stored does. */
export interface Incoming {
  /**
   * Counts `size` bytes more.
   * @throws {StorageError} `quota-full`, `never-fits`
   */
  add(size: number): Promise<void>;
  /** Ends it: nothing of it counts any more. */
  end(): void;
}

/** The place of a message. */
export interface Deposited {
  messageId: number;
  /** Whether it was already there, so that nothing was stored. */
  repeated: boolean;
}

/** A message in a mailbox, with its content. */
export type FullMessage = MessageHead & Content;

/** A message in a mailbox, without its content. */
export interface StoredMessage extends MessageHead {
  /** The blob that holds the content; undefined if the mailbox itself does. */
  blob?: string;
}

/** Messages that were deleted since nobody fetched them. */
export interface Expired {
  count: number;
  /** Names of the blobs that are needed no more. */
  blobs: string[];
}

/** How much of a mailbox a call may return. */
export interface Room {
  /** Messages. */
  count: number;
  /** Bytes. Each message takes `MESSAGE_HEAD_SIZE` and its content. */
  size: number;
}

/** Messages that are being delivered: no other lease holds them until this one ends. */
export interface Lease {
  readonly mailbox: Bytes;
  /** In the order of their IDs. */
  readonly messages: readonly StoredMessage[];
}

/** Messages on their way to classic clients, which do not acknowledge what they got. */
export interface Leases {
  /**
   * Leases the first messages of a mailbox that are not leased: those that fit into `room`, up to
   * the first that does not. Ends by {@link remove} or {@link release}; a restart ends every lease.
   */
  take(mailbox: Bytes, room: Room): Promise<Lease>;

  /**
   * Ends a lease and deletes `messages` of it, by default all; the rest waits again. Blobs that are
   * needed no more are left to the caller. Does nothing to a lease that has ended.
   */
  remove(lease: Lease, messages?: readonly StoredMessage[]): Promise<void>;

  /** Ends a lease; its messages wait again, at their old place. Never rejects. */
  release(lease: Lease): Promise<void>;
}

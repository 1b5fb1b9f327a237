/**
 * Messages on their way to classic clients, which do not acknowledge what they got. A part of
 * {@link ./storage.ts}, under the same rules, for the classic protocol alone.
 */
import type { Bytes } from "../../shared/bytes.ts";
import type { Room, StoredMessage } from "./stored_message.ts";

/** Messages that are being delivered: no other lease holds them until this one ends. */
export interface Lease {
  readonly mailbox: Bytes;
  /** In the order of their IDs. */
  readonly messages: readonly StoredMessage[];
}

export interface Leases {
  /**
   * Leases the first messages of a mailbox that are not leased: those that fit into `room`, up to
   * the first that does not. Ends by {@link remove} or {@link release}; a restart ends every lease.
   * @throws {StorageError} `unknown-client`
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

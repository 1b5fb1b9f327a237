/** Messages as they lie in a mailbox, and how many of them a call returns. */
import type { MessageHead } from "../../shared/protocol/message.ts";

/** A message in a mailbox, without its content. */
export interface StoredMessage extends MessageHead {
  /** The blob that holds the content; undefined if the mailbox itself does. */
  blob?: string;
}

/** How much of a mailbox a call may return. */
export interface Room {
  /** Messages. */
  count: number;
  /** Bytes. Each message takes `MESSAGE_HEAD_SIZE` and its content. */
  size: number;
}

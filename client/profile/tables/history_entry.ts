/** What the history keeps of a message. Times are milliseconds since 1970. */
import type { Bytes } from "../../../shared/bytes.ts";

/** What was written. */
export type HistoryBody =
  | { readonly text: string }
  | { readonly file: HistoryFile }
  /** Messages disappear after so many seconds from now on; 0: they stay. */
  | { readonly timer: number }
  /** The name of a kind that only newer versions know, and the content if it is not too large. */
  | { readonly unknown: string; readonly content: Bytes | null }
  /** It changes another message; its user does not see it. It names that one by its content ID. */
  | { readonly control: Control };

export type Control =
  | { readonly edit: Bytes }
  | { readonly reaction: Bytes }
  /** Content IDs of 16 bytes, one behind the other. */
  | { readonly delete: Bytes };

export type HistoryFile = {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Where it was read from or saved to; null if it is not saved yet. */
  readonly path: string | null;
  /** Between secure clients: its ID on the server, 16 bytes, and the key of its chunks, 32. */
  readonly blob?: Bytes;
  readonly key?: Bytes;
};

/** An entry as it is kept. */
export interface HistoryEntry extends EntryFields {
  /** Its number here, in the order of the entries; never used again. */
  readonly number: number;
}

/** What came from a client. */
export type ReceivedEntry = Omit<EntryFields, "sent" | "state">;
/** What is about to be sent to one. */
export type SentEntry = Omit<EntryFields, "sent" | "state" | "messageId">;
/** What a message that was sent is called. */
export interface SentNumbers {
  /** The server's number of it. */
  readonly message: number;
  /** The number of its entry in the history. */
  readonly entry: number;
}

/** What is sealed of an entry. */
export type EntryFields = Marks & {
  /** The other client's ID; the owner's own for a note. */
  readonly peer: Bytes;
  /** Whether it was written here. */
  readonly sent: boolean;
  /** When it was written, as its author says. */
  readonly at: number;
  /** When it came to be here. */
  readonly stored: number;
  /** 16 bytes; null between classic clients. */
  readonly contentId: Bytes | null;
  /** In the receiver's mailbox; null if it is not known. */
  readonly messageId: number | null;
  readonly state: "pending" | "sent" | "failed" | "received";
  readonly body: HistoryBody;
  /** The content ID of the message that it answers, of either side. */
  readonly reply?: Bytes;
  /** It disappears so many seconds after it was sent or read. */
  readonly timer?: number;
};

/** What became of a message later. */
export type Marks = {
  /** When the server took it. */
  readonly sentAt?: number;
  /** When its receiver had it, and had read it, as that says. */
  readonly deliveredAt?: number;
  readonly readAt?: number;
  /** When its author last changed it, and deleted it for both. */
  readonly editedAt?: number;
  readonly deletedAt?: number;
  /** What each side thinks of it. */
  readonly reactions?: { readonly own?: Reaction; readonly peer?: Reaction };
};

/** An emoji, or nothing, since the time that its author says. */
export type Reaction = { readonly emoji: string; readonly at: number };

/** How far clocks may be apart, and how late a message may come, in milliseconds. */
export const MAX_AHEAD = 10 * 60 * 1000;
export const MAX_LATE = 90 * 24 * 60 * 60 * 1000;

/**
 * Reports whether the time that the author gives cannot be: it is after the message came, or longer
 * before than servers keep messages.
 */
export function isClockWrong({ at, stored }: Pick<EntryFields, "at" | "stored">): boolean {
  return at > stored + MAX_AHEAD || at < stored - MAX_LATE;
}

/** Returns the text of a message, or the name of its file, where a search looks. */
export function nameOrText(body: HistoryBody): string {
  if ("text" in body) return body.text;
  return "file" in body ? body.file.name : "";
}

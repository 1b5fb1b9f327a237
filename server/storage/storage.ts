/**
 * What the server keeps, in terms of clients and mailboxes. The interface is asynchronous and does
 * not mention SQL, so that another engine can stand behind it; `tests/contract/` checks what each
 * must do. An operation that rejects has changed nothing; one that resolves is on the disk. No
 * answer is larger than the room that its caller allows.
 */
import type { Bytes } from "../../shared/bytes.ts";
import type { MessageType } from "../../shared/protocol/codes.ts";
import type { ClientEntry, MessageHead } from "../../shared/protocol/message.ts";
import type { FileRecords } from "./file_records.ts";
import type { Leases } from "./leases.ts";
import type { PrekeyRecords } from "./prekey_records.ts";
import type { Room, StoredMessage } from "./stored_message.ts";

/** A registered client. */
export interface Client extends ClientEntry {
  /** 160 bytes, not interpreted. */
  publicKey: Bytes;
}

/** The clients at one moment, perhaps more than fit into memory. To be read once. */
export interface ClientList {
  /** How many there are. */
  count: number;
  /** All of them, in order. */
  pages: AsyncIterable<Client[]>;
}

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
}

/** The place of a message. */
export interface Deposited {
  messageId: number;
  /** Whether it was already there, so that nothing was stored. */
  repeated: boolean;
}

/** A message in a mailbox, with its content. */
export type FullMessage = MessageHead & Content;

export interface Storage {
  /** Files in chunks. */
  readonly files: FileRecords;
  /** What others need to start a session with a client. */
  readonly prekeys: PrekeyRecords;
  /** Deliveries of the classic protocol, which no other part needs. */
  readonly leases: Leases;

  /**
   * Adds a client with an empty mailbox.
   * @throws {StorageError} `name-taken`, `clients-full`
   */
  register(client: Client): Promise<void>;

  /** Returns the client with this ID, or undefined. */
  client(id: Bytes): Promise<Client | undefined>;

  /** Returns all clients but `except`, by the order of their registration. */
  clientsExcept(except: Bytes): Promise<ClientList>;

  /**
   * Puts a message at the end of a mailbox and returns its ID there, which is larger than every
   * earlier one. A repeat gets the ID of the first, even if that is long gone; a token is known for
   * at least 7 days.
   * @throws {StorageError} `unknown-client`, `mailbox-full`, `token-reused`
   */
  deposit(deposit: Deposit): Promise<Deposited>;

  /**
   * Returns the first messages of a mailbox after number `after`, without their contents: those
   * that fit into `room`, up to the first that does not. They stay.
   * @throws {StorageError} `unknown-client`
   */
  heads(mailbox: Bytes, after: number, room: Room): Promise<StoredMessage[]>;

  /**
   * Returns the same with their contents. Blobs take no room here, and the first message is
   * returned even if it is too large for `room`.
   * @throws {StorageError} `unknown-client`
   */
  page(mailbox: Bytes, after: number, room: Room): Promise<FullMessage[]>;

  /**
   * Calls `notify` after each deposit into a mailbox, from when this resolves until the returned
   * function is called.
   */
  watch(mailbox: Bytes, notify: () => void): Promise<() => Promise<void>>;

  /**
   * Deletes messages by their IDs, and passes over IDs that are gone. Returns the names of the
   * blobs that are no longer needed.
   */
  acknowledge(mailbox: Bytes, messageIds: readonly number[]): Promise<string[]>;

  /** Forgets tokens that are older than 8 days. */
  forgetTokens(): Promise<void>;

  /** Returns the names of those blobs, among `names`, that messages need. */
  neededBlobs(names: readonly string[]): Promise<Set<string>>;

  /** Waits for what is under way, then closes. Everything asked later fails as `closed`. */
  close(): Promise<void>;
}

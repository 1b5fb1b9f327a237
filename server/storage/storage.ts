/**
 * What the server keeps, in terms of clients and mailboxes. The interface is asynchronous and says
 * nothing of SQL, so that another engine can stand behind it; `tests/contract/` says what each must
 * do. An operation that rejects has changed nothing; one that resolves is on the disk.
 */
import type { Bytes } from "../../shared/bytes.ts";
import type { MessageType } from "../../shared/protocol/codes.ts";
import type { Prekey } from "../../shared/protocol/prekey.ts";
import type { ClientEntry, MessageHead } from "../../shared/protocol/response.ts";
import type { CheckedIn } from "../../shared/protocol/secure_response.ts";
import type { FileRecords } from "./file_records.ts";

/** A registered client. */
export interface Client extends ClientEntry {
  /** 160 bytes, not interpreted. */
  publicKey: Bytes;
}

/** Clients at one moment, which may be more than fit into memory. Read once. */
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
  /** 16 bytes by which its sender names it; the same message under the same token is a repeat. */
  token?: Bytes;
}

/** Where a message is. */
export interface Deposited {
  messageId: number;
  /** Whether it was there already, so that nothing was stored now. */
  repeated: boolean;
}

/** A message in a mailbox; its content, where it is no blob, is fetched by its ID. */
export interface StoredMessage extends MessageHead {
  /** The blob that holds the content; undefined where the mailbox itself does. */
  blob?: string;
}

/** Messages that are being delivered: no other lease holds them until this one ends. */
export interface Lease {
  readonly mailbox: Bytes;
  /** In the order of their IDs. */
  readonly messages: readonly StoredMessage[];
}

export interface Storage {
  /** Files in chunks. */
  readonly files: FileRecords;

  /**
   * Makes a client with an empty mailbox.
   * @throws {StorageError} `name-taken`, `clients-full`
   */
  register(client: Client): Promise<void>;

  /** The client with this ID, or undefined. */
  client(id: Bytes): Promise<Client | undefined>;

  /** All clients but `except`, by the order of their registration. */
  clientsExcept(except: Bytes): Promise<ClientList>;

  /**
   * Puts a message at the end of a mailbox and gives its ID there, which is larger than every
   * earlier one. A repeat gets the ID of the first, also when that is long gone; a token is known for
   * at least 7 days.
   * @throws {StorageError} `unknown-client`, `mailbox-full`, `token-reused`
   */
  deposit(deposit: Deposit): Promise<Deposited>;

  /**
   * The first messages of a mailbox behind number `after`, as many as `fits` accepts one after the
   * other. They stay.
   * @throws {StorageError} `unknown-client`
   */
  waiting(
    mailbox: Bytes,
    after: number,
    fits: (message: StoredMessage) => boolean,
  ): Promise<StoredMessage[]>;

  /** Calls `notify` after each deposit into a mailbox, until the function it gives is called. */
  watch(mailbox: Bytes, notify: () => void): () => void;

  /**
   * Deletes messages by their IDs; those that are not there are passed over. Gives the names of the
   * blobs that are needed no more.
   */
  acknowledge(mailbox: Bytes, messageIds: readonly number[]): Promise<string[]>;

  /** Forgets tokens that are older than 8 days. */
  forgetTokens(): Promise<void>;

  /**
   * Adds the prekeys of a client whose IDs are larger than every one that it published before, and
   * passes over the others: a repeat changes nothing. Of the kinds that are given out again and again
   * the last one stays. With `replace` it first forgets all prekeys whose IDs are smaller than those
   * in `prekeys`.
   * @throws {StorageError} `unknown-client`, `prekeys-full`
   */
  publishPrekeys(
    owner: Bytes,
    prekeys: readonly Prekey[],
    options: { replace: boolean },
  ): Promise<void>;

  /**
   * Keeps the 16 bytes of `mark` for a client, and gives the mark before, with what is known of its
   * prekeys.
   * @throws {StorageError} `unknown-client`
   */
  checkIn(client: Bytes, mark: Bytes): Promise<CheckedIn>;

  /**
   * A client's prekeys for one session: the signed one, a one-time KEM prekey or else that of last
   * resort, and a one-time one where there is any. One-time prekeys are deleted, and left out where
   * `oneTime` is false.
   * @throws {StorageError} `unknown-client`, `no-prekeys`
   */
  drawPrekeys(owner: Bytes, options: { oneTime: boolean }): Promise<Prekey[]>;

  /**
   * Leases the first messages of a mailbox that are not leased, as many as `fits` accepts one after
   * the other. Ends by {@link remove} or {@link release}; a restart ends every lease.
   * @throws {StorageError} `unknown-client`
   */
  lease(mailbox: Bytes, fits: (message: StoredMessage) => boolean): Promise<Lease>;

  /**
   * The content of a message that is no blob.
   * @throws {StorageError} `unknown-message`
   */
  content(mailbox: Bytes, messageId: number): Promise<Bytes>;

  /**
   * Ends a lease and deletes `messages` of it, all unless said otherwise; the rest waits again.
   * Blobs that are needed no more are the caller's. Does nothing where the lease has ended before.
   */
  remove(lease: Lease, messages?: readonly StoredMessage[]): Promise<void>;

  /**
   * Ends a lease; its messages wait again, at their old place. Does nothing where it has ended
   * before.
   */
  release(lease: Lease): void;

  /** The names of all blobs that messages need. */
  blobs(): Promise<Set<string>>;

  /** Waits for what is under way, then closes. Everything asked later fails as `closed`. */
  close(): Promise<void>;
}

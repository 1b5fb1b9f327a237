/**
 * What the server keeps, in terms of clients and mailboxes. The interface is asynchronous and does
 * not mention SQL, so that another engine can stand behind it; `tests/contract/` checks what each
 * must do. An operation that rejects has changed nothing; one that resolves is on the disk. No
 * answer is larger than the room that its caller allows. A client that must exist and does not is
 * `unknown-client`.
 */
import type { Bytes } from "../../shared/bytes.ts";
import { StorageError } from "../../shared/errors.ts";
import type { ClientEntry } from "../../shared/protocol/message.ts";
import type { FileRecords } from "./file_records.ts";
import type { Invites } from "./invites.ts";
import type {
  Deposit,
  Deposited,
  Expired,
  FullMessage,
  Incoming,
  Leases,
  Room,
  StoredMessage,
} from "./messages.ts";
import type { PrekeyRecords } from "./prekey_records.ts";

/** A registered client. */
export interface Client extends ClientEntry {
  /** 160 bytes, not interpreted. */
  publicKey: Bytes;
}

/** A client in a list. */
export interface ListedClient extends Client {
  /** Bytes of its own quota; null where it has everyone's. */
  quota: number | null;
}

/** The clients at one moment, perhaps more than fit into memory. To be read once. */
export interface ClientList {
  /** How many there are. */
  count: number;
  /** All of them, in order. */
  pages: AsyncIterable<Client[]>;
}

/** What is left in files of clients that are none any more. */
export interface Remains {
  /** Names of blobs. */
  blobs: string[];
  /** IDs of files in chunks. */
  files: Bytes[];
}

/** What is stored at one moment. Sizes are in bytes. */
export interface Stats {
  clients: number;
  /** Messages that wait, and their contents. */
  messages: number;
  messageBytes: number;
  /** Files in chunks, whole or not, and what counts of them. */
  files: number;
  fileBytes: number;
  /** What counts against `maxTotalSize`: contents, files, and overheads, also of tokens. */
  charged: number;
}

export interface Storage {
  /** Files in chunks. */
  readonly files: FileRecords;
  /** What others need to start a session with a client. */
  readonly prekeys: PrekeyRecords;
  readonly invites: Invites;
  /** Deliveries of the classic protocol, which no other part needs. */
  readonly leases: Leases;

  /**
   * Adds a client with an empty mailbox. With the hash of an invite code, uses that up, too.
   * @throws {StorageError} `not-invited`; `name-taken`, also by a name that looks like this one;
   * `clients-full`; `leaving` while something is left of an
   * earlier client with this ID
   */
  register(client: Client, invite?: Bytes): Promise<void>;

  /**
   * Deletes a client: its name is free, its mailbox closed, and nobody finds it any more. What it
   * leaves behind is deleted by {@link removeRemains}; until then its ID cannot be registered.
   * @throws {StorageError} `unknown-client`
   */
  unregister(id: Bytes): Promise<void>;

  /**
   * Deletes some of what clients that have left leave behind. Returns what of it lies in files,
   * whose deletion is left to the caller; null when nothing is left.
   */
  removeRemains(): Promise<Remains | null>;

  /**
   * Sets the quota of one client in place of `maxSenderSize`, in bytes; null removes it.
   * @throws {StorageError} `unknown-client`
   */
  setQuota(id: Bytes, quota: number | null): Promise<void>;

  /** Returns those clients among `ids` that exist, in the order of `ids`. */
  clients(ids: readonly Bytes[]): Promise<Client[]>;

  /** Returns the client with exactly this name, or undefined. */
  clientNamed(name: string): Promise<Client | undefined>;

  /**
   * Returns the first `count` clients but `except` whose names begin with `prefix` and come behind
   * `after`, in the order of the bytes of their names.
   */
  clientsBehind(
    place: { prefix: string; after: string },
    except: Bytes,
    count: number,
  ): Promise<ListedClient[]>;

  /** Returns the client with this ID, or undefined. */
  client(id: Bytes): Promise<Client | undefined>;

  /** Returns all clients but `except`, by the order of their registration. */
  clientsExcept(except: Bytes): Promise<ClientList>;

  /**
   * Puts a message at the end of a mailbox and returns its ID there, which is larger than every
   * earlier one. A repeat gets the ID of the first, even if that is long gone; a token is known for
   * at least 7 days.
   * @throws {StorageError} `unknown-client`, `mailbox-full` also where the sender holds its part of
   * the mailbox, `quota-full`, `never-fits`, `token-reused`
   */
  deposit(deposit: Deposit): Promise<Deposited>;

  /**
   * Begins to take in a content of `size` bytes, of which nothing counts yet.
   * @throws {StorageError} as {@link deposit} would by now
   */
  receive(
    content: Pick<Deposit, "from" | "to" | "token" | "payer"> & { size: number },
  ): Promise<Incoming>;

  /**
   * Returns the first messages of a mailbox after number `after`, without their contents: those
   * that fit into `room`, up to the first that does not. They stay.
   */
  heads(mailbox: Bytes, after: number, room: Room): Promise<StoredMessage[]>;

  /**
   * Returns the same with their contents. Blobs take no room here, and the first message is
   * returned even if it is too large for `room`.
   */
  page(mailbox: Bytes, after: number, room: Room): Promise<FullMessage[]>;

  /**
   * Calls `notify` after each deposit into a mailbox, from when this resolves until the returned
   * function is called; with the message if the engine has it at hand. Calls may come late and out
   * of order.
   */
  watch(
    mailbox: Bytes,
    notify: (message?: FullMessage) => void,
  ): Promise<() => Promise<void>>;

  /** Deletes messages that are there. Returns the names of the blobs that are needed no more. */
  acknowledge(mailbox: Bytes, messageIds: readonly number[]): Promise<string[]>;

  /** Returns how much is stored, without looking through it. */
  stats(): Promise<Stats>;

  /** Returns the mark that was kept last, or undefined if none was. */
  timeMark(): Promise<TimeMark | undefined>;

  /** Keeps a mark in place of the one before. */
  keepTimeMark(mark: TimeMark): Promise<void>;

  /** Deletes some of the messages that are too old; a count of 0 says that none is left. */
  expireMessages(): Promise<Expired>;

  /** Gives some free room back to the system. Returns whether there may be more to give. */
  giveBack(): Promise<boolean>;

  /**
   * Gives all free room back to the system, in steps; that may take long.
   * @throws {StorageError} `failed`, which says why it cannot be done
   */
  compact(): Promise<void>;

  /** Forgets some of the tokens older than 7 days. Returns how many; 0 says that none is left. */
  forgetTokens(): Promise<number>;

  /** Returns the names of those blobs, among `names`, that messages need. */
  neededBlobs(names: readonly string[]): Promise<Set<string>>;

  /** Commits a transaction that changes nothing; rejects as any other would now. */
  probe(): Promise<void>;

  /** Waits for what is under way, then closes. Everything asked later fails as `closed`. */
  close(): Promise<void>;
}

/** Where the time of the server stood at a moment, in whole milliseconds since 1970. */
export interface TimeMark {
  /** The time by which what is stored grows old: the `now` of `StorageOptions`. */
  running: number;
  /** What the clock of the system said. */
  wall: number;
}

/**
 * Returns what was looked up about a client.
 * @throws {StorageError} `unknown-client` if there is none
 */
export function known<T>(found: T | undefined, by = "ID"): T {
  if (found === undefined) throw new StorageError("unknown-client", `no client has this ${by}`);
  return found;
}

/** What a client asks of its server: what both protocols can do, and what the secure one adds. */
import type { Bytes } from "../../shared/bytes.ts";
import type { MessageType } from "../../shared/protocol/codes.ts";
import type { ClientEntry, MessageHead } from "../../shared/protocol/message.ts";
import type { SecureReply, SecureRequest } from "../../shared/protocol/secure/requests.ts";
import type { Credentials } from "./secure_opening.ts";

/** A request whose response fits into memory: all but the one for messages. */
export type SmallRequest = Exclude<SecureRequest, { kind: "get-messages" }>;

/** The response to a request of type `R`. */
export type ReplyTo<R extends SmallRequest> = SecureReply<R["kind"]>;

/** A client, as the server lists it. Classic servers leave the key out. */
export interface ListedClient extends ClientEntry {
  /** 160 bytes. */
  publicKey?: Bytes;
}

/** A message that fits into memory. */
export interface Message {
  /** The receiver's ID, 16 bytes. */
  to: Bytes;
  type: MessageType;
  content: Bytes;
}

/** A message whose content is streamed. */
export interface StreamedMessage {
  to: Bytes;
  type: MessageType;
  /** Bytes of content. */
  size: number;
  content: AsyncIterable<Uint8Array>;
  /** In the secure protocol: 16 bytes under which repeats arrive once. */
  token?: Bytes;
}

/** The content of a message that is being received. */
export interface IncomingContent {
  /** Reads up to `into.length` bytes; returns how many, 0 at the end. */
  read(into: Uint8Array): Promise<number>;
}

/** Takes the messages of a poll. */
export interface Receiver {
  /**
   * Takes one message, and reads all of its content. Returns false if it is to stay on the server,
   * where that is possible.
   */
  store(head: MessageHead, content: IncomingContent): Promise<boolean>;
  /** Resolves when every message that was taken is on the disk. */
  flush(): Promise<void>;
}

/** Takes messages as the server pushes them. */
export interface PushReceiver extends Receiver {
  /** Called when the server says that few one-time prekeys are left. */
  prekeysLow(): void;

  /**
   * Called after {@link Receiver.flush}. Call `acknowledge` when nothing of the messages can be
   * lost any more: the server then deletes them.
   */
  stored(acknowledge: () => void): void;
}

/** The result of a poll. */
export interface Polled {
  /** The number of messages. */
  count: number;
  /** Lets the server delete them. Call it when nothing of them can be lost any more. */
  acknowledge(): Promise<void>;
}

/**
 * What both protocols can do. Every method may throw a {@link ClientError} `refused`, `unreachable`
 * or `bad-response`.
 */
export interface Transport {
  /** Registers a client under a 160-byte public key, perhaps with an invite; returns its ID. */
  register(name: string, publicKey: Bytes, invite?: Bytes): Promise<Bytes>;

  /** Yields the other clients whose names begin with `prefix`, page by page. */
  list(prefix: string): AsyncIterable<ListedClient[]>;

  /** Returns the client with exactly this name. */
  named(name: string): Promise<ListedClient | undefined>;

  /** Returns those of up to `MAX_LOOKED_UP` clients that exist. */
  withIds(ids: readonly Bytes[]): Promise<ListedClient[]>;

  /** Returns the public key of a client, and whose key it is according to the server. */
  publicKey(clientId: Bytes): Promise<{ clientId: Bytes; publicKey: Bytes }>;

  /** Sends a message; returns its ID in the receiver's mailbox. */
  send(message: Message): Promise<number>;

  /** As {@link send}, for a message of any size. */
  sendStream(message: StreamedMessage): Promise<number>;

  /**
   * Collects the waiting messages into `receiver`, and flushes it. If the receiver, this process or
   * the connection fails, the server keeps them. The secure protocol can leave out those with IDs
   * up to `after`.
   */
  poll(receiver: Receiver, after?: number): Promise<Polled>;
}

/** What the secure protocol adds. */
export interface SecureTransport extends Transport {
  /**
   * Sends a request; with `once`, not again after a broken connection: for what has an order. The
   * payload of the reply is read into `into` if it has room: then bytes in it lie there.
   */
  request<R extends SmallRequest>(
    request: R,
    options?: { once?: boolean; into?: Bytes },
  ): Promise<ReplyTo<R>>;

  /**
   * As {@link Transport.send}. Repeats under one `token` of 16 bytes arrive once. With `once` it is
   * not repeated by itself; such messages that are sent in one go share a connection, in their
   * order.
   */
  send(message: Message & { token?: Bytes }, options?: { once?: boolean }): Promise<number>;

  /** Reports whether the server has messages with a larger ID than `after`. They stay there. */
  waits(after: number): Promise<boolean>;

  /**
   * Takes messages as they come, and reconnects whenever the connection breaks; each connection
   * gets a receiver of its own. Never returns: throws what reconnecting cannot mend.
   */
  follow(newReceiver: () => PushReceiver): Promise<never>;
}

/** The way to the server for the owner of a profile, who may change by registering. */
export interface Network {
  /** Speaks the owner's protocol. */
  readonly transport: Transport;
  /** The same, if the owner is secure. */
  readonly secure: SecureTransport | undefined;
  /** Returns a transport to register with: for this secure identity, or for a new classic one. */
  registering(identity: Credentials | undefined): Transport;
}

import type { Bytes } from "../shared/bytes.ts";
import type { ClientEntry } from "../shared/protocol/message.ts";
import { sleep } from "../shared/sleep.ts";
import { Classic } from "./classic/classic.ts";
import { ContactBook } from "./contacts/contact_book.ts";
import { Conversations } from "./contacts/conversations.ts";
import { type Peer, Peers } from "./contacts/peers.ts";
import { ClientError } from "./errors.ts";
import type { Events } from "./events.ts";
import { Inbox } from "./inbox/inbox.ts";
import type { FollowOptions, Received, ReceiveOptions } from "./inbox/received.ts";
import { Messages } from "./messages.ts";
import type { Network } from "./network/transport.ts";
import type { Profile } from "./profile/profile.ts";
import { register, type RegisterOptions } from "./registration.ts";
import { Sending, type Sent, type TextOptions } from "./sending.ts";
import type { ClientRuntime } from "./sessions/context.ts";
import { SecureMessaging } from "./sessions/secure_messaging.ts";
import type { NamedContent } from "./transfers/transfer_files.ts";
import { type FetchedFile, type TransferInfo, transferInfo } from "./transfers/transfer_info.ts";
import type { OnProgress, TransferOptions } from "./transfers/uploads.ts";
import { type WaitingMessage, waitingMessages } from "./waiting.ts";

/** Entries that are noted as read at a time. */
const READ_BATCH = 256;

export interface ClientOptions extends ClientRuntime {
  profile: Profile;
  network: Network;
  /** Called with what the user may want to know. */
  note: (text: string) => void;
}

/** The operations that every front end calls: commands, menu and automatic tests. */
export class Client {
  /** What the owner decides about other clients, and the history with them. */
  readonly contactBook: ContactBook;
  readonly conversations: Conversations;
  /** What can be done with messages that are in the history. */
  readonly messages: Messages;
  readonly #options: ClientOptions;
  readonly #profile: Profile;
  readonly #peers: Peers;
  readonly #classic: Classic;
  readonly #sending: Sending;
  readonly #inbox: Inbox;
  #secure: Promise<SecureMessaging> | null = null;

  constructor(options: ClientOptions) {
    const { profile, network } = options;
    this.#options = options;
    this.#profile = profile;
    const peers = new Peers(profile, network);
    this.#peers = peers;
    this.contactBook = new ContactBook(profile, peers);
    this.conversations = new Conversations(profile, peers, this.contactBook, options.now);
    const secure = () => this.#secureSide();
    const outbox = async () => (await secure())?.sender ?? null;
    const classic = new Classic({ ...options, peers, outbox });
    this.#classic = classic;
    this.#sending = new Sending({ ...options, peers, classic, secure });
    const { contactBook } = this;
    const sending = this.#sending;
    this.messages = new Messages({ ...options, peers, contactBook, sending, secure });
    this.#inbox = new Inbox({ profile, network, peers, classic, secure });
  }

  /** Tells of messages, files, contacts and the connection as they change. */
  get events(): Events {
    return this.#profile.events;
  }

  /** Registers a new identity, or again the one that there is. Errors as {@link register}. */
  async register(name: string | undefined, options: RegisterOptions): Promise<ClientEntry> {
    const { network, note } = this.#options;
    const owner = await register(this.#profile, network, name, options);
    try {
      // What waits for one who is not back on a new server is dropped: say so.
      for (const notice of await (await this.#secureSide())?.prepare() ?? []) note(notice);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      // The next command that reaches the server does it.
      note(`The keys for first messages are not published yet: ${error.message}`);
    }
    return owner;
  }

  /**
   * Deletes the owner, and all that waits for it, on the server. The profile stays as it is.
   * @throws {ClientError} `unauthenticated` for a classic identity, and as the network does
   */
  async unregister(): Promise<void> {
    const { profile, network: { secure } } = this.#options;
    const { name } = profile.identity;
    if (!secure) {
      const message = `"${name}" is a classic identity, which cannot prove that it asks itself; ` +
        "the server's operator can remove it: messaging-server clients remove";
      throw new ClientError("unauthenticated", message);
    }
    await secure.request({ kind: "unregister" });
  }

  /** Returns the profile's owner. */
  whoami(): ClientEntry {
    const { id, name } = this.#profile.identity;
    return { id, name };
  }

  /**
   * Yields the other clients whose names begin with `prefix`, as the server lists them, page by
   * page. They do not become contacts.
   */
  async *list(prefix = ""): AsyncGenerator<Peer> {
    yield* this.#peers.list(prefix);
    await this.#sending.kept();
  }

  /** Returns a client and its public key, 160 bytes. */
  async publicKey(name: string): Promise<ClientEntry & { publicKey: Bytes }> {
    const peer = await this.#peers.named(name);
    const publicKey = await this.#peers.publicKey(peer);
    await this.#sending.kept();
    return { ...peer, publicKey };
  }

  /** Asks a classic client for a key. */
  async requestKey(name: string): Promise<Sent> {
    return await this.#exchangeKey("request", name);
  }

  /** Sends a classic client a key. */
  async sendKey(name: string): Promise<Sent> {
    return await this.#exchangeKey("send", name);
  }

  async #exchangeKey(step: "request" | "send", name: string): Promise<Sent> {
    const to = await this.#peers.named(name);
    const message = await this.#classic.keys[step](to);
    this.#profile.contacts.accept(to.id);
    await this.#sending.kept();
    return { message, to };
  }

  /**
   * Sends a text.
   * @throws {ClientError} `bad-text`, `blocked`, `queued` if it is kept until the server can be
   * reached, or the receiver has sent a key; and as the network does
   */
  async sendText(name: string, text: string, options?: TextOptions): Promise<Sent> {
    return await this.#sending.text(name, text, options);
  }

  /** Sends one file, as {@link sendFiles}. */
  async sendFile(
    name: string,
    file: string | NamedContent,
    onProgress?: OnProgress,
    signal?: AbortSignal,
  ): Promise<Sent> {
    const [sent] = await Array.fromAsync(this.sendFiles(name, [file], { onProgress, signal }));
    return sent;
  }

  /**
   * Sends files, given by their paths or as streams, one after the other. A secure client is told
   * of each when it is on the server whole; an interrupted one continues when it is sent again, or
   * by itself at the next {@link receive} or {@link sendFiles}.
   * @throws {ClientError} `file`, `changed`, `blocked`, `interrupted`, and as {@link sendText}
   */
  sendFiles(
    name: string,
    files: readonly (string | NamedContent)[],
    options: TransferOptions = {},
  ): AsyncGenerator<Sent> {
    return this.#sending.files(name, files, options);
  }

  /** Returns the texts, and the announcements of files, that the server did not take yet. */
  waiting(): WaitingMessage[] {
    return [...waitingMessages(this.#profile, this.#peers)];
  }

  /** Returns the files that were announced and wait until they are wanted. */
  files(): TransferInfo[] {
    return this.transfers().filter((it) => it.direction === "down" && it.state === "waiting");
  }

  /** Returns the file with this number; undefined if there is none. */
  transfer(number: number): TransferInfo | undefined {
    const transfer = this.#profile.transfers.get(number);
    return transfer?.peer.length ? transferInfo(transfer, this.#peers) : undefined;
  }

  /** Returns all files that are, or were, on their way. */
  transfers(): TransferInfo[] {
    return this.#profile.transfers.all()
      .filter(({ peer }) => peer.length > 0)
      .map((transfer) => transferInfo(transfer, this.#peers));
  }

  /** Returns the numbers of the files that are on their way, or go on by themselves. */
  activeTransfers(): number[] {
    return this.#profile.transfers.active();
  }

  /**
   * Fetches an announced file into `folder`; an interrupted fetch continues where it stopped, by
   * default in its folder, while others go to the current one.
   * @throws {ClientError} `unknown-transfer`, `gone`, `bad-key`, `damaged`, `file`, `interrupted`,
   * and as the network does
   */
  async fetch(
    number: number,
    folder?: string,
    options: TransferOptions = {},
  ): Promise<FetchedFile> {
    const { files } = await this.#withTransfers();
    await files.fetch(await files.want(number, folder), options);
    const { path, size, name, peer, history } = this.#profile.transfers.get(number)!;
    if (history !== null) this.#profile.history.markShown(history);
    const from = this.#peers.withId(peer);
    return { number, path: path ?? "", size, name, from };
  }

  /**
   * Cancels a transfer: nothing of it stays here or on the server.
   * @throws {ClientError} `unknown-transfer` if there is none, or it is over
   */
  async cancelTransfer(number: number): Promise<void> {
    const { files } = await this.#withTransfers();
    await files.cancel(number);
  }

  /**
   * Notes that a person has read what came from a contact, up to the entry `last`; their authors
   * are told, if they are to know. Returns the numbers of what was not read before.
   * @throws {ClientError} `unknown-name`
   */
  async markRead(name: string, last?: number): Promise<number[]> {
    const { history } = this.#profile;
    const newest = last ?? history.newest; // what comes meanwhile was not read
    const all: number[] = [];
    for (let read; (read = this.conversations.markRead(name, newest, READ_BATCH)).length > 0;) {
      await this.#noteRead(read);
      all.push(...read);
    }
    return all;
  }

  /** As {@link markRead}, for entries that a person has seen, of whomever. */
  async markSeen(entries: readonly number[]): Promise<void> {
    for (let at = 0; at < entries.length; at += READ_BATCH) {
      await this.#noteRead(this.#profile.history.markSeen(entries.slice(at, at + READ_BATCH)));
    }
  }

  async #noteRead(numbers: readonly number[]): Promise<void> {
    if (numbers.length === 0) return;
    await this.messages.noteRead(numbers);
    this.#inbox.wake();
    await sleep(0); // whatever else there is to do goes on
  }

  /** Collects and opens messages as they come; see {@link Inbox.follow}. */
  follow(
    folder: string,
    onProgress: OnProgress,
    options?: FollowOptions,
  ): AsyncGenerator<Received> {
    return this.#inbox.follow(folder, onProgress, options);
  }

  /** Collects and opens all that waits; files go to `folder`. */
  receive(
    folder: string,
    onProgress: OnProgress,
    options?: ReceiveOptions,
  ): AsyncGenerator<Received> {
    return this.#inbox.receive(folder, onProgress, options);
  }

  /** Returns what only a secure profile has; null for a classic one. */
  async #secureSide(): Promise<SecureMessaging | null> {
    const { profile, network: { secure: transport } } = this.#options;
    const { secureIdentity } = profile;
    if (!secureIdentity || !transport) return null;
    const classic = this.#classic.sender;
    const options = { ...this.#options, transport, peers: this.#peers, classic };
    return await (this.#secure ??= SecureMessaging.of(options, secureIdentity));
  }

  async #withTransfers(): Promise<SecureMessaging> {
    const secure = await this.#secureSide();
    if (secure) return secure;
    throw new ClientError("not-needed", "a classic profile has no transfers: files come at once");
  }
}

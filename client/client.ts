/** The operations that every front end calls: commands, menu and automatic tests. */
import { type Bytes, equalBytes, toHex } from "../shared/bytes.ts";
import { cbcEncryptStream, cbcSize } from "../shared/crypto/classic/aes_cbc.ts";
import { encryptText, generateClassicKeyPair } from "../shared/crypto/classic/classic.ts";
import { CHUNK_SIZE } from "../shared/crypto/file_chunks.ts";
import type { Identity } from "../shared/crypto/identity.ts";
import { MAX_CONTENT_SIZE, MAX_TEXT_SIZE } from "../shared/limits.ts";
import { MessageType } from "../shared/protocol/codes.ts";
import type { ClientEntry } from "../shared/protocol/message.ts";
import { ContactBook } from "./contacts/contact_book.ts";
import { ClientError } from "./errors.ts";
import type { Source } from "./transfers/file_transfers.ts";
import { openFile, removeFile, writeNewFile } from "./disk/files.ts";
import { Inbox } from "./inbox/inbox.ts";
import type { Received, ReceiveOptions } from "./inbox/received.ts";
import type { OnProgress } from "./transfers/progress.ts";
import { unlessInterrupted } from "./transfers/interrupt.ts";
import { checkName } from "./contacts/names.ts";
import { type Peer, Peers } from "./contacts/peers.ts";
import type { HistoryBody } from "./profile/tables/history.ts";
import { createPrivateFolder } from "./disk/private_file.ts";
import type { Profile } from "./profile/profile.ts";
import type { Direction, TransferState } from "./profile/tables/transfers.ts";
import { isUnreachable, SecureSide } from "./sessions/secure_side.ts";
import { fileFacts } from "./transfers/transfer_files.ts";
import type { Network, OnTrouble, Transport } from "./network/transport.ts";
import type { TransferOptions } from "./transfers/uploads.ts";

/** A message that the server has accepted. */
export interface Sent {
  message: number;
  to: Peer;
}

/** What comes from a stream, and what its receiver shall call it. */
export interface NamedContent {
  readonly name: string;
  readonly content: AsyncIterable<Uint8Array>;
}

/** A file between secure clients, as its user sees it. Times are milliseconds since 1970. */
export interface TransferInfo {
  readonly number: number;
  readonly direction: Direction;
  readonly state: TransferState;
  /** The other client. */
  readonly peer: Peer;
  /** As its sender calls it. */
  readonly name: string;
  /** Bytes, in all and so far. */
  readonly size: number;
  readonly done: number;
  /** The source; the folder that it goes to, and in the end its place. Null: not wanted yet. */
  readonly path: string | null;
  readonly started: number;
  readonly ended: number | null;
  /** Why it failed. */
  readonly reason: string | null;
}

/** A file that has come. */
export interface FetchedFile {
  /** The number of its transfer. */
  readonly number: number;
  readonly from: Peer;
  readonly path: string;
  readonly size: number;
  readonly name: string;
}

export interface ClientOptions {
  profile: Profile;
  network: Network;
  /** Milliseconds since 1970. */
  now: () => number;
  /** That many random bytes. */
  random: (size: number) => Bytes;
  /** Hears of what its user may want to know. */
  note: (text: string) => void;
}

export class Client {
  /** What the owner decides about other clients, and the history with them. */
  readonly contactBook: ContactBook;
  readonly #options: ClientOptions;
  readonly #profile: Profile;
  readonly #network: Network;
  readonly #peers: Peers;
  readonly #inbox: Inbox;
  #secure: Promise<SecureSide> | null = null;

  constructor(options: ClientOptions) {
    const { profile, network, now } = options;
    this.#options = options;
    this.#profile = profile;
    this.#network = network;
    const peers = new Peers(profile, network);
    this.#peers = peers;
    this.contactBook = new ContactBook(profile, peers);
    const secure = () => this.#secureSide();
    this.#inbox = new Inbox({ profile, network, peers, secure, now });
  }

  /**
   * Makes a new identity and registers it.
   * @throws {ClientError} `already-registered`, `bad-name`, `refused` where the name is taken
   */
  async register(name: string, { classic }: { classic: boolean }): Promise<ClientEntry> {
    this.#checkUnregistered();
    checkName(name);
    return classic ? await this.#registerClassic(name) : await this.#registerSecure(name);
  }

  async #registerClassic(name: string): Promise<ClientEntry> {
    const { publicKey, privateKey } = await generateClassicKeyPair();
    const transport = this.#network.registering(undefined);
    const id = await this.#registerAs(transport, name, publicKey);
    await this.#profile.register({ id, name, privateKey });
    return { id, name };
  }

  async #registerSecure(name: string): Promise<ClientEntry> {
    const identity = await this.#profile.prepareSecure(name);
    const { id, publicKey } = identity;
    const transport = this.#network.registering(identity);
    if (!equalBytes(await this.#registerAs(transport, name, publicKey), id)) {
      throw new ClientError(
        "bad-response",
        "the server gave an ID that does not belong to the key",
      );
    }
    this.#profile.registerSecure();
    // Where this does not work out, the next command that reaches the server makes up for it.
    await (await this.#secureSide())?.prepare().catch((error) => {
      if (!(error instanceof ClientError)) throw error;
      this.#options.note(`The keys for first messages are not published yet: ${error.message}`);
    });
    return { id, name };
  }

  #checkUnregistered(): void {
    if (!this.#profile.registered) return;
    throw new ClientError(
      "already-registered",
      `this profile is already registered as "${this.#profile.identity.name}"; ` +
        "for another identity use another folder: --profile DIR",
    );
  }

  async #registerAs(transport: Transport, name: string, publicKey: Bytes): Promise<Bytes> {
    try {
      return await transport.register(name, publicKey);
    } catch (error) {
      if (!(error instanceof ClientError && error.code === "refused")) throw error;
      const { cause } = error;
      const why = typeof cause === "object" && cause && "error" in cause ? cause.error : undefined;
      if (why !== undefined && why !== "name-taken") throw error;
      throw new ClientError(
        "refused",
        `the server refused to register "${name}"; most likely the name is taken: try another`,
      );
    }
  }

  /** Who the profile's owner is. */
  whoami(): ClientEntry {
    const { id, name } = this.#profile.identity;
    return { id, name };
  }

  /** All other clients. */
  async list(): Promise<Peer[]> {
    const clients = await this.#peers.list();
    await this.#sendKept();
    return clients;
  }

  /** A client's public key, 160 bytes. */
  async publicKey(name: string): Promise<ClientEntry & { publicKey: Bytes }> {
    const peer = await this.#peers.named(name);
    const publicKey = await this.#peers.publicKey(peer);
    await this.#sendKept();
    return { ...peer, publicKey };
  }

  /** Asks a client for a key. */
  async requestKey(name: string): Promise<Sent> {
    const to = await this.#peers.named(name);
    const message = await this.#peers.requestKey(to);
    await this.#sendKept();
    return { message, to };
  }

  /** Sends a client a key. */
  async sendKey(name: string): Promise<Sent> {
    const to = await this.#peers.named(name);
    const message = await this.#peers.sendKey(to);
    await this.#sendKept();
    return { message, to };
  }

  /**
   * @throws {ClientError} `bad-text`, `blocked`, `queued` where the message is kept until the server
   * can be reached, and what the network may do
   */
  async sendText(name: string, text: string): Promise<Sent> {
    checkText(text);
    const to = await this.#receiver(name);
    const identity = await this.#peers.identityOf(to);
    if (!identity) {
      const content = await encryptText(await this.#peers.sendingKey(to), text);
      const message = await this.#peers.send(to, MessageType.text, content);
      this.#noteSent(to, message, { text });
      await this.#sendKept();
      return { message, to };
    }
    const { outgoing } = await this.#readyFor(identity, to);
    const content = { id: outgoing.newContentId(), at: this.#options.now(), text };
    const draft = { to: identity, type: MessageType.text, content, body: { text } };
    return { message: await outgoing.send(draft), to };
  }

  /** @throws {ClientError} `blocked`, `unknown-name` */
  async #receiver(name: string): Promise<Peer> {
    const to = await this.#peers.named(name);
    if (!this.#profile.contacts.byId(to.id)?.blocked) return to;
    throw new ClientError(
      "blocked",
      `${name} is blocked here; to write again: messaging-client unblock`,
    );
  }

  /** Keeps in the history what a classic client was sent. */
  #noteSent(to: Peer, messageId: number, body: HistoryBody): void {
    const { history } = this.#profile;
    const at = this.#options.now();
    this.#profile.transaction(() => {
      const entry = { peer: to.id, at, stored: at, contentId: null, body };
      history.markSent(history.addSent(entry), messageId);
    });
  }

  /** Sends what waits in the outbox, now that the server could be reached. What fails goes on waiting. */
  async #sendKept(): Promise<void> {
    if (this.#profile.outbox.first(0, 1).length === 0) return;
    try {
      const notices = await (await this.#secureSide())?.prepare();
      for (const notice of notices ?? []) this.#options.note(notice);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
    }
  }

  /** What a secure profile has beside; null in a classic one. */
  async #secureSide(): Promise<SecureSide | null> {
    const { secureIdentity } = this.#profile;
    const transport = this.#network.secure;
    if (!secureIdentity || !transport) return null;
    const { profile, random, now } = this.#options;
    const options = { profile, transport, peers: this.#peers, random, now };
    return await (this.#secure ??= SecureSide.of(options, secureIdentity));
  }

  /** Has a session with this client; where the server cannot be reached, an old one will do. */
  async #readyFor(identity: Identity, to: Peer): Promise<SecureSide> {
    const secure = await this.#secureSide();
    if (!secure) throw new TypeError("a classic profile has no part in this");
    try {
      for (const notice of await secure.prepare()) this.#options.note(notice);
    } catch (error) {
      if (!isUnreachable(error)) throw error;
    }
    await secure.ensureSession(identity, to);
    return secure;
  }

  /** As {@link sendFiles}, for one. */
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
   * Sends files, given by their paths or as what comes from a stream, one after the other. A secure
   * client is told of each when it is on the server whole; one that was broken off goes on when it is
   * sent again, or by itself at the next {@link receive} or {@link sendFiles}.
   * @throws {ClientError} `file`, `changed`, `blocked`, `queued`, `interrupted`, and what the network
   * may do
   */
  async *sendFiles(
    name: string,
    files: readonly (string | NamedContent)[],
    options: TransferOptions = {},
  ): AsyncGenerator<Sent> {
    // First, so that no key goes out for a file that cannot be read.
    for (const file of files) {
      if (typeof file !== "string") continue;
      const { size } = await fileFacts(file);
      if (!this.#profile.secureIdentity) checkClassicSize(file, size);
    }
    const to = await this.#receiver(name);
    const identity = await this.#peers.identityOf(to);
    for (const file of files) {
      const source = await this.#sourceOf(file);
      if (!identity) {
        yield await this.#sendClassicFile(to, source, options);
        continue;
      }
      const { files: transfers } = await this.#readyFor(identity, to);
      const transfer = transfers.begin(identity.clientId, source);
      yield { message: await transfers.send(transfer, to, identity, options), to };
    }
  }

  /** What is to be read; a stream is copied to a file of the profile first. */
  async #sourceOf(file: string | NamedContent): Promise<Source> {
    if (typeof file === "string") {
      return { name: baseName(file), path: file, spooled: false, ...await fileFacts(file) };
    }
    const { outgoingFolder } = this.#profile;
    await createPrivateFolder(outgoingFolder);
    const path = `${outgoingFolder}/${toHex(this.#options.random(16))}`;
    await writeNewFile(path, file.content);
    return { name: file.name, path, spooled: true, ...await fileFacts(path) };
  }

  async #sendClassicFile(
    to: Peer,
    { name, size, path, spooled }: Source,
    { onProgress, signal }: TransferOptions,
  ): Promise<Sent> {
    const { content } = await openFile(path);
    let stream = content;
    try {
      checkClassicSize(name, size);
      if (onProgress) stream = stream.pipeThrough(reporting(size, onProgress));
      stream = stream.pipeThrough(cbcEncryptStream(await this.#peers.sendingKey(to)));
      const prefix = { to: to.id, type: MessageType.file, size: cbcSize(size) };
      const sending = this.#network.transport.sendStream(prefix, stream);
      const message = await unlessInterrupted(signal, sending);
      this.#noteSent(to, message, { file: { name, size, path: spooled ? null : path } });
      await this.#sendKept();
      return { message, to };
    } finally {
      await stream.cancel().catch(() => {}); // closes the file where sending did not
      if (spooled) await removeFile(path);
    }
  }

  /** The files that were announced and wait until they are wanted. */
  files(): TransferInfo[] {
    return this.transfers().filter(({ direction, state }) =>
      direction === "down" && state === "waiting"
    );
  }

  /** All files that are, or were, on their way. */
  transfers(): TransferInfo[] {
    return this.#profile.transfers.all()
      .filter(({ peer }) => peer.length > 0)
      .map((transfer) => {
        const { number, direction, state, name, size, path, started, ended, reason } = transfer;
        const peer = this.#peers.known(transfer.peer) ?? { id: transfer.peer, name: "?" };
        const done = state === "done" ? size : Math.min(size, transfer.chunks * CHUNK_SIZE);
        return { number, direction, state, peer, name, size, done, path, started, ended, reason };
      });
  }

  /**
   * Fetches a file that was announced into `folder`; one that was begun goes on where it was.
   * Gives the path of the file.
   * @throws {ClientError} `unknown-transfer`, `gone`, `bad-key`, `damaged`, `file`, `interrupted`, and
   * what the network may do
   */
  async fetch(number: number, folder: string, options: TransferOptions = {}): Promise<FetchedFile> {
    const { files } = await this.#transfersOf();
    await files.fetch(files.want(number, folder), options);
    const { path, size, name, peer, history } = this.#profile.transfers.get(number)!;
    if (history !== null) this.#profile.history.markShown(history);
    const from = await this.#peers.withId(peer, { mayList: false });
    return { number, path: path ?? "", size, name, from };
  }

  /**
   * Gives a transfer up: nothing of it stays here, nor on the server.
   * @throws {ClientError} `unknown-transfer` where there is none, or it is over
   */
  async cancelTransfer(number: number): Promise<void> {
    const { files } = await this.#transfersOf();
    await files.cancel(number);
  }

  async #transfersOf(): Promise<SecureSide> {
    const secure = await this.#secureSide();
    if (secure) return secure;
    throw new ClientError("not-needed", "a classic profile has no transfers: files come at once");
  }

  /** Collects and opens messages as they come, for ever; see {@link Inbox.follow}. */
  follow(
    folder: string,
    onProgress: OnProgress,
    onTrouble: OnTrouble,
    options?: ReceiveOptions,
  ): AsyncGenerator<Received> {
    return this.#inbox.follow(folder, onProgress, onTrouble, options);
  }

  /** Collects and opens all that waits; files go to `folder`. */
  receive(
    folder: string,
    onProgress: OnProgress,
    options?: ReceiveOptions,
  ): AsyncGenerator<Received> {
    return this.#inbox.receive(folder, onProgress, options);
  }
}

/** The last part of a path. */
function baseName(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== "") ?? path;
}

/** @throws {ClientError} `file` for more than one message takes */
function checkClassicSize(name: string, size: number): void {
  if (cbcSize(size) <= MAX_CONTENT_SIZE) return;
  throw new ClientError("file", `${name} is too large for a classic client: the limit is 1 GiB`);
}

function checkText(text: string): void {
  if (text.includes("\0")) {
    throw new ClientError("bad-text", "a text cannot hold a zero character; send it as a file");
  }
  if (new TextEncoder().encode(text).length > MAX_TEXT_SIZE) {
    throw new ClientError("bad-text", "the text is longer than 1 MiB; send it as a file");
  }
}

function reporting(
  size: number,
  onProgress: OnProgress,
): TransformStream<Uint8Array, Uint8Array> {
  let done = 0;
  return new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(chunk);
      done += chunk.length;
      onProgress(done, size);
    },
  });
}

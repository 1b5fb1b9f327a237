/** The operations that every front end calls: commands, menu and automatic tests. */
import { type Bytes, equalBytes } from "../shared/bytes.ts";
import { cbcEncryptStream, cbcSize } from "../shared/crypto/aes_cbc.ts";
import { KEY_SIZE } from "../shared/crypto/aes_gcm.ts";
import { encryptText, generateClassicKeyPair } from "../shared/crypto/classic.ts";
import { chunkedSize, chunkEncryptStream } from "../shared/crypto/file_chunks.ts";
import type { Identity } from "../shared/crypto/identity.ts";
import { Writer } from "../shared/cursor.ts";
import { CLIENT_ID_SIZE, MAX_CONTENT_SIZE, MAX_TEXT_SIZE } from "../shared/limits.ts";
import { MessageType } from "../shared/protocol/codes.ts";
import type { ClientEntry } from "../shared/protocol/response.ts";
import type { OnProgress } from "./collector.ts";
import { ContactBook } from "./contact_book.ts";
import { ClientError } from "./errors.ts";
import { openFile } from "./files.ts";
import { Inbox, type Received } from "./inbox.ts";
import { checkName } from "./names.ts";
import { type Peer, Peers } from "./peers.ts";
import type { HistoryBody, HistoryFile } from "./profile/history.ts";
import type { Profile } from "./profile/profile.ts";
import { isUnreachable, SecureSide } from "./secure_side.ts";
import type { OnTrouble, Transport } from "./transport.ts";

/** A message that the server has accepted. */
export interface Sent {
  message: number;
  to: Peer;
}

export interface ClientOptions {
  profile: Profile;
  transport: Transport;
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
  readonly #transport: Transport;
  readonly #peers: Peers;
  readonly #inbox: Inbox;
  #secure: Promise<SecureSide> | null = null;

  constructor(options: ClientOptions) {
    const { profile, transport, now } = options;
    this.#options = options;
    this.#profile = profile;
    this.#transport = transport;
    const peers = new Peers(profile, transport);
    this.#peers = peers;
    this.contactBook = new ContactBook(profile, peers);
    const secure = () => this.#secureSide();
    this.#inbox = new Inbox({ profile, transport, peers, secure, now });
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
    const id = await this.#registerAs(name, publicKey);
    await this.#profile.register({ id, name, privateKey });
    return { id, name };
  }

  async #registerSecure(name: string): Promise<ClientEntry> {
    const { id, publicKey } = await this.#profile.prepareSecure(name);
    if (!equalBytes(await this.#registerAs(name, publicKey), id)) {
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

  async #registerAs(name: string, publicKey: Bytes): Promise<Bytes> {
    const noId = new Uint8Array(CLIENT_ID_SIZE);
    const request = { kind: "register", name, publicKey } as const;
    try {
      return (await this.#transport.exchange(noId, request, "registered")).clientId;
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
    if (!secureIdentity) return null;
    const { profile, transport, random, now } = this.#options;
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

  /** @throws {ClientError} `file`, `blocked`, and what the network may do */
  async sendFile(name: string, path: string, onProgress: OnProgress): Promise<Sent> {
    const { id } = this.#profile.identity;
    // First, so that no key goes out for a file that cannot be read.
    const file = await openFile(path);
    const { size } = file;
    let content = file.content.pipeThrough(reporting(size, onProgress));
    const fileName = baseName(path);
    const body = { file: { name: fileName, size, path } };
    try {
      if (cbcSize(size) > MAX_CONTENT_SIZE) {
        throw new ClientError("file", `${path} is too large: the limit is 1 GiB`);
      }
      const to = await this.#receiver(name);
      const identity = await this.#peers.identityOf(to);
      if (identity) return await this.#sendSecureFile(identity, to, content, body);
      content = content.pipeThrough(cbcEncryptStream(await this.#peers.sendingKey(to)));
      const prefix = { to: to.id, type: MessageType.file, size: cbcSize(size) };
      const message = (await this.#transport.sendStream(id, prefix, content)).messageId;
      this.#noteSent(to, message, body);
      await this.#sendKept();
      return { message, to };
    } finally {
      await content.cancel().catch(() => {}); // closes the file where sending did not
    }
  }

  async #sendSecureFile(
    identity: Identity,
    to: Peer,
    plaintext: ReadableStream<Uint8Array>,
    body: { file: HistoryFile },
  ): Promise<Sent> {
    const { random, now } = this.#options;
    const { sessions, outgoing } = await this.#readyFor(identity, to);
    const { history } = this.#profile;
    const { name, size } = body.file;
    const key = random(KEY_SIZE);
    const type = MessageType.file;
    const content = { id: outgoing.newContentId(), at: now(), file: { name, size, key } };
    const { envelope, entry } = sessions.commit(() => ({
      envelope: sessions.seal(identity, type, content),
      entry: history.addSent({
        peer: to.id,
        at: content.at,
        stored: now(),
        contentId: content.id,
        body,
      }),
    }));
    const chunks = plaintext.pipeThrough(chunkEncryptStream(key));
    key.fill(0);
    const sealed = async function* () {
      yield new Writer(4).u32(envelope.length).done();
      yield envelope;
      yield* chunks;
    };
    const prefix = { to: to.id, type, size: 4 + envelope.length + chunkedSize(size) };
    try {
      const stream = ReadableStream.from(sealed());
      const sent = await this.#transport.sendStream(this.#profile.identity.id, prefix, stream);
      history.markSent(entry, sent.messageId);
      return { message: sent.messageId, to };
    } catch (error) {
      history.markFailed(entry);
      throw error;
    }
  }

  /** Collects and opens messages as they come, for ever; see {@link Inbox.follow}. */
  follow(
    folder: string,
    onProgress: OnProgress,
    onTrouble: OnTrouble,
  ): AsyncGenerator<Received> {
    return this.#inbox.follow(folder, onProgress, onTrouble);
  }

  /** Collects and opens all that waits; files go to `folder`. */
  receive(folder: string, onProgress: OnProgress): AsyncGenerator<Received> {
    return this.#inbox.receive(folder, onProgress);
  }
}

/** The last part of a path. */
function baseName(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== "") ?? path;
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

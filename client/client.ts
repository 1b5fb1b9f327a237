/** The operations that every front end calls: commands, menu and automatic tests. */
import { type Bytes, equalBytes } from "../shared/bytes.ts";
import { cbcEncryptStream, cbcSize } from "../shared/crypto/aes_cbc.ts";
import { encryptText, generateClassicKeyPair } from "../shared/crypto/classic.ts";
import { ProtocolError } from "../shared/errors.ts";
import { CLIENT_ID_SIZE, MAX_CONTENT_SIZE, MAX_TEXT_SIZE } from "../shared/limits.ts";
import { MessageType } from "../shared/protocol/codes.ts";
import { encodeName } from "../shared/protocol/name.ts";
import type { ClientEntry } from "../shared/protocol/response.ts";
import { interimSize } from "../shared/session/interim.ts";
import type { OnProgress } from "./collector.ts";
import { ClientError } from "./errors.ts";
import { openFile } from "./files.ts";
import { Inbox, type Received } from "./inbox.ts";
import { InterimMessages } from "./interim.ts";
import { type Peer, Peers } from "./peers.ts";
import type { Profile } from "./profile/profile.ts";
import type { OnTrouble, Transport } from "./transport.ts";

/** A message that the server has accepted. */
export interface Sent {
  message: number;
  to: Peer;
}

export class Client {
  readonly #profile: Profile;
  readonly #transport: Transport;
  readonly #peers: Peers;
  readonly #inbox: Inbox;

  readonly #now: () => number;

  /** `now` gives milliseconds since 1970. */
  constructor(profile: Profile, transport: Transport, now: () => number) {
    this.#profile = profile;
    this.#transport = transport;
    this.#now = now;
    this.#peers = new Peers(profile, transport);
    this.#inbox = new Inbox(profile, transport, this.#peers, now);
  }

  /**
   * Makes a new identity and registers it.
   * @throws {ClientError} `already-registered`, `bad-name`, `refused` where the name is taken
   */
  async register(name: string, { classic }: { classic: boolean }): Promise<ClientEntry> {
    this.#checkUnregistered();
    checkName(name);
    using _lock = await this.#profile.lock();
    this.#checkUnregistered();
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
    return await this.#peers.list();
  }

  /** A client's public key, 160 bytes. */
  async publicKey(name: string): Promise<ClientEntry & { publicKey: Bytes }> {
    const peer = await this.#peers.named(name);
    return { ...peer, publicKey: await this.#peers.publicKey(peer) };
  }

  /** Asks a client for a key. */
  async requestKey(name: string): Promise<Sent> {
    const to = await this.#peers.named(name);
    return { message: await this.#peers.requestKey(to), to };
  }

  /** Sends a client a key. */
  async sendKey(name: string): Promise<Sent> {
    const to = await this.#peers.named(name);
    return { message: await this.#peers.sendKey(to), to };
  }

  /** @throws {ClientError} `bad-text` and what the network may do */
  async sendText(name: string, text: string): Promise<Sent> {
    checkText(text);
    const to = await this.#peers.named(name);
    const identity = await this.#peers.identityOf(to);
    if (!identity) {
      const content = await encryptText(await this.#peers.sendingKey(to), text);
      return { message: await this.#peers.send(to, MessageType.text, content), to };
    }
    using _lock = await this.#profile.sendLock();
    const content = await this.#interim.sealText(identity, MessageType.text, text);
    return { message: await this.#peers.send(to, MessageType.text, content), to };
  }

  get #interim(): InterimMessages {
    const identity = this.#profile.secureIdentity;
    if (!identity) throw new TypeError("a classic profile has no part in this");
    return new InterimMessages(this.#profile, identity, this.#now);
  }

  /** @throws {ClientError} `file` and what the network may do */
  async sendFile(name: string, path: string, onProgress: OnProgress): Promise<Sent> {
    const { id } = this.#profile.identity;
    // First, so that no key goes out for a file that cannot be read.
    const file = await openFile(path);
    let content = file.content.pipeThrough(reporting(file.size, onProgress));
    try {
      const sealedSize = this.#profile.secureIdentity ? interimSize : cbcSize;
      if (sealedSize(file.size) > MAX_CONTENT_SIZE) {
        throw new ClientError("file", `${path} is too large: the limit is 1 GiB`);
      }
      const to = await this.#peers.named(name);
      const identity = await this.#peers.identityOf(to);
      const type = MessageType.file;
      using _lock = identity && await this.#profile.sendLock();
      let size = cbcSize(file.size);
      if (identity) {
        ({ size, content } = await this.#interim.seal(identity, type, file.size, content));
      } else {
        content = content.pipeThrough(cbcEncryptStream(await this.#peers.sendingKey(to)));
      }
      const prefix = { to: to.id, type, size };
      return { message: (await this.#transport.sendStream(id, prefix, content)).messageId, to };
    } finally {
      await content.cancel().catch(() => {}); // closes the file where sending did not
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

function checkName(name: string): void {
  try {
    encodeName(name);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new ClientError("bad-name", `"${name}" cannot be a name: ${error.message}`);
  }
  // A line break would also break me.info.
  if (/\p{Cc}/u.test(name)) {
    throw new ClientError("bad-name", "a name cannot hold line breaks or control characters");
  }
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

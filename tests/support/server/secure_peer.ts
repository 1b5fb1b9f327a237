/** The other end of one secure channel to a server under test. */
import type { DeliveredMessage } from "../protocol/frames.ts";
import { type Bytes, concat, fromUtf8, utf8 } from "../../../shared/bytes.ts";
import { Channel } from "../../../shared/channel/channel.ts";
import { ChannelOpening } from "../../../shared/channel/opening.ts";
import {
  generateIdentity,
  type Identity,
  type IdentitySecrets,
  publicIdentity,
  signLogin,
  verifyIdentity,
} from "../../../shared/crypto/identity.ts";
import { writeAll } from "../../../shared/io.ts";
import { TOKEN_SIZE } from "../../../shared/limits.ts";
import { type ErrorName, MessageType } from "../../../shared/protocol/codes.ts";
import { decodeResponseHeader, RESPONSE_HEADER_SIZE } from "../../../shared/protocol/frame.ts";
import {
  encodeSecureRequest,
  type SecureRequest,
} from "../../../shared/protocol/secure/requests.ts";
import {
  decodeSecureResponse,
  type SecureResponse,
} from "../../../shared/protocol/secure/responses.ts";
import { FrameReader } from "../../../shared/protocol/frame_stream.ts";
import type { Prekey, PrekeyKind } from "../../../shared/protocol/prekey.ts";
import { namesOf } from "../prekeys.ts";
import type { PeerConn } from "./peer.ts";

/** A person with a name and keys. */
export class Someone {
  private constructor(
    readonly name: string,
    readonly secrets: IdentitySecrets,
    readonly identity: Identity,
  ) {}

  static called(name: string): Promise<Someone> {
    return Someone.with(name, generateIdentity());
  }

  /** Someone whose secrets are known. */
  static async with(name: string, secrets: IdentitySecrets): Promise<Someone> {
    return new Someone(name, secrets, await verifyIdentity(await publicIdentity(secrets)));
  }

  get id(): Bytes {
    return this.identity.clientId;
  }

  get publicKey(): Bytes {
    return this.identity.publicKey;
  }
}

type Kind = SecureResponse["kind"];
type Of<K> = Extract<SecureResponse, { kind: K }>;

/** Pushes that come while a response is awaited are kept for {@link push}. */
export class SecurePeer implements Disposable {
  /** Who logged in last. */
  who!: Someone;
  /** The retry time of push 2002, in milliseconds, if it has come. */
  stopping: number | null = null;
  readonly #pushes: DeliveredMessage[] = [];
  readonly #frames: FrameReader;

  private constructor(
    readonly conn: PeerConn,
    readonly channel: Channel,
    /** The key that the server proved. */
    readonly serverKey: Bytes,
  ) {
    this.#frames = new FrameReader(channel);
  }

  static async open(port: number): Promise<SecurePeer> {
    return await SecurePeer.over(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** A channel over a connection to a server. */
  static async over(conn: PeerConn): Promise<SecurePeer> {
    conn.setNoDelay(true);
    const opening = new ChannelOpening();
    await writeAll(conn, opening.request);
    const reader = new FrameReader(conn);
    const header = decodeResponseHeader(await reader.read(RESPONSE_HEADER_SIZE));
    const result = opening.finish(await reader.read(opening.payloadSize(header)));
    const sink = { write: (bytes: Uint8Array) => writeAll(conn, bytes) };
    return new SecurePeer(
      conn,
      new Channel(result, conn, sink, reader.takeRest()),
      result.remoteStatic,
    );
  }

  /** Sends whole requests, or any other bytes, in one go. */
  async send(...parts: (SecureRequest | Uint8Array)[]): Promise<void> {
    const bytes = parts.map((part) =>
      part instanceof Uint8Array ? part : encodeSecureRequest(part)
    );
    await this.channel.write(concat(...bytes));
  }

  /** The next response or push. */
  async next(): Promise<SecureResponse> {
    const header = decodeResponseHeader(await this.#frames.read(RESPONSE_HEADER_SIZE));
    return decodeSecureResponse(header, await this.#frames.read(header.size));
  }

  /** The next response, which must be of this kind. */
  async expect<K extends Kind>(kind: K): Promise<Of<K>> {
    for (;;) {
      const response = await this.next();
      if (response.kind === "stopping") {
        this.stopping = response.retryAfter;
        if (kind !== "stopping") continue;
      }
      if (response.kind === "push" && kind !== "push") {
        this.#pushes.push(response.message);
        continue;
      }
      if (response.kind === kind) return response as SecureResponse as Of<K>;
      const reason = response.kind === "error" ? `: ${response.error}, ${response.text}` : "";
      throw new Error(`${kind} expected, got ${response.kind}${reason}`);
    }
  }

  async request<K extends Kind>(request: SecureRequest, kind: K): Promise<Of<K>> {
    await this.send(request);
    return await this.expect(kind);
  }

  /** The name of the error that `request` is answered with. */
  async refused(request: SecureRequest | Uint8Array): Promise<ErrorName> {
    await this.send(request);
    return (await this.expect("error")).error;
  }

  /** Reports whether nothing more comes, as the server says itself. */
  async ended(): Promise<boolean> {
    return !await this.#frames.more();
  }

  async login(who: Someone): Promise<Of<"logged-in">> {
    this.who = who;
    return await this.request(await this.loginOf(who), "logged-in");
  }

  /** The login of `who` for this channel. */
  async loginOf({ secrets, publicKey }: Someone): Promise<SecureRequest & { kind: "login" }> {
    const signature = await signLogin(secrets, this.channel.handshakeHash);
    return { kind: "login", publicKey, signature };
  }

  async register({ name, publicKey }: Someone): Promise<Bytes> {
    return (await this.request({ kind: "register", name, publicKey }, "registered")).clientId;
  }

  /** Sends a message and waits for its ID. */
  async sendText(to: Bytes, text: string, token = newToken()): Promise<number> {
    return (await this.request(textTo(to, text, token), "sent")).messageId;
  }

  /** The messages that wait behind number `after`. */
  async poll(after = 0): Promise<DeliveredMessage[]> {
    return (await this.request({ kind: "get-messages", after }, "messages")).messages;
  }

  async acknowledge(...messageIds: number[]): Promise<void> {
    await this.request({ kind: "acknowledge", messageIds }, "acknowledged");
  }

  async publish(prekeys: Prekey[], replace = false): Promise<void> {
    await this.request({ kind: "publish-prekeys", replace, prekeys }, "prekeys-published");
  }

  /** Kinds and IDs of the prekeys of `target`, as they are drawn for one session. */
  async draw(target: Bytes): Promise<[PrekeyKind, number][]> {
    return namesOf((await this.request({ kind: "fetch-prekeys", target }, "prekeys")).prekeys);
  }

  async subscribe(): Promise<void> {
    await this.request({ kind: "subscribe" }, "subscribed");
  }

  /** The next message that is pushed. */
  async push(): Promise<DeliveredMessage> {
    return this.#pushes.shift() ?? (await this.expect("push")).message;
  }

  /** The texts of the next `count` messages that are pushed. */
  async texts(count: number): Promise<string[]> {
    const texts: string[] = [];
    while (texts.length < count) texts.push(textOf(await this.push()));
    return texts;
  }

  [Symbol.dispose](): void {
    this.channel.abort(new Error("the test is over"));
    try {
      this.conn.close();
    } catch {
      // The test has closed it.
    }
  }
}

export function newToken(): Bytes {
  return crypto.getRandomValues(new Uint8Array(TOKEN_SIZE));
}

/** A request that sends a text, or any other content. */
export function textTo(
  to: Bytes,
  content: string | Bytes,
  token = newToken(),
): SecureRequest & { kind: "send" } {
  const bytes = typeof content === "string" ? utf8(content) : content;
  return { kind: "send", to, token, type: MessageType.text, content: bytes };
}

export function textOf({ content }: DeliveredMessage): string {
  return fromUtf8(content);
}

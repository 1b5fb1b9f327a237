/** A server inside the test that speaks the secure protocol, honestly or as the test says. */
import type { DeliveredMessage } from "../protocol/frames.ts";
import { type Bytes, concat, equalBytes, toHex } from "../../../shared/bytes.ts";
import { Channel } from "../../../shared/channel/channel.ts";
import { acceptHandshake, readHandshakeRequest } from "../../../shared/channel/opening.ts";
import { X25519KeyPair } from "../../../shared/crypto/x25519.ts";
import { secureClientId } from "../../../shared/crypto/identity.ts";
import { writeAll } from "../../../shared/io.ts";
import { MAX_LISTED } from "../../../shared/limits.ts";
import { FrameReader } from "../../../shared/protocol/frame_stream.ts";
import { decodeRequestHeader, REQUEST_HEADER_SIZE } from "../../../shared/protocol/frame.ts";
import type { SecureEntry } from "../../../shared/protocol/secure/directory.ts";
import {
  decodeSecureRequest,
  type SecureRequest,
} from "../../../shared/protocol/secure/requests.ts";
import {
  encodeSecureResponse,
  type SecureResponse,
} from "../../../shared/protocol/secure/responses.ts";
import { BlobShelf } from "./blob_shelf.ts";
import { PrekeyShelf } from "./prekey_shelf.ts";

/** What is done instead of answering. */
export type Act = (link: Link) => Promise<void> | void;
/** What a request is answered with: undefined as an honest server does. */
export type Lie = (
  request: SecureRequest,
  link: Link,
) => SecureResponse | Act | undefined;

/** One client's channel. */
export class Link {
  /** Who has logged in. */
  clientId: Bytes = new Uint8Array(16);
  constructor(readonly channel: Channel, readonly conn: Deno.TcpConn) {}

  async say(...responses: SecureResponse[]): Promise<void> {
    await this.channel.write(concat(...responses.map(encodeSecureResponse)));
  }

  /** Ends the connection without an answer. */
  cut(): void {
    try {
      this.conn.close();
    } catch {
      // Closed already.
    }
  }
}

/** Disposing of it ends its connections. */
export class EvilServer implements AsyncDisposable {
  readonly key = X25519KeyPair.generate();
  readonly port: number;
  /** HOST:PORT */
  readonly address: string;
  readonly clients: SecureEntry[] = [];
  /** What waits, by the client's ID in hex. */
  readonly mailboxes = new Map<string, DeliveredMessage[]>();
  /** What was published, by the client's ID in hex. */
  readonly shelves = new Map<string, PrekeyShelf>();
  /** The files in chunks. */
  readonly files = new BlobShelf();
  /** All requests that came, in order. */
  readonly requests: SecureRequest[] = [];
  /** Bytes that came behind a handshake, on connections whose login never came. */
  handshakes = 0;
  lie: Lie = () => undefined;
  readonly #tokens = new Map<string, number>();
  readonly #subscribers = new Map<string, Link>();
  readonly #listener: Deno.TcpListener;
  readonly #accepting: Promise<void>;
  readonly #links = new Set<Link>();
  #messageId = 0;

  constructor(port = 0) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
    this.port = this.#listener.addr.port;
    this.address = `127.0.0.1:${this.port}`;
    this.#accepting = this.#accept();
  }

  /** Puts a message into a mailbox, as if `from` had sent it. */
  put(to: Bytes, message: Omit<DeliveredMessage, "messageId">): void {
    const delivered = { ...message, messageId: ++this.#messageId };
    this.mailbox(to).push(delivered);
    this.#subscribers.get(toHex(to))?.say({ kind: "push", message: delivered }).catch(() => {});
  }

  /** Reports whether a client gets pushes. */
  follows(clientId: Bytes): boolean {
    return this.#subscribers.has(toHex(clientId));
  }

  /** Sends a follower a frame of its own. */
  async tell(clientId: Bytes, response: SecureResponse): Promise<void> {
    await this.#subscribers.get(toHex(clientId))?.say(response);
  }

  mailbox(of: Bytes): DeliveredMessage[] {
    const key = toHex(of);
    const mailbox = this.mailboxes.get(key) ?? [];
    this.mailboxes.set(key, mailbox);
    return mailbox;
  }

  shelf(of: Bytes): PrekeyShelf {
    const key = toHex(of);
    const shelf = this.shelves.get(key) ?? new PrekeyShelf();
    this.shelves.set(key, shelf);
    return shelf;
  }

  /** Ends all connections. */
  cut(): void {
    for (const link of this.#links) link.cut();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    this.cut();
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#listener) {
      this.#serve(conn).catch(() => {}).finally(() => closeQuietly(conn));
    }
  }

  async #serve(conn: Deno.TcpConn): Promise<void> {
    const plain = new FrameReader(conn);
    const header = decodeRequestHeader(await plain.read(REQUEST_HEADER_SIZE));
    const message = await readHandshakeRequest(header, (size) => plain.read(size));
    const { reply, result } = acceptHandshake(message, this.key);
    this.handshakes++;
    await writeAll(conn, reply);
    const source = {
      read: async (into: Uint8Array) => await plain.more() ? await plain.readSome(into) : null,
    };
    const channel = new Channel(result, source, { write: (bytes) => writeAll(conn, bytes) });
    const link = new Link(channel, conn);
    this.#links.add(link);
    const frames = new FrameReader(channel);
    try {
      while (await frames.more()) {
        const head = decodeRequestHeader(await frames.read(REQUEST_HEADER_SIZE));
        const request = decodeSecureRequest(head, await frames.read(head.size));
        this.requests.push(request);
        if (request.kind === "login") link.clientId = secureClientId(request.publicKey);
        const lie = this.lie(request, link);
        if (typeof lie === "function") await lie(link);
        else await link.say(lie ?? this.answer(request, link));
        if (request.kind === "subscribe" && !lie) await this.#subscribe(link);
      }
      await channel.end();
    } finally {
      this.#links.delete(link);
      const id = toHex(link.clientId);
      if (this.#subscribers.get(id) === link) this.#subscribers.delete(id);
    }
  }

  async #subscribe(link: Link): Promise<void> {
    this.#subscribers.set(toHex(link.clientId), link);
    for (const message of this.mailbox(link.clientId)) await link.say({ kind: "push", message });
  }

  /** What an honest server does. */
  answer(request: SecureRequest, { clientId }: Link): SecureResponse {
    switch (request.kind) {
      case "login":
        return { kind: "logged-in", registered: this.#entry(clientId) !== undefined };
      case "register":
        this.clients.push({ id: clientId, name: request.name, publicKey: request.publicKey });
        return { kind: "registered", clientId };
      case "unregister":
        this.clients.splice(this.clients.findIndex(({ id }) => equalBytes(id, clientId)), 1);
        return { kind: "unregistered" };
      case "list-clients": {
        const { prefix, after } = request;
        const behind = this.clients
          .filter(({ id, name }) => !equalBytes(id, clientId) && name > after)
          .filter(({ name }) => name.startsWith(prefix))
          .toSorted((a, b) => a.name < b.name ? -1 : 1);
        return { kind: "client-page", clients: behind.slice(0, MAX_LISTED) };
      }
      case "find-clients": {
        const clients = request.ids.map((id) => this.#entry(id));
        return { kind: "found-clients", clients: clients.filter((client) => client !== undefined) };
      }
      case "find-name": {
        const client = this.clients.find(({ name }) => name === request.name);
        return client
          ? { kind: "found-name", client }
          : { kind: "error", error: "not-found", retryAfter: 0, text: "no client has this name" };
      }
      case "send": {
        const token = toHex(request.token);
        if (!this.#tokens.has(token)) {
          const { to, type, content } = request;
          this.put(to, { from: clientId, type, content });
          this.#tokens.set(token, this.#messageId);
        }
        return { kind: "sent", to: request.to, messageId: this.#tokens.get(token) ?? 0 };
      }
      case "get-messages": {
        const waiting = this.mailbox(clientId).filter((each) => each.messageId > request.after);
        return { kind: "messages", messages: waiting };
      }
      case "subscribe":
        return { kind: "subscribed" };
      case "acknowledge": {
        const left = this.mailbox(clientId)
          .filter(({ messageId }) => !request.messageIds.includes(messageId));
        this.mailboxes.set(toHex(clientId), left);
        return { kind: "acknowledged" };
      }
      case "publish-prekeys":
        this.shelf(clientId).publish(request.prekeys, request.replace);
        return { kind: "prekeys-published" };
      case "check-in":
        return { kind: "checked-in", ...this.shelf(clientId).checkIn(request.mark) };
      case "fetch-prekeys": {
        const prekeys = this.shelf(request.target).draw();
        return prekeys
          ? { kind: "prekeys", clientId: request.target, prekeys }
          : { kind: "error", error: "not-found", retryAfter: 0, text: "there are none" };
      }
      default:
        return this.files.answer(request, clientId);
    }
  }

  #entry(wanted: Bytes): SecureEntry | undefined {
    return this.clients.find(({ id }) => equalBytes(id, wanted));
  }
}

function closeQuietly(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch {
    // Closed already.
  }
}

/** The other end of one connection to a server under test; it sends exactly what it is told. */
import { type Bytes, fromUtf8 } from "../../../shared/bytes.ts";
import { writeAll } from "../../../shared/io.ts";
import { CLIENT_ID_SIZE, PUBLIC_KEY_SIZE } from "../../../shared/limits.ts";
import { encodeRequest, type RequestBody } from "../../../shared/protocol/classic/requests.ts";
import { type Response, type ResponseBody } from "../../../shared/protocol/classic/responses.ts";
import { decodeResponsePayload } from "../protocol/frames.ts";
import { CLASSIC_VERSION, MessageType } from "../../../shared/protocol/codes.ts";
import {
  decodeResponseHeader,
  RESPONSE_HEADER_SIZE,
  type ResponseHeader,
} from "../../../shared/protocol/frame.ts";
import {
  decodeMessageHead,
  MESSAGE_HEAD_SIZE,
  type MessageHead,
} from "../../../shared/protocol/message.ts";

/** The ID of nobody. */
export const ZERO_ID: Bytes = new Uint8Array(CLIENT_ID_SIZE);

/** A delivered message whose content is a text. */
export interface ReceivedText {
  messageId: number;
  text: string;
}

/** As much of a connection as a peer uses. */
export interface PeerConn {
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  setNoDelay(on?: boolean): void;
  closeWrite(): Promise<void>;
  close(): void;
}

/** Reads take no more from the socket than they return, so a test decides what stays unread. */
export class Peer implements Disposable {
  readonly #conn: PeerConn;

  constructor(conn: PeerConn) {
    this.#conn = conn;
    conn.setNoDelay(true);
  }

  static async connect(port: number): Promise<Peer> {
    return new Peer(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  async send(...parts: Uint8Array[]): Promise<void> {
    for (const part of parts) await writeAll(this.#conn, part);
  }

  /** Sends one request of `clientId`. Returns its response. */
  async request(clientId: Bytes, body: RequestBody): Promise<Response> {
    await this.send(requestBytes(clientId, body));
    return await this.response();
  }

  async response(): Promise<Response> {
    const header = await this.header();
    return decodeResponsePayload(header, await this.read(header.size));
  }

  async header(): Promise<ResponseHeader> {
    return decodeResponseHeader(await this.read(RESPONSE_HEADER_SIZE));
  }

  async messageHead(): Promise<MessageHead> {
    return decodeMessageHead(await this.read(MESSAGE_HEAD_SIZE));
  }

  /** Exactly `size` bytes. */
  async read(size: number): Promise<Bytes> {
    const bytes = new Uint8Array(size);
    for (let have = 0; have < size;) {
      const count = await this.#conn.read(bytes.subarray(have));
      if (count === null) throw new Error(`the stream ended after ${have} of ${size} bytes`);
      have += count;
    }
    return bytes;
  }

  /** All bytes until the server ends the connection, by a close or by a reset. */
  async rest(): Promise<Bytes> {
    const chunks: Bytes[] = [];
    const chunk = new Uint8Array(64 * 1024);
    try {
      for (let count; (count = await this.#conn.read(chunk)) !== null;) {
        chunks.push(chunk.slice(0, count));
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
    }
    return new Uint8Array(await new Blob(chunks).arrayBuffer());
  }

  /** Says that nothing more will be sent; what the server still sends can be read. */
  async endSending(): Promise<void> {
    await this.#conn.closeWrite();
  }

  /**
   * Ends the connection: cleanly where every byte that has arrived was read; otherwise the system
   * sends a reset.
   */
  close(): void {
    this.#conn.close();
  }

  [Symbol.dispose](): void {
    try {
      this.#conn.close();
    } catch {
      // The test has closed it.
    }
  }

  async register(name: string, publicKey = keyOf(name)): Promise<Bytes> {
    const response = await this.request(ZERO_ID, { kind: "register", name, publicKey });
    return expectKind(response, "registered").clientId;
  }

  /** Sends a text, or any other content. Returns its message ID. */
  async sendText(from: Bytes, to: Bytes, content: Bytes): Promise<number> {
    const request = { kind: "send", to, type: MessageType.text, content } as const;
    return expectKind(await this.request(from, request), "sent").messageId;
  }

  /** Polls and reads the whole response. */
  async poll(clientId: Bytes): Promise<ReceivedText[]> {
    const response = await this.request(clientId, { kind: "get-messages" });
    return expectKind(response, "messages").messages
      .map(({ messageId, content }) => ({ messageId, text: fromUtf8(content) }));
  }
}

/** The bytes of one request. */
export function requestBytes(clientId: Bytes, body: RequestBody): Bytes {
  return encodeRequest({ clientId, version: CLASSIC_VERSION, ...body });
}

/** `response`, which must be of this kind. */
export function expectKind<K extends ResponseBody["kind"]>(
  response: Response,
  kind: K,
): Response & { kind: K } {
  if (response.kind !== kind) throw new Error(`${kind} expected, got ${response.kind}`);
  return response as Response & { kind: K };
}

/** 160 bytes that differ from name to name. The server does not parse keys. */
export function keyOf(name: string): Bytes {
  const key = new Uint8Array(PUBLIC_KEY_SIZE);
  for (let i = 0; i < key.length; i++) key[i] = 7 * i + name.charCodeAt(i % name.length);
  return key;
}

/**
 * One secure connection from the client's side: handshake, login, and then requests that go out
 * without waiting for each other, while messages may be pushed in between.
 */
import { type Bytes, concat } from "../../shared/bytes.ts";
import { type Channel, openChannel } from "../../shared/channel/channel.ts";
import { ChannelOpening } from "../../shared/channel/opening.ts";
import { type IdentitySecrets, signLogin } from "../../shared/crypto/identity.ts";
import { CryptoError, ProtocolError } from "../../shared/errors.ts";
import { type ByteSink, writeAll } from "../../shared/io.ts";
import { CLIENT_ID_SIZE, FILE_CHUNK_SIZE, MAX_ERROR_TEXT_SIZE } from "../../shared/limits.ts";
import {
  ErrorCode,
  RequestCode,
  ResponseCode,
  SECURE_VERSION,
} from "../../shared/protocol/codes.ts";
import { CHUNK_PREFIX_SIZE, encodeChunkPlace } from "../../shared/protocol/file_request.ts";
import { chunkIn } from "../../shared/protocol/file_response.ts";
import { FrameReader } from "../../shared/protocol/frame_stream.ts";
import { MAX_BUNDLE_SIZE } from "../../shared/protocol/prekey.ts";
import {
  decodeResponseHeader,
  RESPONSE_HEADER_SIZE,
  type ResponseHeader,
} from "../../shared/protocol/response.ts";
import {
  encodeSecureRequest,
  secureHeader,
  type SecureRequest,
} from "../../shared/protocol/secure_request.ts";
import {
  decodeSecureResponse,
  SECURE_RESPONSE_CODES,
  type SecureResponse,
} from "../../shared/protocol/secure_response.ts";
import type { Address } from "./address.ts";
import { ClientError } from "../errors.ts";
import { connect, DEADLINE, explainFailure, MAX_RESPONSE_SIZE, noAnswer } from "./network.ts";
import {
  type PushReceiver,
  receiveMessages,
  type Receiver,
  type SecureReply,
} from "./transport.ts";

/** When a byte last moved, either way. */
interface Activity {
  at: number;
}

export interface ConnectionOptions {
  /** Longest wait for a byte to move while an answer is due, in milliseconds. */
  deadline?: number;
}

/** Who logs in. */
export interface Credentials {
  /** 160 bytes. */
  publicKey: Bytes;
  secrets: IdentitySecrets;
}

/** What a request may be answered with. */
export type ReplyKind = Exclude<SecureResponse["kind"], "error" | "push" | "messages">;

/** A request whose response has not come yet. */
interface Pending {
  code: number;
  /** Takes the response, whose payload is still to be read. */
  take(header: ResponseHeader): Promise<void>;
  fail(reason: unknown): void;
}

/** Largest response in memory: an error with its text, or prekeys. */
const MAX_SMALL_RESPONSE = Math.max(4 + MAX_ERROR_TEXT_SIZE, CLIENT_ID_SIZE + MAX_BUNDLE_SIZE);
/** Largest ones by code where that is more. */
const LARGEST = new Map<number, number>([
  [ResponseCode.clientList, MAX_RESPONSE_SIZE],
  [ResponseCode.chunk, FILE_CHUNK_SIZE],
]);
/** How often it is looked whether the server has gone silent, in milliseconds. */
const WATCH_INTERVAL = 1_000;
/** Most messages that are acknowledged together. */
const ACKNOWLEDGE_STEP = 256;

export class SecureConnection {
  readonly #conn: Deno.TcpConn;
  readonly #channel: Channel;
  readonly #reader: FrameReader;
  readonly #watch: ReturnType<typeof setInterval>;
  readonly #address: Address;
  readonly #activity: Activity;
  readonly #deadline: number;
  /** Resolves when the whole connection has come to its end, receiver included. */
  readonly finished: Promise<void>;
  #pending: Pending[] = [];
  #toAcknowledge: number[] = [];
  /** Until when a request that streams has the sending direction for itself. */
  #streaming: Promise<void> | null = null;
  #receiver: PushReceiver | null = null;
  #failure: unknown = undefined;
  #ended = Promise.withResolvers<never>();

  private constructor(
    address: Address,
    conn: Deno.TcpConn,
    channel: Channel,
    activity: Activity,
    deadline: number,
  ) {
    this.#activity = activity;
    this.#deadline = deadline;
    this.#address = address;
    this.#conn = conn;
    this.#channel = channel;
    this.#reader = new FrameReader(channel);
    this.#ended.promise.catch(() => {}); // told to whoever waits
    this.#watch = setInterval(() => this.#checkSilence(), Math.min(WATCH_INTERVAL, deadline / 2));
    this.finished = this.#read();
  }

  /**
   * Connects, has the server prove its key, and logs in. `checkServer` sees that key before the
   * client says anything about itself, and throws where it is not the right one. The login is on its
   * way when this resolves; where it is refused, every request fails.
   * @throws {ClientError} `unreachable`, `bad-response`, and what `checkServer` throws
   */
  static async open(
    address: Address,
    { publicKey, secrets }: Credentials,
    checkServer: (key: Bytes) => void,
    { deadline = DEADLINE }: ConnectionOptions = {},
  ): Promise<SecureConnection> {
    const conn = await connect(address, deadline);
    try {
      const activity = { at: performance.now() };
      const channel = await withDeadline(conn, deadline, openOver(conn, activity, checkServer));
      const signature = await signLogin(secrets, channel.handshakeHash);
      const connection = new SecureConnection(address, conn, channel, activity, deadline);
      connection.request({ kind: "login", publicKey, signature }, "logged-in")
        .catch((error) => connection.#fail(error));
      return connection;
    } catch (error) {
      closeQuietly(conn);
      throw explainFailure(error, address);
    }
  }

  /** Rejects when the connection has ended, with the reason. */
  get ended(): Promise<never> {
    return this.#ended.promise;
  }

  /** Whether requests can still be made. */
  get usable(): boolean {
    return this.#failure === undefined;
  }

  /**
   * Sends a request and gives its response.
   * @throws {ClientError} `refused` with the server's words, `unreachable`, `bad-response`
   */
  async request<K extends ReplyKind>(request: SecureRequest, expected: K): Promise<SecureReply<K>> {
    while (this.#streaming) await this.#streaming;
    const reply = this.#expect(expected);
    // One behind the other: nothing can come between them.
    await Promise.all(partsOf(request).map((part) => this.#write(part)));
    return await reply;
  }

  /** Sends a request in pieces; `pieces` makes one whole frame. Errors as {@link request}. */
  async stream<K extends ReplyKind>(
    pieces: AsyncIterable<Uint8Array>,
    expected: K,
  ): Promise<SecureReply<K>> {
    while (this.#streaming) await this.#streaming;
    const reply = this.#expect(expected);
    const sending = Promise.withResolvers<void>();
    this.#streaming = sending.promise;
    try {
      for await (const piece of pieces) await this.#write(piece);
    } catch (error) {
      // Half a frame is on its way: nothing can follow it. A refusal says more than that.
      const refused = await Promise.race([reply.then(() => null, (reason) => reason), pause(0)]);
      this.#fail(error);
      throw refused instanceof ClientError && refused.code === "refused" ? refused : error;
    } finally {
      this.#streaming = null;
      sending.resolve();
    }
    return await reply;
  }

  /** Takes the messages behind number `after` into `receiver`; gives their IDs. */
  async poll(after: number, receiver: Receiver): Promise<number[]> {
    while (this.#streaming) await this.#streaming;
    const ids = Promise.withResolvers<number[]>();
    ids.promise.catch(() => {}); // where the request cannot even be written
    this.#pending.push({
      code: ResponseCode.messages,
      take: async ({ size }) => ids.resolve(await receiveMessages(this.#reader, size, receiver)),
      fail: ids.reject,
    });
    await this.#write(encodeSecureRequest({ kind: "get-messages", after }));
    return await ids.promise;
  }

  /** Has the server push messages into `receiver`, which says when they may be acknowledged. */
  async subscribe(receiver: PushReceiver): Promise<void> {
    this.#receiver = receiver;
    await this.request({ kind: "subscribe" }, "subscribed");
  }

  /** Ends the connection; what has not been answered yet fails. */
  async close(): Promise<void> {
    if (this.usable) {
      await withDeadline(this.#conn, this.#deadline, this.#channel.end()).catch(() => {});
    }
    this.#fail(new ClientError("unreachable", "the connection was closed"));
  }

  #expect<K extends ReplyKind>(expected: K): Promise<SecureReply<K>> {
    const reply = Promise.withResolvers<SecureReply<K>>();
    reply.promise.catch(() => {}); // where the request cannot even be written
    if (this.#failure !== undefined) reply.reject(this.#failure);
    this.#pending.push({
      code: SECURE_RESPONSE_CODES[expected],
      take: async (header) => {
        const payload = await this.#payload(header);
        const response = header.code === ResponseCode.chunk
          ? chunkIn(payload)
          : decodeSecureResponse(header, payload);
        reply.resolve(response as SecureResponse as SecureReply<K>);
      },
      fail: reply.reject,
    });
    return reply.promise;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#channel.write(bytes);
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** Reads responses and pushes until the connection ends. Never rejects. */
  async #read(): Promise<void> {
    try {
      while (await this.#reader.more()) {
        const header = decodeResponseHeader(await this.#reader.read(RESPONSE_HEADER_SIZE));
        if (header.version !== SECURE_VERSION) {
          throw new ProtocolError("unsupported", `a response of version ${header.version}`);
        }
        if (header.code === ResponseCode.push) await this.#takePush(header);
        else await this.#takeResponse(header);
        // What came together is handed over, and acknowledged, together.
        const enough = this.#reader.quiet || this.#toAcknowledge.length >= ACKNOWLEDGE_STEP;
        if (enough && this.#toAcknowledge.length > 0) await this.#handOver();
      }
      throw new ProtocolError("truncated", "the server has ended the connection");
    } catch (error) {
      this.#fail(error);
    }
  }

  async #takeResponse(header: ResponseHeader): Promise<void> {
    const pending = this.#pending.shift();
    if (!pending) throw new ProtocolError("malformed", "a response to no request");
    try {
      if (header.code === pending.code) return await pending.take(header);
      if (!isError(header.code)) {
        throw new ProtocolError("malformed", `response ${header.code} for ${pending.code}`);
      }
      const response = decodeSecureResponse(header, await this.#payload(header));
      if (response.kind === "error") pending.fail(refusedBy(response));
    } catch (error) {
      pending.fail(explainFailure(error, this.#address));
      throw error;
    }
  }

  async #takePush({ size }: ResponseHeader): Promise<void> {
    const receiver = this.#receiver;
    if (!receiver) throw new ProtocolError("malformed", "a message that was not asked for");
    const messageIds = await receiveMessages(this.#reader, size, receiver, 1);
    if (messageIds.length === 0) throw new ProtocolError("malformed", "a push of nothing");
    this.#toAcknowledge.push(...messageIds);
  }

  async #handOver(): Promise<void> {
    const receiver = this.#receiver;
    if (!receiver) return;
    await receiver.flush();
    const messageIds = this.#toAcknowledge;
    this.#toAcknowledge = [];
    receiver.stored(() => {
      this.request({ kind: "acknowledge", messageIds }, "acknowledged")
        .catch((error) => this.#fail(error));
    });
  }

  /** Shows the server that this side is alive; fails the connection where the server is not. */
  ping(): void {
    this.request({ kind: "acknowledge", messageIds: [] }, "acknowledged")
      .catch((error) => this.#fail(error));
  }

  async #payload({ code, size }: ResponseHeader): Promise<Bytes> {
    if (size > (LARGEST.get(code) ?? MAX_SMALL_RESPONSE)) {
      throw new ProtocolError("too-large", `a response of ${size} bytes`);
    }
    return await this.#reader.read(size);
  }

  #checkSilence(): void {
    if (this.#pending.length === 0) this.#activity.at = performance.now();
    if (performance.now() - this.#activity.at < this.#deadline) return;
    this.#fail(noAnswer(this.#address));
  }

  /** Ends the connection, once; gives the reason that everybody is told. */
  #fail(error: unknown): unknown {
    if (this.#failure === undefined) {
      this.#failure = explainFailure(error, this.#address);
      clearInterval(this.#watch);
      this.#channel.abort(this.#failure);
      closeQuietly(this.#conn);
      for (const pending of this.#pending.splice(0)) pending.fail(this.#failure);
      this.#ended.reject(this.#failure);
    }
    return this.#failure;
  }
}

/** The handshake; nothing of the client is said before the server's key is accepted. */
async function openOver(
  conn: Deno.TcpConn,
  activity: Activity,
  checkServer: (key: Bytes) => void,
): Promise<Channel> {
  const opening = new ChannelOpening();
  await writeAll(conn, opening.request);
  const reader = new FrameReader(conn);
  const header = decodeResponseHeader(await reader.read(RESPONSE_HEADER_SIZE));
  let result;
  try {
    result = opening.finish(await reader.read(opening.payloadSize(header)));
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    throw new ProtocolError("malformed", "the server's handshake is wrong", { cause: error });
  }
  checkServer(result.remoteStatic);
  const moved = <T>(value: T): T => {
    activity.at = performance.now();
    return value;
  };
  const source = { read: async (into: Uint8Array) => moved(await conn.read(into)) };
  const writer = { write: async (bytes: Uint8Array) => moved(await conn.write(bytes)) };
  const sink: ByteSink = { write: (bytes) => writeAll(writer, bytes) };
  return openChannel(result, source, sink, reader.takeRest());
}

/** Closes `conn` where `step` takes too long. */
async function withDeadline<T>(
  conn: Deno.TcpConn,
  deadline: number,
  step: Promise<T>,
): Promise<T> {
  const timer = setTimeout(() => closeQuietly(conn), deadline);
  try {
    return await step;
  } finally {
    clearTimeout(timer);
  }
}

function closeQuietly(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch {
    // Closed already.
  }
}

/** The frame of a request; the bytes of a chunk are not copied. */
function partsOf(request: SecureRequest): Bytes[] {
  if (request.kind !== "put-chunk") return [encodeSecureRequest(request)];
  const size = CHUNK_PREFIX_SIZE + request.bytes.length;
  const header = secureHeader(RequestCode.putChunk, size);
  return [concat(header, encodeChunkPlace(request)), request.bytes];
}

function isError(code: number): boolean {
  return Object.values<number>(ErrorCode).includes(code);
}

function refusedBy({ error, text, retryAfter }: SecureReply<"error">): ClientError {
  return new ClientError("refused", `the server refused: ${text}`, {
    cause: { error, retryAfter },
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

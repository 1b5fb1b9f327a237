import { type Bytes, concat } from "../../shared/bytes.ts";
import type { Channel } from "../../shared/channel/channel.ts";
import { ProtocolError } from "../../shared/errors.ts";
import { CLIENT_ID_SIZE, FILE_CHUNK_SIZE, MAX_ERROR_TEXT_SIZE } from "../../shared/limits.ts";
import { SECURE_VERSION } from "../../shared/protocol/codes.ts";
import {
  decodeResponseHeader,
  RESPONSE_HEADER_SIZE,
  type ResponseHeader,
} from "../../shared/protocol/frame.ts";
import { registered, stopping } from "../../shared/protocol/secure/account.ts";
import { clientPage, foundClients } from "../../shared/protocol/secure/directory.ts";
import {
  chunk,
  CHUNK_PREFIX_SIZE,
  encodeChunkPlace,
  putChunk,
} from "../../shared/protocol/secure/files.ts";
import { messages, push } from "../../shared/protocol/secure/messages.ts";
import { prekeysLow } from "../../shared/protocol/secure/prekeys.ts";
import {
  encodeSecureRequest,
  SECURE_REQUESTS,
  secureHeader,
  type SecureReply,
  type SecureRequest,
} from "../../shared/protocol/secure/requests.ts";
import {
  decodeSecureReply,
  decodeSecureResponse,
  isErrorCode,
} from "../../shared/protocol/secure/responses.ts";
import { FrameReader } from "../../shared/protocol/frame_stream.ts";
import { MAX_BUNDLE_SIZE } from "../../shared/protocol/prekey.ts";
import { sleep } from "../../shared/sleep.ts";
import { ClientError } from "../errors.ts";
import { type Address, formatAddress } from "./address.ts";
import {
  explainFailure,
  noAnswer,
  refusalName,
  refusedBy,
  retryAfter,
  unknownHere,
} from "./failures.ts";
import { receiveMessages } from "./receive_messages.ts";
import {
  type Credentials,
  type OpenedChannel,
  openSecureChannel,
  type WatchedConn,
} from "./secure_opening.ts";
import type { Patience } from "./silence.ts";
import type { PushReceiver, Receiver, ReplyTo, SmallRequest } from "./transport.ts";

/** What the sending direction is doing. Responses and pushes are read until the connection ends. */
type State =
  /** Any request may go out. */
  | { name: "ready" }
  /** A request goes out in pieces, and nothing may come between them. */
  | { name: "streaming"; done: Promise<void> }
  /** The connection has ended; every request fails with `reason`. */
  | { name: "ended"; reason: unknown };

/** A request whose response has not come yet. */
interface Pending {
  /** The code of the response. */
  code: number;
  /** Takes the response, whose payload is still to be read. */
  take(header: ResponseHeader): Promise<void>;
  fail(reason: unknown): void;
}

/** Largest response in memory: an error with its text, or prekeys. */
const MAX_SMALL_RESPONSE = Math.max(4 + MAX_ERROR_TEXT_SIZE, CLIENT_ID_SIZE + MAX_BUNDLE_SIZE);
/** Those that may be larger, by code. */
const LARGEST = new Map<number, number>([
  [clientPage.code, clientPage.payload.max],
  [foundClients.code, foundClients.payload.max],
  [chunk.code, FILE_CHUNK_SIZE],
]);
/** Most messages that are acknowledged together. */
const ACKNOWLEDGE_STEP = 256;
/** The longest wait before an acknowledgement that came too fast goes out again, in ms. */
const LONGEST_PAUSE = 30_000;

/**
 * One secure connection from the client's side. Requests go out without waiting for each other's
 * responses, and messages may be pushed in between.
 */
export class SecureConnection {
  readonly #conn: WatchedConn;
  readonly #channel: Channel;
  readonly #reader: FrameReader;
  readonly #address: Address;
  /** Resolves when the whole connection has come to its end, receiver included. */
  readonly finished: Promise<void>;
  #state: State = { name: "ready" };
  #pending: Pending[] = [];
  #toAcknowledge: number[] = [];
  #receiver: PushReceiver | null = null;
  /** Whether the server knows the client; null until it has said so. */
  #registered: boolean | null = null;
  /** Set when the server has said that it stops: the reason for whatever fails from then on. */
  #stopping: ClientError | null = null;
  readonly #ended = Promise.withResolvers<never>();

  private constructor(address: Address, { conn, channel }: OpenedChannel) {
    this.#address = address;
    this.#conn = conn;
    this.#channel = channel;
    this.#reader = new FrameReader(channel);
    this.#ended.promise.catch(() => {}); // the waiting requests report it
    conn.watch({
      waits: () => this.#pending.length > 0,
      onSilent: () => this.#end(noAnswer(address)),
    });
    this.finished = this.#read();
  }

  /**
   * Connects and logs in, as {@link openSecureChannel}. The login is on its way when this resolves;
   * if it is refused, every request fails. So it does if no byte moves for longer than
   * `patience` has it while an answer is due.
   */
  static async open(
    address: Address,
    credentials: Credentials,
    checkServer: (key: Bytes) => void,
    patience: Patience = {},
  ): Promise<SecureConnection> {
    const opened = await openSecureChannel(address, credentials, checkServer, patience);
    const connection = new SecureConnection(address, opened);
    connection.request(opened.login).catch((error) => connection.#end(error));
    return connection;
  }

  /** Rejects when the connection has ended, with the reason. */
  get ended(): Promise<never> {
    return this.#ended.promise;
  }

  /** Whether requests can still be made. */
  get usable(): boolean {
    return this.#state.name !== "ended";
  }

  /**
   * Sends a request; returns its response, whose payload is read into `into` if it has room.
   * @throws {ClientError} `refused` with the server's words, `unreachable`, `bad-response`
   */
  async request<R extends SmallRequest>(request: R, into?: Bytes): Promise<ReplyTo<R>> {
    while (this.#state.name === "streaming") await this.#state.done;
    const reply = this.#expect<R["kind"]>(request.kind, into);
    // Both writes at once: nothing can come between them.
    await Promise.all(partsOf(request).map((part) => this.#write(part)));
    return await reply;
  }

  /** Sends a message in pieces, which make one whole frame. Errors as {@link request}. */
  async stream(pieces: AsyncIterable<Uint8Array>): Promise<SecureReply<"send">> {
    while (this.#state.name === "streaming") await this.#state.done;
    const reply = this.#expect("send");
    const sending = Promise.withResolvers<void>();
    this.#state = { name: "streaming", done: sending.promise };
    try {
      for await (const piece of pieces) await this.#write(piece);
    } catch (error) {
      // Half a frame is on its way: nothing can follow it. A refusal says more than that.
      const refused = await Promise.race([reply.then(() => null, (reason) => reason), sleep(0)]);
      this.#end(error);
      throw refused instanceof ClientError && refused.code === "refused" ? refused : error;
    } finally {
      if (this.usable) this.#state = { name: "ready" };
      sending.resolve();
    }
    return await reply;
  }

  /** Hands the messages behind number `after` to `receiver`; returns their IDs. */
  async poll(after: number, receiver: Receiver): Promise<number[]> {
    while (this.#state.name === "streaming") await this.#state.done;
    const take = ({ size }: ResponseHeader) => receiveMessages(this.#reader, size, receiver);
    const ids = this.#await(messages.code, take);
    await this.#write(encodeSecureRequest({ kind: "get-messages", after }));
    return await ids;
  }

  /** Has the server push messages into `receiver`, which says when they may be acknowledged. */
  async subscribe(receiver: PushReceiver): Promise<void> {
    this.#receiver = receiver;
    await this.request({ kind: "subscribe" });
  }

  /** Has the server delete messages; waits and asks again where it says that this is too fast. */
  async acknowledge(messageIds: number[]): Promise<void> {
    for (;;) {
      try {
        await this.request({ kind: "acknowledge", messageIds });
        return;
      } catch (error) {
        const wait = retryAfter(error);
        const short = wait > 0 && wait <= LONGEST_PAUSE;
        if (refusalName(error) !== "rate-limited" || !short) throw error;
        await sleep(wait);
      }
    }
  }

  /** Shows the server that this side is alive; ends the connection if the server is not. */
  ping(): void {
    this.#acknowledge([]);
  }

  /** Ends the connection; what has not been answered yet fails. */
  async close(): Promise<void> {
    if (this.usable) {
      await this.#conn.closeUnless(this.#channel.end()).catch(() => {});
    }
    this.#end(new ClientError("unreachable", "the connection was closed"));
  }

  #expect<K extends SmallRequest["kind"]>(kind: K, into?: Bytes): Promise<SecureReply<K>> {
    return this.#await(
      SECURE_REQUESTS.of[kind].reply.code,
      async (header) => {
        const reply = decodeSecureReply(kind, header, await this.#payload(header, into));
        this.#noteStanding(reply);
        return reply;
      },
    );
  }

  #noteStanding(reply: { kind: string; registered?: boolean }): void {
    if (reply.registered !== undefined) this.#registered = reply.registered;
    if (reply.kind === "registered") this.#registered = true;
    if (reply.kind === "unregistered") this.#registered = false;
  }

  /** Resolves with what `take` makes of the next response, which must have this code. */
  #await<T>(code: number, take: (header: ResponseHeader) => Promise<T>): Promise<T> {
    const { promise, resolve, reject: fail } = Promise.withResolvers<T>();
    promise.catch(() => {}); // in case the request cannot even be written
    if (this.#state.name === "ended") fail(this.#state.reason);
    else this.#pending.push({ code, take: async (header) => resolve(await take(header)), fail });
    return promise;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#channel.write(bytes);
    } catch (error) {
      throw this.#end(error);
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
        if (header.code === push.code) await this.#takePush(header);
        else if (header.code === prekeysLow.code) this.#takePrekeysLow(header);
        else if (header.code === stopping.code) await this.#takeStopping(header);
        else await this.#takeResponse(header);
        // Messages that came together are handed over and acknowledged together.
        const enough = this.#reader.quiet || this.#toAcknowledge.length >= ACKNOWLEDGE_STEP;
        if (enough && this.#toAcknowledge.length > 0) await this.#handOver();
      }
      throw new ProtocolError("truncated", "the server has ended the connection");
    } catch (error) {
      this.#end(error);
    }
  }

  async #takeResponse(header: ResponseHeader): Promise<void> {
    const pending = this.#pending.shift();
    if (!pending) throw new ProtocolError("malformed", "a response to no request");
    try {
      if (header.code === pending.code) return await pending.take(header);
      if (!isErrorCode(header.code)) {
        throw new ProtocolError("malformed", `response ${header.code} for ${pending.code}`);
      }
      const response = decodeSecureResponse(header, await this.#payload(header));
      if (response.kind !== "error") return;
      const isUnknown = this.#registered === false && response.error === "forbidden" &&
        pending.code !== registered.code;
      pending.fail(isUnknown ? unknownHere(this.#address) : refusedBy(response));
    } catch (error) {
      pending.fail(explainFailure(error, this.#address));
      throw error;
    }
  }

  async #takePush({ size }: ResponseHeader): Promise<void> {
    const receiver = this.#receiver;
    if (!receiver) throw new ProtocolError("malformed", "a message that was not asked for");
    if (size === 0) throw new ProtocolError("malformed", "a push of nothing");
    const messageIds = await receiveMessages(this.#reader, size, receiver, 1);
    this.#toAcknowledge.push(...messageIds);
  }

  #takePrekeysLow({ size }: ResponseHeader): void {
    if (!this.#receiver || size > 0) throw new ProtocolError("malformed", "no such push is due");
    this.#receiver.prekeysLow();
  }

  /** What is under way is still answered; then the server ends the connection. */
  async #takeStopping(header: ResponseHeader): Promise<void> {
    if (!this.#receiver) throw new ProtocolError("malformed", "no such push is due");
    const response = decodeSecureResponse(header, await this.#payload(header));
    if (response.kind !== "stopping") return;
    const { retryAfter } = response;
    const message = `the server at ${formatAddress(this.#address)} stops for now`;
    const cause = { error: "shutting-down", retryAfter };
    this.#stopping = new ClientError("refused", message, { cause });
  }

  async #handOver(): Promise<void> {
    const receiver = this.#receiver;
    if (!receiver) return;
    await receiver.flush();
    const messageIds = this.#toAcknowledge;
    this.#toAcknowledge = [];
    receiver.stored(() => this.#acknowledge(messageIds));
  }

  #acknowledge(messageIds: number[]): void {
    this.acknowledge(messageIds).catch((error) => this.#end(error));
  }

  async #payload({ code, size }: ResponseHeader, into?: Bytes): Promise<Bytes> {
    if (size > (LARGEST.get(code) ?? MAX_SMALL_RESPONSE)) {
      throw new ProtocolError("too-large", `a response of ${size} bytes`);
    }
    if (!into || size > into.length) return await this.#reader.read(size);
    const payload = into.subarray(0, size);
    await this.#reader.readFull(payload);
    return payload;
  }

  /** Ends the connection, once; returns the reason that everyone is told. */
  #end(error: unknown): unknown {
    if (this.#state.name === "ended") return this.#state.reason;
    const reason = this.#stopping ?? explainFailure(error, this.#address);
    this.#state = { name: "ended", reason };
    this.#channel.abort(reason);
    this.#conn.close();
    for (const pending of this.#pending.splice(0)) pending.fail(reason);
    this.#ended.reject(reason);
    return reason;
  }
}

/** Returns the frame of a request; the bytes of a chunk are not copied. */
function partsOf(request: SecureRequest): Bytes[] {
  if (request.kind !== "put-chunk") return [encodeSecureRequest(request)];
  const size = CHUNK_PREFIX_SIZE + request.bytes.length;
  const header = secureHeader(putChunk.code, size);
  return [concat(header, encodeChunkPlace(request)), request.bytes];
}

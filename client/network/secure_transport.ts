/**
 * The secure protocol as a {@link Transport}: one connection for all requests, made when it is first
 * needed and made again where it broke. A message that may or may not have arrived is sent again
 * under the same token, so that it arrives once.
 */
import { type Bytes, equalBytes } from "../../shared/bytes.ts";
import { MAX_ACKNOWLEDGED, TOKEN_SIZE } from "../../shared/limits.ts";
import { RequestCode } from "../../shared/protocol/codes.ts";
import type { SendPrefix } from "../../shared/protocol/request.ts";
import type { ResponseBody } from "../../shared/protocol/response.ts";
import {
  encodeSecureSendPrefix,
  SECURE_SEND_PREFIX_SIZE,
  secureHeader,
  type SecureRequest,
} from "../../shared/protocol/secure_request.ts";
import type { Address } from "./address.ts";
import { ClientError } from "../errors.ts";
import { retryAfter } from "./refusals.ts";
import { type Credentials, type ReplyKind, SecureConnection } from "./secure_connection.ts";
import type {
  OnTrouble,
  Polled,
  PushReceiver,
  Receiver,
  Reply,
  RequestWithToken,
  SecureOptions,
  SecureReply,
  Transport,
} from "./transport.ts";

export interface SecureTransportOptions {
  address: Address;
  credentials: Credentials;
  /** Sees the server's key before anything else is said; throws where it is not the right one. */
  checkServer: (key: Bytes) => void;
  /** Waits that many milliseconds. */
  sleep: (milliseconds: number) => Promise<void>;
  /** That many random bytes. */
  random: (size: number) => Bytes;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Longest wait for a byte to move while an answer is due, in milliseconds. */
  deadline?: number;
}

/** How often a request is tried in all. */
const ATTEMPTS = 4;
/** The wait before the second attempt, which doubles each time up to the longest, in milliseconds. */
const FIRST_WAIT = 250;
const LONGEST_WAIT = 30_000;
/** The longest wait that a follower takes from the server's word, in milliseconds: an hour. */
const LONGEST_ASKED = 3_600_000;

export class SecureTransport implements Transport {
  readonly #options: SecureTransportOptions;
  #connection: Promise<SecureConnection> | null = null;
  #closed = false;

  constructor(options: SecureTransportOptions) {
    this.#options = options;
  }

  async exchange<K extends ResponseBody["kind"]>(
    _clientId: Bytes,
    request: RequestWithToken,
    _expected: K,
  ): Promise<Reply<K>> {
    return await this.#exchange(request) as ResponseBody as Reply<K>;
  }

  async secure<K extends ReplyKind>(
    request: SecureRequest,
    expected: K,
    { once = false }: SecureOptions = {},
  ): Promise<SecureReply<K>> {
    if (once) return await (await this.#connected()).request(request, expected);
    return await this.#retrying((connection) => connection.request(request, expected));
  }

  async #exchange(request: RequestWithToken): Promise<ResponseBody> {
    switch (request.kind) {
      case "register":
        return await this.#retrying((connection) => connection.request(request, "registered"));
      case "client-list":
        return await this.#retrying((connection) => connection.request(request, "client-list"));
      case "public-key":
        return await this.#retrying((connection) => connection.request(request, "public-key"));
      case "send": {
        const message = { ...request, token: request.token ?? newToken(this.#options) };
        const sent = await this.#retrying((connection) => connection.request(message, "sent"));
        return checkReceiver(sent, message);
      }
      case "get-messages":
        throw new TypeError("messages are collected by poll");
    }
  }

  async sendStream(
    _clientId: Bytes,
    prefix: SendPrefix,
    content: ReadableStream<Uint8Array>,
  ): Promise<Reply<"sent">> {
    const connection = await this.#connected();
    // Not tried again: what was read of the content is gone.
    const token = newToken(this.#options);
    return checkReceiver(
      await connection.stream(framed({ ...prefix, token }, content), "sent"),
      prefix,
    );
  }

  async poll(_clientId: Bytes, receiver: Receiver): Promise<Polled> {
    // Not tried again: the receiver has part of it. The next poll brings the rest.
    const connection = await this.#retrying((connection) => Promise.resolve(connection));
    const messageIds = await connection.poll(0, receiver);
    await receiver.flush();
    return {
      count: messageIds.length,
      async acknowledge() {
        for (let at = 0; at < messageIds.length; at += MAX_ACKNOWLEDGED) {
          const step = messageIds.slice(at, at + MAX_ACKNOWLEDGED);
          await connection.request({ kind: "acknowledge", messageIds: step }, "acknowledged");
        }
      },
    };
  }

  /**
   * Takes messages as they come, for ever; each connection gets a receiver of its own. Makes the
   * connection again whenever it breaks. Ends by throwing what making it again cannot mend;
   * `onTrouble` hears of all else, with the milliseconds until the next attempt. Once it has worked,
   * an answer that makes no sense is a broken connection, too: anybody on the way can bring it about.
   */
  async follow(
    newReceiver: () => PushReceiver,
    onTrouble: OnTrouble,
  ): Promise<never> {
    let worked = false;
    for (let attempt = 0;;) {
      try {
        const connection = await this.#connected();
        const ping = setInterval(() => connection.ping(), PING_INTERVAL);
        try {
          await connection.subscribe(newReceiver());
          worked = true;
          attempt = 0;
          await connection.ended;
        } finally {
          clearInterval(ping);
          // Two receivers at a time would get into each other's way.
          if (!connection.usable) await connection.finished;
        }
      } catch (error) {
        const senseless = error instanceof ClientError && error.code === "bad-response";
        if (this.#closed || !mayBeTriedAgain(error) && !(worked && senseless)) throw error;
        const wait = Math.min(LONGEST_ASKED, this.#wait(attempt++, error));
        onTrouble(error, wait);
        await this.#options.sleep(wait);
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const connection = await this.#connection?.catch(() => null);
    await connection?.close();
  }

  /** The connection there is, else a new one. */
  async #connected(): Promise<SecureConnection> {
    const last = this.#connection;
    const current = await last?.catch(() => null);
    if (current?.usable) return current;
    if (this.#connection === last || !this.#connection) {
      const { address, credentials, checkServer, deadline } = this.#options;
      this.#connection = SecureConnection.open(address, credentials, checkServer, { deadline });
    }
    return await this.#connection;
  }

  async #retrying<T>(ask: (connection: SecureConnection) => Promise<T>): Promise<T> {
    for (let attempt = 0;; attempt++) {
      try {
        return await ask(await this.#connected());
      } catch (error) {
        if (this.#closed || attempt + 1 === ATTEMPTS || !mayBeTriedAgain(error)) throw error;
        if (retryAfter(error) > LONGEST_WAIT) throw error;
        await this.#options.sleep(this.#wait(attempt, error));
      }
    }
  }

  /** Doubles, and differs from client to client, so that not all come back in the same moment. */
  #wait(attempt: number, error: unknown): number {
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt);
    const share = this.#options.random(1)[0] / 256;
    return Math.max(retryAfter(error), longest * (0.5 + share / 2));
  }
}

/** How often a subscriber shows that it is alive, in milliseconds. */
const PING_INTERVAL = 120_000;

/**
 * A name for one message: 6 bytes of time and 10 random ones. Tokens that begin alike lie side by
 * side on the server's disk, which saves it most of the work that random ones cause.
 */
export function newToken(
  { random, now }: Pick<SecureTransportOptions, "random" | "now">,
): Bytes {
  const token = random(TOKEN_SIZE);
  const time = now();
  const view = new DataView(token.buffer, token.byteOffset);
  view.setUint32(0, Math.floor(time / 2 ** 16));
  view.setUint16(4, time % 2 ** 16);
  return token;
}

/** One whole request 103. */
async function* framed(
  { to, type, size, token }: SendPrefix & { token: Bytes },
  content: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield secureHeader(RequestCode.send, SECURE_SEND_PREFIX_SIZE + size);
  yield encodeSecureSendPrefix({ to, token, type, size });
  yield* content;
}

/** @throws {ClientError} `bad-response` where the server speaks of another message */
function checkReceiver(sent: Reply<"sent">, { to }: { to: Bytes }): Reply<"sent"> {
  if (equalBytes(sent.to, to)) return sent;
  throw new ClientError("bad-response", "the server says that the message went to another client");
}

/** A broken connection, or a server that asks to come back later. */
function mayBeTriedAgain(error: unknown): boolean {
  if (!(error instanceof ClientError)) return false;
  return error.code === "unreachable" || retryAfter(error) > 0;
}

import type { Random } from "../../shared/crypto/random.ts";
import { type Bytes, equalBytes } from "../../shared/bytes.ts";
import { KiB, MAX_ACKNOWLEDGED, MAX_LISTED, TOKEN_SIZE } from "../../shared/limits.ts";
import {
  encodeSecureSendPrefix,
  SECURE_SEND_PREFIX_SIZE,
  send,
} from "../../shared/protocol/secure/messages.ts";
import type { SecureEntry } from "../../shared/protocol/secure/directory.ts";
import type { MessageHead } from "../../shared/protocol/message.ts";
import { secureHeader } from "../../shared/protocol/secure/requests.ts";
import { ClientError } from "../errors.ts";
import type { ConnectionState } from "../events.ts";
import { type Address, formatAddress } from "./address.ts";
import { AwakeningWatch, type Surroundings } from "./awakening.ts";
import { fullFor, isNoAnswer, refusalName, retryAfter } from "./failures.ts";
import { SecureConnection } from "./secure_connection.ts";
import type { Credentials } from "./secure_opening.ts";
import type { Patience } from "./silence.ts";
import type {
  IncomingContent,
  ListedClient,
  Message,
  Polled,
  PushReceiver,
  Receiver,
  ReplyTo,
  SecureTransport,
  SmallRequest,
  StreamedMessage,
} from "./transport.ts";

export interface ReconnectingOptions extends Patience, Surroundings {
  address: Address;
  credentials: Credentials;
  /** Checks the server's key before anything else is sent; throws if it is the wrong one. */
  checkServer: (key: Bytes) => void;
  /** Waits that many milliseconds. */
  sleep: (milliseconds: number) => Promise<void>;
  /** Returns that many random bytes. */
  random: Random;
  /** Hears of the connection; `text` is for people. */
  onConnection?: (state: ConnectionState, text: string) => void;
}

/** How often a request is tried in all. */
const ATTEMPTS = 4;
/** The wait before the second attempt, in milliseconds. It doubles each time, up to the longest. */
const FIRST_WAIT = 250;
const LONGEST_WAIT = 30_000;
/** The longest wait that a follower accepts from the server, in milliseconds: an hour. */
const LONGEST_ASKED = 3_600_000;
/** How long a server that was silent is not asked again, but by a follower, in milliseconds. */
const SILENCE_PAUSE = 30_000;
/** How often a subscriber shows that it is alive, in milliseconds. */
const PING_INTERVAL = 120_000;

/**
 * The secure protocol over one connection, which is opened when it is first needed, and again after
 * it broke. A message that may or may not have arrived is sent again under the same token, so that
 * it arrives once. A server that was silent to the deadline is given up for a while: so what a
 * command asks next fails at once.
 */
export class ReconnectingTransport implements SecureTransport {
  #connection: Promise<SecureConnection> | null = null;
  #closed = false;
  #follows = false;
  /** When the server was last given up because it was silent, and with which error. */
  #silence: { at: number; error: unknown } | null = null;

  constructor(private readonly options: ReconnectingOptions) {}

  async request<R extends SmallRequest>(
    request: R,
    { once = false, into }: { once?: boolean; into?: Bytes } = {},
  ): Promise<ReplyTo<R>> {
    if (once) return await (await this.#connected()).request(request, into);
    return await this.#retrying((connection) => connection.request(request, into));
  }

  async register(name: string, publicKey: Bytes, invite?: Bytes): Promise<Bytes> {
    return (await this.request({ kind: "register", name, publicKey, invite })).clientId;
  }

  async *list(prefix: string): AsyncGenerator<ListedClient[]> {
    for (let after = "";;) {
      const { clients } = await this.request({ kind: "list-clients", prefix, after });
      yield clients;
      if (clients.length < MAX_LISTED) return;
      const last = clients[MAX_LISTED - 1].name;
      if (last === after) throw new ClientError("bad-response", "the server's list has no end");
      after = last;
    }
  }

  async named(name: string): Promise<ListedClient | undefined> {
    try {
      return (await this.request({ kind: "find-name", name })).client;
    } catch (error) {
      if (refusalName(error) === "not-found") return undefined;
      throw error;
    }
  }

  async withIds(ids: readonly Bytes[]): Promise<SecureEntry[]> {
    return (await this.request({ kind: "find-clients", ids: [...ids] })).clients;
  }

  async publicKey(target: Bytes): Promise<{ clientId: Bytes; publicKey: Bytes }> {
    const [found] = await this.withIds([target]);
    if (found) return { clientId: found.id, publicKey: found.publicKey };
    throw new ClientError("refused", "the server refused: no client has this ID", {
      cause: { error: "not-found" },
    });
  }

  async send(
    { to, type, content, token = newToken(this.options) }: Message & { token?: Bytes },
    options?: { once?: boolean },
  ): Promise<number> {
    return messageIdOf(await this.request({ kind: "send", to, type, token, content }, options), to);
  }

  async sendStream(message: StreamedMessage): Promise<number> {
    const connection = await this.#connected();
    // Not tried again: what was read of the content is gone.
    const pieces = framed(message, message.token ?? newToken(this.options));
    return messageIdOf(await connection.stream(pieces), message.to);
  }

  async poll(receiver: Receiver, after = 0): Promise<Polled> {
    // Not tried again: the receiver has part of it. The next poll brings the rest.
    const connection = await this.#retrying((connection) => Promise.resolve(connection));
    const messageIds = await connection.poll(after, receiver);
    await receiver.flush();
    return {
      count: messageIds.length,
      async acknowledge() {
        for (let at = 0; at < messageIds.length; at += MAX_ACKNOWLEDGED) {
          const step = messageIds.slice(at, at + MAX_ACKNOWLEDGED);
          await connection.acknowledge(step);
        }
      },
    };
  }

  async waits(after: number): Promise<boolean> {
    return (await this.#retrying((connection) => connection.poll(after, new Unread()))).length > 0;
  }

  /**
   * See {@link SecureTransport.follow}. Once it has worked, an answer that makes no sense is a
   * broken connection, too: anyone on the way can bring it about.
   */
  async follow(newReceiver: () => PushReceiver): Promise<never> {
    let worked = false;
    let attempt = 0;
    let current: SecureConnection | null = null;
    let renewed = false;
    let awake = Promise.withResolvers<void>();
    this.#follows = true;
    using _watch = new AwakeningWatch(this.options, (change) => {
      attempt = 0;
      if (change === "slept") {
        // Nobody knows whether the other side is still there.
        renewed = current !== null;
        void current?.close();
      } else current?.ping();
      awake.resolve();
      awake = Promise.withResolvers();
    });
    for (;;) {
      try {
        this.#silence = null;
        const connection = await this.#connected();
        const ping = setInterval(() => connection.ping(), PING_INTERVAL);
        try {
          current = connection;
          await connection.subscribe(newReceiver());
          this.#tell("connected");
          worked = true;
          attempt = 0;
          await connection.ended;
        } finally {
          current = null;
          clearInterval(ping);
          // Two receivers at a time would disturb each other.
          if (!connection.usable) await connection.finished;
        }
      } catch (error) {
        const senseless = error instanceof ClientError && error.code === "bad-response";
        if (this.#closed || !mayBeTriedAgain(error) && !(worked && senseless)) {
          this.#follows = false;
          throw error;
        }
        if (renewed) {
          renewed = false;
          continue;
        }
        const wait = Math.min(LONGEST_ASKED, this.#wait(attempt++, error));
        this.#tell("waiting", error);
        await Promise.race([this.options.sleep(wait), awake.promise]);
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const connection = await this.#connection?.catch(() => null);
    await connection?.close();
  }

  /** Returns the open connection, or a new one. */
  async #connected(): Promise<SecureConnection> {
    const last = this.#connection;
    const current = await last?.catch(() => null);
    if (current?.usable) return current;
    if (this.#connection === last || !this.#connection) {
      if (this.#silence && this.options.now() - this.#silence.at < SILENCE_PAUSE) {
        throw this.#silence.error;
      }
      this.#connection = this.#open();
    }
    return await this.#connection;
  }

  async #open(): Promise<SecureConnection> {
    const { address, credentials, checkServer } = this.options;
    const note = (error: unknown) => {
      if (isNoAnswer(error)) this.#silence = { at: this.options.now(), error };
    };
    try {
      const connection = await SecureConnection.open(
        address,
        credentials,
        checkServer,
        this.options,
      );
      connection.ended.catch(note);
      // For a follower it is one when it is told of messages.
      if (!this.#follows) this.#tell("connected");
      connection.ended.catch((error) => this.#tell("offline", error));
      return connection;
    } catch (error) {
      note(error);
      this.#tell("offline", error);
      throw error;
    }
  }

  /** Tells of the connection: with which server, or why there is none. */
  #tell(state: ConnectionState, error?: unknown): void {
    if (this.#closed) return;
    const reason = error instanceof Error ? error.message : formatAddress(this.options.address);
    this.options.onConnection?.(state, reason);
  }

  async #retrying<T>(ask: (connection: SecureConnection) => Promise<T>): Promise<T> {
    for (let attempt = 0;; attempt++) {
      try {
        return await ask(await this.#connected());
      } catch (error) {
        if (this.#closed || attempt + 1 === ATTEMPTS || !mayBeTriedAgain(error)) throw error;
        if (isNoAnswer(error)) throw error; // it was waited for long enough
        // What is full is so for longer than anyone waits for a command.
        if (retryAfter(error) > LONGEST_WAIT || fullFor(error) !== undefined) throw error;
        await this.options.sleep(this.#wait(attempt, error));
      }
    }
  }

  /**
   * Returns a wait that doubles, and is random, so that not all clients return at once. A server
   * that stops says when to return; they spread over as long again.
   */
  #wait(attempt: number, error: unknown): number {
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt);
    const share = this.options.random(1)[0] / 256;
    const asked = retryAfter(error);
    if (refusalName(error) === "shutting-down") return asked * (1 + share);
    return Math.max(asked, longest * (0.5 + share / 2));
  }
}

/** Keeps nothing of what it gets. */
class Unread implements Receiver {
  readonly #buffer = new Uint8Array(64 * KiB);

  async store(_: MessageHead, content: IncomingContent): Promise<boolean> {
    while (await content.read(this.#buffer) > 0);
    return true;
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * Returns a token for one message: 6 bytes of time and 10 random ones. Tokens that begin alike are
 * neighbours on the server's disk, which saves it most of the work that random ones cause.
 */
export function newToken({ random, now }: Pick<ReconnectingOptions, "random" | "now">): Bytes {
  const token = random(TOKEN_SIZE);
  const view = new DataView(token.buffer, token.byteOffset);
  const time = now();
  view.setUint32(0, Math.floor(time / 2 ** 16));
  view.setUint16(4, time % 2 ** 16);
  return token;
}

/** Yields one whole request 103. */
async function* framed(
  { to, type, size, content }: StreamedMessage,
  token: Bytes,
): AsyncGenerator<Uint8Array> {
  yield secureHeader(send.code, SECURE_SEND_PREFIX_SIZE + size);
  yield encodeSecureSendPrefix({ to, token, type, size });
  yield* content;
}

/** @throws {ClientError} `bad-response` if the server speaks of another receiver */
function messageIdOf(sent: { to: Bytes; messageId: number }, to: Bytes): number {
  if (equalBytes(sent.to, to)) return sent.messageId;
  throw new ClientError("bad-response", "the server says that the message went to another client");
}

/** Reports whether the connection broke, or the server asks to come back later. */
function mayBeTriedAgain(error: unknown): boolean {
  if (!(error instanceof ClientError)) return false;
  return error.code === "unreachable" || retryAfter(error) > 0;
}

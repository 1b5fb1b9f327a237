/**
 * The classic protocol over TCP, from the client's side: one connection a request, as the original
 * client has it.
 */
import type { Bytes } from "../shared/bytes.ts";
import { ProtocolError } from "../shared/errors.ts";
import { writeAll } from "../shared/io.ts";
import { MiB } from "../shared/limits.ts";
import { CLASSIC_VERSION, RequestCode, ResponseCode } from "../shared/protocol/codes.ts";
import { FrameReader } from "../shared/protocol/frame_stream.ts";
import {
  encodeRequest,
  encodeRequestHeader,
  encodeSendPrefix,
  type RequestBody,
  SEND_PREFIX_SIZE,
  type SendPrefix,
} from "../shared/protocol/request.ts";
import {
  decodeMessageHead,
  decodeResponseHeader,
  decodeResponsePayload,
  MESSAGE_HEAD_SIZE,
  type MessageHead,
  RESPONSE_CODES,
  RESPONSE_HEADER_SIZE,
  type ResponseBody,
  type ResponseHeader,
} from "../shared/protocol/response.ts";
import { type Address, formatAddress } from "./address.ts";
import { ClientError } from "./errors.ts";

/** Longest wait for a connection, and for the next byte of a response, in milliseconds. */
const DEADLINE = 30_000;
/** Largest response that is taken into memory: a list of about 247,000 clients. */
const MAX_RESPONSE_SIZE = 64 * MiB;

/** The content of a message that is being received. */
export interface IncomingContent {
  /** Puts at most `into.length` bytes of what is left into `into`; gives their number, 0 at the end. */
  read(into: Uint8Array): Promise<number>;
}

/** Who takes the messages of a poll. */
export interface Receiver {
  /** Takes one message with all of its content. */
  store(head: MessageHead, content: IncomingContent): Promise<void>;
  /** Resolves when all that was taken is on the disk. */
  flush(): Promise<void>;
}

type Reply<K extends ResponseBody["kind"]> = Extract<ResponseBody, { kind: K }>;

export class Transport {
  readonly #address: Address;

  constructor(address: Address) {
    this.#address = address;
  }

  /**
   * Sends a request that fits into memory and waits for its response.
   * @throws {ClientError} `refused` for response 9000, `unreachable`, `bad-response`
   */
  async exchange<K extends ResponseBody["kind"]>(
    clientId: Bytes,
    request: RequestBody,
    expected: K,
  ): Promise<Reply<K>> {
    const bytes = encodeRequest({ clientId, version: CLASSIC_VERSION, ...request });
    return await this.#connected(async (link) => {
      await link.write(bytes);
      return await link.response(expected);
    });
  }

  /** Sends a message whose `size` bytes of content stream. Errors as {@link exchange}. */
  async sendStream(
    clientId: Bytes,
    { to, type, size }: SendPrefix,
    content: ReadableStream<Uint8Array>,
  ): Promise<Reply<"sent">> {
    const header = {
      clientId,
      version: CLASSIC_VERSION,
      code: RequestCode.send,
      size: SEND_PREFIX_SIZE + size,
    };
    return await this.#connected(async (link) => {
      try {
        await link.write(encodeRequestHeader(header));
        await link.write(encodeSendPrefix({ to, type, size }));
        for await (const chunk of content) await link.write(chunk);
      } catch (error) {
        // A server that refuses answers at once and stops reading: its answer says more.
        if (isNetworkError(error)) return await link.response("sent", error);
        throw error;
      }
      return await link.response("sent");
    });
  }

  /**
   * Collects the waiting messages into `receiver`. The server deletes them after it has all on the
   * disk; where it or the connection fails, the server keeps them. Gives their number. Errors as
   * {@link exchange}.
   */
  async poll(clientId: Bytes, receiver: Receiver): Promise<number> {
    const request = encodeRequest({ clientId, version: CLASSIC_VERSION, kind: "get-messages" });
    return await this.#connected(async (link) => {
      await link.write(request);
      const { size } = await link.header(ResponseCode.messages);
      try {
        const count = await receiveMessages(link, size, receiver);
        await receiver.flush();
        return count;
      } catch (error) {
        // An end inside a request tells the server that the response was not taken.
        await link.write(new Uint8Array(1)).catch(() => {});
        throw error;
      }
    });
  }

  async #connected<T>(use: (link: Link) => Promise<T>): Promise<T> {
    const where = formatAddress(this.#address);
    let conn: Deno.TcpConn;
    try {
      conn = await connect(this.#address);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ClientError(
        "unreachable",
        `cannot reach the server at ${where}: ${reason}. Is it running, and is the address right?`,
        { cause },
      );
    }
    const link = new Link(conn);
    try {
      return await use(link);
    } catch (error) {
      if (link.timedOut) {
        throw new ClientError("unreachable", `the server at ${where} does not answer`);
      }
      if (isNetworkError(error) || error instanceof ProtocolError && error.code === "truncated") {
        throw new ClientError("unreachable", `the connection to ${where} broke; try again`, {
          cause: error,
        });
      }
      if (error instanceof ProtocolError) {
        const message = `the server at ${where} does not speak this protocol: ${error.message}`;
        throw new ClientError("bad-response", message, { cause: error });
      }
      throw error;
    } finally {
      link.close();
    }
  }
}

/** Takes apart a response of `size` bytes. */
async function receiveMessages(
  link: Link,
  size: number,
  receiver: Receiver,
): Promise<number> {
  let left = size;
  let count = 0;
  while (left > 0) {
    if (left < MESSAGE_HEAD_SIZE) throw new ProtocolError("malformed", "a message is cut off");
    const head = decodeMessageHead(await link.read(MESSAGE_HEAD_SIZE));
    left -= MESSAGE_HEAD_SIZE;
    if (head.size > left) throw new ProtocolError("malformed", "a message exceeds its response");
    let contentLeft = head.size;
    left -= head.size;
    await receiver.store(head, {
      read: async (into) => {
        if (contentLeft === 0) return 0;
        const count = await link.readSome(into.subarray(0, Math.min(into.length, contentLeft)));
        contentLeft -= count;
        return count;
      },
    });
    if (contentLeft > 0) throw new RangeError("a message was stored in part");
    count++;
  }
  return count;
}

/** One connection, with a deadline for each of its steps. */
class Link {
  readonly #conn: Deno.TcpConn;
  readonly #reader: FrameReader;
  timedOut = false;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    this.#reader = new FrameReader(conn);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#inTime(writeAll(this.#conn, bytes));
  }

  read(size: number): Promise<Bytes> {
    return this.#inTime(this.#reader.read(size));
  }

  readSome(into: Uint8Array): Promise<number> {
    return this.#inTime(this.#reader.readSome(into));
  }

  /** The response's header, where it has `code`. `fallback` is the error where none comes. */
  async header(code: number, fallback?: unknown): Promise<ResponseHeader> {
    let header: ResponseHeader;
    try {
      header = decodeResponseHeader(await this.read(RESPONSE_HEADER_SIZE));
    } catch (error) {
      throw fallback ?? error;
    }
    if (header.code === ResponseCode.failure) {
      throw new ClientError("refused", "the server refused the request");
    }
    if (header.code !== code) {
      throw new ProtocolError("malformed", `response ${header.code} to a request for ${code}`);
    }
    return header;
  }

  /** The whole response, which must be of the `expected` kind. */
  async response<K extends ResponseBody["kind"]>(expected: K, fallback?: unknown) {
    const header = await this.header(RESPONSE_CODES[expected], fallback);
    if (header.size > MAX_RESPONSE_SIZE) {
      throw new ProtocolError("too-large", `a response of ${header.size} bytes`);
    }
    const response = decodeResponsePayload(header, await this.read(header.size));
    return response as ResponseBody as Reply<K>;
  }

  close(): void {
    try {
      this.#conn.close();
    } catch {
      // Closed by its deadline.
    }
  }

  async #inTime<T>(step: Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      this.timedOut = true;
      this.close();
    }, DEADLINE);
    try {
      return await step;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Connects within the deadline. */
async function connect({ hostname, port }: Address): Promise<Deno.TcpConn> {
  let late = false;
  const connecting = Deno.connect({ hostname, port });
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late = true;
    timeout.reject(new Error("no answer"));
  }, DEADLINE);
  connecting.then((conn) => late && conn.close(), () => {});
  try {
    return await Promise.race([connecting, timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function isNetworkError(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.UnexpectedEof ||
    error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.TimedOut;
}

/**
 * The classic protocol over TCP, from the client's side: one connection a request, as the original
 * client has it.
 */
import type { Bytes } from "../../shared/bytes.ts";
import { ProtocolError } from "../../shared/errors.ts";
import type { ByteSource } from "../../shared/io.ts";
import { CLASSIC_VERSION } from "../../shared/protocol/codes.ts";
import {
  CLASSIC_REQUESTS,
  encodeRequest,
  encodeSendPrefix,
  type RequestBody,
  SEND_PREFIX_SIZE,
  type SendPrefix,
} from "../../shared/protocol/classic/requests.ts";
import {
  CLASSIC_RESPONSES,
  decodeResponsePayload,
  type ResponseBody,
} from "../../shared/protocol/classic/responses.ts";
import {
  decodeResponseHeader,
  encodeRequestHeader,
  RESPONSE_HEADER_SIZE,
  type ResponseHeader,
} from "../../shared/protocol/frame.ts";
import { FrameReader } from "../../shared/protocol/frame_stream.ts";
import { ClientError } from "../errors.ts";
import type { Address } from "../network/address.ts";
import { connect, DEADLINE, MAX_RESPONSE_SIZE } from "../network/connect.ts";
import { explainFailure, isNetworkError, noAnswer } from "../network/failures.ts";
import { receiveMessages } from "../network/receive_messages.ts";
import type { ListedClient, Message, Polled, Receiver, Transport } from "../network/transport.ts";

export class ClassicTransport implements Transport {
  readonly #address: Address;
  readonly #clientId: Bytes;
  readonly #deadline: number;

  /**
   * The client with the ID `clientId` asks; zeros if it has none yet.
   * @throws {ClientError} `wrong-server` if the address demands a key, which no server can prove here
   */
  constructor(
    address: Address,
    clientId: Bytes,
    { deadline = DEADLINE }: { deadline?: number } = {},
  ) {
    if (address.key) {
      throw new ClientError(
        "wrong-server",
        "the address demands a key (#), which a server cannot prove to a classic client; use a " +
          "secure identity, or leave the key out of the address",
      );
    }
    this.#address = address;
    this.#clientId = clientId;
    this.#deadline = deadline;
  }

  async register(name: string, publicKey: Bytes): Promise<Bytes> {
    return (await this.#exchange({ kind: "register", name, publicKey }, "registered")).clientId;
  }

  async clients(): Promise<ListedClient[]> {
    return (await this.#exchange({ kind: "client-list" }, "client-list")).clients;
  }

  async publicKey(target: Bytes): Promise<{ clientId: Bytes; publicKey: Bytes }> {
    return await this.#exchange({ kind: "public-key", target }, "public-key");
  }

  async send(message: Message): Promise<number> {
    return (await this.#exchange({ kind: "send", ...message }, "sent")).messageId;
  }

  async #exchange<K extends ResponseBody["kind"]>(
    request: RequestBody,
    expected: K,
  ): Promise<Reply<K>> {
    const bytes = encodeRequest({ clientId: this.#clientId, version: CLASSIC_VERSION, ...request });
    return await this.#connected(async (link) => {
      await link.write(bytes);
      return await link.response(expected);
    });
  }

  async sendStream(
    { to, type, size }: SendPrefix,
    content: ReadableStream<Uint8Array>,
  ): Promise<number> {
    const header = {
      clientId: this.#clientId,
      version: CLASSIC_VERSION,
      code: CLASSIC_REQUESTS.of.send.code,
      size: SEND_PREFIX_SIZE + size,
    };
    return await this.#connected(async (link) => {
      try {
        await link.write(encodeRequestHeader(header));
        await link.write(encodeSendPrefix({ to, type, size }));
        for await (const chunk of content) await link.write(chunk);
      } catch (error) {
        // A server that refuses answers at once and stops reading: its answer says more.
        if (isNetworkError(error)) return (await link.response("sent", error)).messageId;
        throw error;
      }
      return (await link.response("sent")).messageId;
    });
  }

  /**
   * See {@link Transport.poll}. The server deletes the messages once all are on the disk, which cannot
   * wait for more: so there is nothing to acknowledge.
   */
  async poll(receiver: Receiver): Promise<Polled> {
    const count = await this.#poll(receiver);
    return { count, acknowledge: () => Promise.resolve() };
  }

  async #poll(receiver: Receiver): Promise<number> {
    const clientId = this.#clientId;
    const asker = { clientId, version: CLASSIC_VERSION };
    // An end inside a request tells the server that the response before was not taken, also where
    // the system ends the connection because this process was killed. So the first byte of a further
    // request goes out before the last byte of the response is taken, and the others once all is on
    // the disk. Any request would do.
    const further = encodeRequest({ ...asker, kind: "public-key", target: clientId });
    return await this.#connected(async (link) => {
      await link.write(encodeRequest({ ...asker, kind: "get-messages" }));
      link.pauseAfter(RESPONSE_HEADER_SIZE);
      const { size } = await link.header(CLASSIC_RESPONSES.of.messages.code);
      if (size === 0) return 0;
      link.pauseAfter(size - 1, () => ifPossible(link.write(further.subarray(0, 1))));
      let count: number;
      try {
        count = (await receiveMessages(link, size, receiver)).length;
        await receiver.flush();
      } catch (error) {
        await ifPossible(link.write(further.subarray(0, 1)));
        await receiver.flush().catch(() => {}); // the error to tell of is the first
        throw error;
      }
      // Where this fails nothing is lost: a server that takes one request a connection has deleted
      // the messages, and any other delivers them again, and they are known then.
      await ifPossible(link.write(further.subarray(1)).then(() => link.response("public-key")));
      return count;
    });
  }

  async #connected<T>(use: (link: Link) => Promise<T>): Promise<T> {
    const link = new Link(await connect(this.#address, this.#deadline), this.#deadline);
    try {
      return await use(link);
    } catch (error) {
      throw link.timedOut ? noAnswer(this.#address) : explainFailure(error, this.#address);
    } finally {
      link.close();
    }
  }
}

type Reply<K extends ResponseBody["kind"]> = Extract<ResponseBody, { kind: K }>;

function isReply<K extends ResponseBody["kind"]>(
  response: ResponseBody,
  kind: K,
): response is Reply<K> {
  return response.kind === kind;
}

/** One connection, with a deadline for each of its steps. */
class Link {
  readonly #conn: Deno.TcpConn;
  readonly #source: PausingSource;
  readonly #reader: FrameReader;
  readonly #deadline: number;
  timedOut = false;

  constructor(conn: Deno.TcpConn, deadline: number) {
    this.#conn = conn;
    this.#source = new PausingSource(conn);
    this.#reader = new FrameReader(this.#source);
    this.#deadline = deadline;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length;) {
      written += await this.#inTime(this.#conn.write(bytes.subarray(written)));
    }
  }

  async read(size: number): Promise<Bytes> {
    const bytes = new Uint8Array(size);
    for (let have = 0; have < size;) have += await this.readSome(bytes.subarray(have));
    return bytes;
  }

  /** Leaves what follows the next `size` bytes with the system until `then` was done. */
  pauseAfter(size: number, then?: () => Promise<void>): void {
    this.#source.pauseAfter(size, then);
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
    if (header.code === CLASSIC_RESPONSES.of.failure.code) {
      throw new ClientError("refused", "the server refused the request");
    }
    if (header.code !== code) {
      throw new ProtocolError("malformed", `response ${header.code} to a request for ${code}`);
    }
    return header;
  }

  /** The whole response, which must be of the `expected` kind. */
  async response<K extends ResponseBody["kind"]>(expected: K, fallback?: unknown) {
    const header = await this.header(CLASSIC_RESPONSES.of[expected].code, fallback);
    CLASSIC_RESPONSES.checkSize(header);
    if (header.size > MAX_RESPONSE_SIZE) {
      throw new ProtocolError("too-large", `a response of ${header.size} bytes`);
    }
    const response = decodeResponsePayload(header, await this.read(header.size));
    if (!isReply(response, expected)) throw new RangeError("a code has another kind");
    return response;
  }

  close(): void {
    try {
      this.#conn.close();
    } catch {
      // Closed by its deadline.
    }
  }

  /** Not every step ends when its connection is closed, so the deadline is an end of its own. */
  async #inTime<T>(step: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      this.timedOut = true;
      this.close();
      late.reject(new Deno.errors.TimedOut("no answer"));
    }, this.#deadline);
    try {
      return await Promise.race([step, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The bytes of a connection, with a place where it pauses. */
class PausingSource implements ByteSource {
  readonly #conn: Deno.TcpConn;
  #left = Infinity;
  #then: (() => Promise<void>) | undefined;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  pauseAfter(size: number, then?: () => Promise<void>): void {
    this.#left = size;
    this.#then = then;
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (this.#left === 0) {
      this.#left = Infinity;
      await this.#then?.();
    }
    const count = await this.#conn.read(into.subarray(0, Math.min(into.length, this.#left)));
    this.#left -= count ?? 0;
    return count;
  }
}

/** Waits for what may fail because of the other side. */
async function ifPossible(step: Promise<unknown>): Promise<void> {
  try {
    await step;
  } catch (error) {
    const expected = isNetworkError(error) || error instanceof ProtocolError ||
      error instanceof ClientError;
    if (!expected) throw error;
  }
}

/**
 * One classic connection: requests in, responses out, in order, until the peer closes.
 *
 * Delivered messages stay leased until the peer has shown that it got the whole response: by
 * closing cleanly, or by a request that it began after the response was written. Anything else (a
 * reset, an end inside a frame, a deadline) gives them back to the mailbox.
 */
import type { Bytes } from "../shared/bytes.ts";
import { ProtocolError, StorageError } from "../shared/errors.ts";
import { type ByteSink, writeAll } from "../shared/io.ts";
import { CLASSIC_VERSION, ResponseCode } from "../shared/protocol/codes.ts";
import { FrameReader } from "../shared/protocol/frame_stream.ts";
import { decodeRequestHeader, REQUEST_HEADER_SIZE } from "../shared/protocol/request.ts";
import {
  encodeResponse,
  encodeResponseHeader,
  RESPONSE_HEADER_SIZE,
  type ResponseBody,
} from "../shared/protocol/response.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import { type Delivery, writeDelivery } from "./delivery.ts";
import { dispatch } from "./dispatch.ts";
import { Payload } from "./payload.ts";
import type { Services } from "./services.ts";

const FAILURE: ResponseBody = { kind: "failure" };

export class Connection {
  readonly #conn: Deno.Conn;
  readonly #reader: FrameReader;
  readonly #services: Services;
  readonly #deadlines: Deadlines;
  readonly #deadline: Deadline;
  #delivered: Delivery[] = [];
  /** Whether the peer's next sign proves that it got all responses so far. */
  #provable = true;
  #busy = false;
  #stopping = false;

  constructor(conn: Deno.Conn, services: Services, deadlines: Deadlines) {
    this.#conn = conn;
    this.#reader = new FrameReader(conn);
    this.#services = services;
    this.#deadlines = deadlines;
    this.#deadline = deadlines.add(() => this.abort());
  }

  /** Serves the peer until either side ends the connection. Never rejects. */
  async serve(): Promise<void> {
    try {
      while (await this.#waitForRequest() && await this.#serveRequest());
    } catch (error) {
      this.#logEnd(error);
    } finally {
      for (const { lease } of this.#delivered) this.#services.storage.release(lease);
      this.#deadlines.remove(this.#deadline);
      this.abort();
    }
  }

  /** Ends the connection as soon as nothing is under way on it. */
  stop(): void {
    this.#stopping = true;
    if (!this.#busy && this.#delivered.length === 0) this.abort();
  }

  /** Ends the connection now. */
  abort(): void {
    try {
      this.#conn.close();
    } catch {
      // Closed already.
    }
  }

  /** Gives false when there will be no further request. */
  async #waitForRequest(): Promise<boolean> {
    if (this.#stopping && this.#delivered.length === 0) return false;
    this.#busy = false;
    this.#extend(this.#services.limits.idleDeadline);
    const more = await this.#reader.more();
    this.#busy = true;
    if (!more) await this.#confirmDelivered();
    return more;
  }

  /** Gives false when the stream of requests cannot go on. */
  async #serveRequest(): Promise<boolean> {
    const { limits } = this.#services;
    this.#extend(limits.headerDeadline);
    const header = decodeRequestHeader(await this.#reader.read(REQUEST_HEADER_SIZE));
    await this.#confirmDelivered();
    if (header.version < 1 || header.version > CLASSIC_VERSION) {
      await this.#write(encodeResponse({ version: CLASSIC_VERSION, ...FAILURE }));
      await this.#linger();
      return false;
    }
    const payload = new Payload(
      this.#reader,
      header.size,
      () => this.#extend(limits.idleDeadline),
    );
    const reply = await this.#answer(header, payload);
    const inStep = payload.left <= limits.maxDiscardSize;
    if (inStep) await payload.discard();
    await this.#reply(reply);
    if (!inStep) await this.#linger();
    return inStep;
  }

  async #answer(
    header: ReturnType<typeof decodeRequestHeader>,
    payload: Payload,
  ): Promise<ResponseBody | Delivery> {
    try {
      return await dispatch(header, payload, this.#services);
    } catch (error) {
      const { log } = this.#services;
      const refused = error instanceof StorageError && error.code !== "failed" ||
        error instanceof ProtocolError && error.code !== "truncated";
      if (refused) {
        log.debug("Request {code} refused: {reason}", { code: header.code, reason: error.code });
        return FAILURE;
      }
      if (error instanceof StorageError) {
        log.error("Request {code} failed: {error}", { code: header.code, error: error.cause });
        return FAILURE;
      }
      throw error;
    }
  }

  async #reply(reply: ResponseBody | Delivery): Promise<void> {
    // From here on anything the peer sends is noticed, see #write.
    this.#reader.lookAhead();
    if (reply.kind !== "delivery") {
      return await this.#write(encodeResponse({ version: CLASSIC_VERSION, ...reply }));
    }
    const { size } = reply;
    const header = { version: CLASSIC_VERSION, code: ResponseCode.messages, size };
    this.#delivered.push(reply);
    await writeDelivery(
      encodeResponseHeader(header),
      reply,
      this.#sinkOf(RESPONSE_HEADER_SIZE + size),
      this.#services,
    );
  }

  async #write(response: Bytes): Promise<void> {
    await this.#sinkOf(response.length).write(response);
  }

  /**
   * Takes the `size` bytes of one response. What the peer has sent before the last of them is given
   * to the system proves nothing about the response; what it sends afterwards does.
   */
  #sinkOf(size: number): ByteSink {
    let left = size;
    return {
      write: async (bytes) => {
        left -= bytes.length;
        if (left === 0) this.#provable = this.#reader.quiet;
        this.#extend(this.#services.limits.idleDeadline);
        await writeAll(this.#conn, bytes);
      },
    };
  }

  async #confirmDelivered(): Promise<void> {
    if (!this.#provable) return;
    const { storage, blobs } = this.#services;
    for (let delivery; (delivery = this.#delivered[0]);) {
      await storage.remove({ ...delivery.lease, messages: delivery.messages });
      storage.release(delivery.lease);
      this.#delivered.shift();
      for (const { blob } of delivery.messages) {
        if (blob !== undefined) await blobs.remove(blob);
      }
    }
  }

  /**
   * Gives a refused peer the time to read its response: closing with bytes unread would reset the
   * connection, and the response could be lost with it.
   */
  async #linger(): Promise<void> {
    await this.#conn.closeWrite();
    this.#extend(this.#services.limits.headerDeadline);
    const sink = new Uint8Array(16 * 1024);
    let left = this.#services.limits.maxDiscardSize;
    while (left > 0 && await this.#reader.more()) left -= await this.#reader.readSome(sink);
  }

  #extend(milliseconds: number): void {
    this.#deadlines.extend(this.#deadline, milliseconds);
  }

  #logEnd(error: unknown): void {
    const expected = error instanceof ProtocolError || error instanceof Deno.errors.BadResource ||
      error instanceof Deno.errors.Interrupted || error instanceof Deno.errors.ConnectionReset ||
      error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionAborted;
    const { log } = this.#services;
    if (expected) log.debug("Connection ended: {reason}", { reason: error.name });
    else log.error("Connection failed: {error}", { error });
  }
}

/**
 * One classic connection: requests in, responses out, in order, until the peer closes.
 *
 * Delivered messages stay leased until the peer has shown that it got the whole response: by
 * closing cleanly, or by a request that it began after the response was written. Anything else (a
 * reset, an end inside a frame, a deadline) gives them back to the mailbox.
 */
import { ProtocolError, StorageError } from "../shared/errors.ts";
import type { ByteSink } from "../shared/io.ts";
import { CLASSIC_VERSION, ResponseCode } from "../shared/protocol/codes.ts";
import { FrameReader } from "../shared/protocol/frame_stream.ts";
import { decodeRequestHeader, REQUEST_HEADER_SIZE } from "../shared/protocol/request.ts";
import {
  encodeResponse,
  encodeResponseHeader,
  type ResponseBody,
} from "../shared/protocol/response.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import { type DeliveredPart, writeDelivery } from "./delivery.ts";
import { dispatch, type Reply } from "./dispatch.ts";
import { writeListing } from "./listing.ts";
import { Payload } from "./payload.ts";
import type { Services } from "./services.ts";

const FAILURE: ResponseBody = { kind: "failure" };
/** How long a reset may take to follow the end of a peer's stream, in milliseconds. */
const RESET_DELAY = 20;

export class Connection {
  readonly #conn: Deno.Conn;
  readonly #reader: FrameReader;
  readonly #services: Services;
  readonly #deadlines: Deadlines;
  readonly #deadline: Deadline;
  #delivered: DeliveredPart[] = [];
  /** Whether the peer's next sign proves that it got all responses so far. */
  #provable = true;
  #busy = false;
  #stopping = false;
  /** Gives up the write that is under way. */
  #interrupt = () => {};

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
    this.#interrupt();
  }

  /** Gives false when there will be no further request. */
  async #waitForRequest(): Promise<boolean> {
    if (this.#stopping && this.#delivered.length === 0) return false;
    this.#busy = false;
    this.#extend(this.#services.limits.idleDeadline);
    const more = await this.#reader.more();
    this.#busy = true;
    if (!more && this.#delivered.length > 0) {
      await this.#checkEnd();
      await this.#confirmDelivered();
    }
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
    await this.#reply(await this.#answer(header, payload));
    // What is left belongs to a refused request.
    const inStep = payload.left <= limits.maxDiscardSize;
    if (inStep) await payload.discard();
    else await this.#linger();
    return inStep;
  }

  async #answer(
    header: ReturnType<typeof decodeRequestHeader>,
    payload: Payload,
  ): Promise<Reply> {
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
        log.error("Request {code} failed: {error}", {
          code: header.code,
          error: error.cause ?? error,
        });
        return FAILURE;
      }
      throw error;
    }
  }

  async #reply(reply: Reply): Promise<void> {
    if (reply.kind === "delivery") {
      this.#delivered.push(...reply.parts.filter(({ lease }) => lease.messages.length > 0));
    }
    // From here on anything that the peer sends is noticed, see #write. What has come already is
    // noticed when the process has waited once, which only a timer makes sure of.
    this.#reader.lookAhead();
    if (this.#delivered.length > 0) await new Promise((resolve) => setTimeout(resolve, 0));
    const header = (code: number, size: number) =>
      encodeResponseHeader({ version: CLASSIC_VERSION, code, size });
    const sink: ByteSink = { write: (bytes) => this.#write(bytes) };
    switch (reply.kind) {
      case "delivery":
        return await writeDelivery(
          header(ResponseCode.messages, reply.size),
          reply,
          sink,
          this.#services,
        );
      case "listing":
        return await writeListing(header(ResponseCode.clientList, reply.size), reply, sink);
      default:
        return await sink.write(encodeResponse({ version: CLASSIC_VERSION, ...reply }));
    }
  }

  /**
   * Writes a response, or a part of one. What the peer has sent before the last piece is given to
   * the system proves nothing about the response; what it sends afterwards does.
   */
  async #write(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length;) {
      this.#provable = this.#reader.quiet;
      this.#extend(this.#services.limits.idleDeadline);
      written += await this.#writePiece(bytes.subarray(written));
    }
  }

  /** Writes as much as the system takes. Ends with {@link abort}, which not every write does. */
  #writePiece(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#interrupt = () => reject(new Deno.errors.Interrupted("the connection was ended"));
      this.#conn.write(bytes).then(resolve, reject);
    });
  }

  /**
   * Fails where a reset has followed the end of the peer's stream: it ended without having read all
   * that it was sent. Reading does not tell, but writing does, even writing nothing.
   */
  async #checkEnd(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, RESET_DELAY));
    await this.#writePiece(new Uint8Array(0));
  }

  async #confirmDelivered(): Promise<void> {
    if (!this.#provable) return;
    for (let delivery; (delivery = this.#delivered[0]);) {
      await this.#services.storage.remove(delivery.lease, delivery.messages);
      this.#delivered.shift();
      for (const { blob } of delivery.messages) {
        if (blob !== undefined) await this.#removeBlob(blob);
      }
    }
  }

  /** Deletes the file of a message that is gone. Where that fails, the next start sweeps it up. */
  async #removeBlob(blob: string): Promise<void> {
    const { blobs, log } = this.#services;
    try {
      await blobs.remove(blob);
    } catch (error) {
      log.error("File {blob} cannot be removed: {error}", { blob, error });
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
      error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionAborted ||
      error instanceof Deno.errors.NotConnected;
    const { log } = this.#services;
    if (expected) log.debug("Connection ended: {reason}", { reason: error.name });
    else log.error("Connection failed: {error}", { error });
  }
}

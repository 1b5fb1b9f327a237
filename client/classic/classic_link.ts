import type { Bytes } from "../../shared/bytes.ts";
import { ProtocolError } from "../../shared/errors.ts";
import type { ByteSource } from "../../shared/io.ts";
import {
  CLASSIC_REQUESTS,
  type ClassicReply,
  type RequestBody,
} from "../../shared/protocol/classic/requests.ts";
import { CLASSIC_RESPONSES, decodeReply } from "../../shared/protocol/classic/responses.ts";
import {
  decodeResponseHeader,
  RESPONSE_HEADER_SIZE,
  type ResponseHeader,
} from "../../shared/protocol/frame.ts";
import { FrameReader } from "../../shared/protocol/frame_stream.ts";
import { ClientError } from "../errors.ts";
import { MAX_RESPONSE_SIZE } from "../network/connect.ts";
import { type Patience, unlessSilent } from "../network/silence.ts";

/** One connection of the classic protocol, with a deadline for each of its steps. */
export class ClassicLink {
  readonly #conn: Deno.TcpConn;
  readonly #source: PausingSource;
  readonly #reader: FrameReader;
  readonly #patience: Patience;
  /** Whether a step took too long. */
  timedOut = false;

  constructor(conn: Deno.TcpConn, patience: Patience) {
    this.#conn = conn;
    this.#source = new PausingSource(conn);
    this.#reader = new FrameReader(this.#source);
    this.#patience = patience;
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

  /** Reads no further than the next `size` bytes before `then` is done. */
  pauseAfter(size: number, then?: () => Promise<void>): void {
    this.#source.pauseAfter(size, then);
  }

  readSome(into: Uint8Array): Promise<number> {
    return this.#inTime(this.#reader.readSome(into));
  }

  /**
   * Reads the header of the response to a request of `kind`.
   * @throws {ClientError} `refused`
   * @throws {unknown} `fallback`, if there is one and no header comes
   */
  async header(kind: RequestBody["kind"], fallback?: unknown): Promise<ResponseHeader> {
    let header: ResponseHeader;
    try {
      header = decodeResponseHeader(await this.read(RESPONSE_HEADER_SIZE));
    } catch (error) {
      throw fallback ?? error;
    }
    if (header.code === CLASSIC_RESPONSES.of.failure.code) {
      throw new ClientError("refused", "the server refused the request");
    }
    const { code } = CLASSIC_REQUESTS.of[kind].reply;
    if (header.code === code) return header;
    throw new ProtocolError("malformed", `response ${header.code} to a request for ${code}`);
  }

  /** Reads the response to a request of `kind`, as {@link header}. */
  async reply<K extends RequestBody["kind"]>(
    kind: K,
    fallback?: unknown,
  ): Promise<ClassicReply<K>> {
    const header = await this.header(kind, fallback);
    CLASSIC_RESPONSES.checkSize(header);
    if (header.size > MAX_RESPONSE_SIZE) {
      throw new ProtocolError("too-large", `a response of ${header.size} bytes`);
    }
    return decodeReply(kind, header, await this.read(header.size));
  }

  close(): void {
    try {
      this.#conn.close();
    } catch {
      // Closed by its deadline.
    }
  }

  async #inTime<T>(step: Promise<T>): Promise<T> {
    return await unlessSilent(this.#patience, step, () => {
      this.timedOut = true;
      this.close();
      return new Deno.errors.TimedOut("no answer");
    });
  }
}

/** The bytes of a connection, which pause at a chosen place. */
class PausingSource implements ByteSource {
  #left = Infinity;
  #then: (() => Promise<void>) | undefined;

  constructor(private readonly conn: Deno.TcpConn) {}

  pauseAfter(size: number, then?: () => Promise<void>): void {
    this.#left = size;
    this.#then = then;
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (this.#left === 0) {
      this.#left = Infinity;
      await this.#then?.();
    }
    const count = await this.conn.read(into.subarray(0, Math.min(into.length, this.#left)));
    this.#left -= count ?? 0;
    return count;
  }
}

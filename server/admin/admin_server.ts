/**
 * The admin port. It is HTTP of our own, not `Deno.serve`, which bounds neither the connections nor
 * the time that one may take: here each has one request, a deadline, and little memory, and the
 * oldest makes room for a new one. So nobody who reaches the port can keep others from it, or take
 * the file descriptors of the server.
 */
import type { Logger } from "@logtape/logtape";
import { writeAll } from "../../shared/io.ts";
import { acceptAll } from "../accept.ts";
import {
  encodeResponse,
  type HttpRequest,
  type HttpResponse,
  METHODS,
  parseRequest,
  plain,
} from "./http.ts";

/** Connections at a time. */
export const MAX_ADMIN_CONNECTIONS = 16;
/** From the start of a connection to its end, in milliseconds. */
export const ADMIN_DEADLINE = 5_000;
/** Bytes of the head of a request. */
export const MAX_HEAD_SIZE = 8 * 1024;
/** Bytes that are skipped after the response, so that closing does not reset the connection. */
const MAX_LINGER_SIZE = 64 * 1024;

export interface AdminOptions {
  hostname: string;
  /** 0 takes a free one. */
  port: number;
  /** Answers a GET or a HEAD. */
  answer: (request: HttpRequest) => Promise<HttpResponse>;
  log: Logger;
  /** Of one connection, in milliseconds. */
  deadline?: number;
}

export class AdminServer {
  readonly #listener: Deno.TcpListener;
  /** The open connections, the oldest first, each with what ends it. */
  readonly #open = new Map<Deno.Conn, () => void>();
  readonly #accepting: Promise<void>;
  #stopping = false;

  /**
   * Listens at once.
   * @throws {Deno.errors.AddrInUse} and other errors of the system about the address
   */
  constructor(private readonly options: AdminOptions) {
    const { hostname, port, log } = options;
    this.#listener = Deno.listen({ hostname, port, transport: "tcp" });
    this.#accepting = acceptAll(this.#listener, {
      serve: (conn) => this.#serve(conn),
      closed: () => this.#stopping,
      onFailure: (error) => {
        log.error("Cannot accept a connection to the admin port: {error}", { error });
      },
    });
  }

  /** The address it listens on. */
  get address(): Deno.NetAddr {
    return this.#listener.addr as Deno.NetAddr;
  }

  /** Open connections. */
  get connections(): number {
    return this.#open.size;
  }

  /** Ends all connections, and takes no other. */
  async stop(): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true;
      this.#listener.close();
    }
    await this.#accepting;
    for (const end of [...this.#open.values()]) end();
  }

  #serve(conn: Deno.Conn): void {
    const end = () => {
      clearTimeout(timer);
      this.#open.delete(conn);
      try {
        conn.close();
      } catch {
        // Closed already.
      }
    };
    const timer = setTimeout(end, this.options.deadline ?? ADMIN_DEADLINE);
    this.#open.set(conn, end);
    if (this.#open.size > MAX_ADMIN_CONNECTIONS) this.#open.values().next().value?.();
    // A peer that has gone is no error, nor one that was too slow.
    this.#exchange(conn).catch(() => {}).finally(end);
  }

  async #exchange(conn: Deno.Conn): Promise<void> {
    const head = await readHead(conn);
    const request = head === null ? null : parseRequest(head);
    await writeAll(conn, encodeResponse(await this.#answer(request), request?.method ?? "GET"));
    await conn.closeWrite();
    const rest = new Uint8Array(4096);
    for (let left = MAX_LINGER_SIZE; left > 0;) {
      const count = await conn.read(rest);
      if (count === null) return;
      left -= count;
    }
  }

  async #answer(request: HttpRequest | null): Promise<HttpResponse> {
    if (!request) return plain(400, "not a request of HTTP/1.1");
    if (!METHODS.includes(request.method)) return plain(405, "only GET and HEAD");
    try {
      return await this.options.answer(request);
    } catch (error) {
      this.options.log.error("The admin port cannot answer: {error}", { error });
      return plain(500, "failed; the log says why");
    }
  }
}

/** Reads up to the empty line that ends a head. Returns null if there is none within its limit. */
async function readHead(conn: Deno.Conn): Promise<string | null> {
  const bytes = new Uint8Array(MAX_HEAD_SIZE);
  for (let have = 0; have < bytes.length;) {
    const count = await conn.read(bytes.subarray(have));
    if (count === null) return null;
    have += count;
    const text = new TextDecoder().decode(bytes.subarray(0, have));
    if (/\r?\n\r?\n/.test(text)) return text;
  }
  return null;
}

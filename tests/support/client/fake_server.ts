/** A server inside the test: real sockets, and on them what the test says, byte for byte. */
import { decodeRequestPayload } from "../protocol/frames.ts";
import type { Address } from "../../../client/network/address.ts";
import { type Bytes, concat, equalBytes } from "../../../shared/bytes.ts";
import { writeAll } from "../../../shared/io.ts";
import { type Request } from "../../../shared/protocol/classic/requests.ts";
import { encodeResponse, type ResponseBody } from "../../../shared/protocol/classic/responses.ts";
import { CLASSIC_VERSION } from "../../../shared/protocol/codes.ts";
import { decodeRequestHeader, REQUEST_HEADER_SIZE } from "../../../shared/protocol/frame.ts";
import type { ClientEntry } from "../../../shared/protocol/message.ts";

/** What the server does on one connection. */
export type Script = (conn: ScriptedConn) => Promise<void>;

/** Disposing of it ends its connections, and fails if a script has failed. */
export class FakeServer implements AsyncDisposable {
  readonly address: Address;
  /** HOST:PORT */
  readonly hostPort: string;
  /** All requests that {@link ScriptedConn.request} gave. */
  readonly requests: Request[] = [];
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #conns: ScriptedConn[] = [];
  readonly #accepting: Promise<void>;
  readonly #running: Promise<void>[] = [];

  constructor(script: Script) {
    const { hostname, port } = this.#listener.addr;
    this.address = { hostname, port };
    this.hostPort = `${hostname}:${port}`;
    this.#accepting = this.#accept(script);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    for (const conn of this.#conns) conn.close();
    await Promise.all(this.#running);
  }

  async #accept(script: Script): Promise<void> {
    for await (const tcp of this.#listener) {
      const conn = new ScriptedConn(tcp, this.requests);
      this.#conns.push(conn);
      const run = script(conn).finally(() => conn.close());
      run.catch(() => {}); // thrown when the server is disposed of
      this.#running.push(run);
    }
  }
}

/** One connection, from the server's side. Nothing is read before it is asked for. */
export class ScriptedConn {
  readonly #conn: Deno.TcpConn;
  readonly #requests: Request[];
  /** Whether the client ended the connection without having read everything. */
  reset = false;

  constructor(conn: Deno.TcpConn, requests: Request[]) {
    this.#conn = conn;
    this.#requests = requests;
  }

  /** The next request, or null if the client ends the connection instead. */
  async request(): Promise<Request | null> {
    const header = await this.read(REQUEST_HEADER_SIZE);
    if (header.length < REQUEST_HEADER_SIZE) return null;
    const decoded = decodeRequestHeader(header);
    const payload = await this.read(decoded.size);
    if (payload.length < decoded.size) return null;
    const request = decodeRequestPayload(decoded, payload);
    this.#requests.push(request);
    return request;
  }

  /** `size` bytes; fewer if the client ends the connection before. */
  async read(size: number): Promise<Bytes> {
    const bytes = new Uint8Array(size);
    let have = 0;
    try {
      while (have < size) {
        const count = await this.#conn.read(bytes.subarray(have));
        if (count === null) break;
        have += count;
      }
    } catch (error) {
      if (!isEnd(error)) throw error;
      this.reset = error instanceof Deno.errors.ConnectionReset;
    }
    return bytes.slice(0, have);
  }

  /** Writes as long as the client takes it. */
  async write(...parts: Uint8Array[]): Promise<void> {
    try {
      await writeAll(this.#conn, concat(...parts));
    } catch (error) {
      if (!isEnd(error)) throw error;
    }
  }

  /** Writes the response, or the bytes of it in front of `end` (as of `slice`). */
  async respond(body: ResponseBody, end?: number): Promise<void> {
    await this.write(responseBytes(body).slice(0, end));
  }

  close(): void {
    try {
      this.#conn.close();
    } catch {
      // Closed already.
    }
  }
}

function isEnd(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted || error instanceof Deno.errors.NotConnected;
}

/** The bytes of one response. */
export function responseBytes(body: ResponseBody): Bytes {
  return encodeResponse({ version: CLASSIC_VERSION, ...body });
}

/** What an honest server has. */
export interface ServerState {
  clients: (ClientEntry & { publicKey: Bytes })[];
  /** What waits for the next poll. */
  inbox: (ResponseBody & { kind: "messages" })["messages"];
  /** What was sent, by anyone to anyone. */
  sent: (Request & { kind: "send" })[];
}

/** Does what the protocol says, in its simplest form: all clients share one mailbox. */
export function honest(state: ServerState): Script {
  return async (conn) => {
    for (let request; (request = await conn.request());) await conn.respond(answer(request, state));
  };
}

function answer(request: Request, state: ServerState): ResponseBody {
  switch (request.kind) {
    case "register":
      return { kind: "registered", clientId: new Uint8Array(16).fill(0xee) };
    case "client-list":
      return { kind: "client-list", clients: state.clients };
    case "public-key": {
      const found = state.clients.find(({ id }) => equalBytes(id, request.target));
      if (!found) return { kind: "failure" };
      return { kind: "public-key", clientId: found.id, publicKey: found.publicKey };
    }
    case "send":
      state.sent.push(request);
      return { kind: "sent", to: request.to, messageId: state.sent.length };
    case "get-messages":
      return { kind: "messages", messages: state.inbox.splice(0) };
  }
}

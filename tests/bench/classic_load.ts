/** Classic clients that do no more than they must, so that the server is what is measured. */
import type { Bytes } from "../../shared/bytes.ts";
import { writeAll } from "../../shared/io.ts";
import { CLIENT_ID_SIZE, KiB, PUBLIC_KEY_SIZE } from "../../shared/limits.ts";
import { ResponseCode } from "../support/protocol/codes.ts";
import { CLASSIC_VERSION } from "../../shared/protocol/codes.ts";
import { decodeResponse } from "../support/protocol/frames.ts";
import { encodeRequest, type RequestBody } from "../../shared/protocol/classic/requests.ts";
import { decodeResponseHeader, RESPONSE_HEADER_SIZE } from "../../shared/protocol/frame.ts";
import {
  decodeMessageHead,
  MESSAGE_HEAD_SIZE,
  type MessageHead,
} from "../../shared/protocol/message.ts";
import { FrameReader } from "../../shared/protocol/frame_stream.ts";
import { randomBytes } from "./workload.ts";

/** The bytes of one request. */
export function requestBytes(clientId: Bytes, body: RequestBody): Bytes {
  return encodeRequest({ clientId, version: CLASSIC_VERSION, ...body });
}

export async function connect(port: number): Promise<Deno.TcpConn> {
  return await Deno.connect({ hostname: "127.0.0.1", port });
}

/** Fills `into`. */
export async function readFull(conn: Deno.TcpConn, into: Uint8Array): Promise<void> {
  for (let have = 0; have < into.length;) {
    const count = await conn.read(have === 0 ? into : into.subarray(have));
    if (count === null) throw new Error("the peer has ended the connection");
    have += count;
  }
}

/** Sends `request` on a connection of its own and fills `response`. */
export async function exchange(port: number, request: Bytes, response: Bytes): Promise<void> {
  const conn = await connect(port);
  try {
    await writeAll(conn, request);
    await readFull(conn, response);
  } finally {
    conn.close();
  }
}

/** Registers a client under a new name. Returns its ID. */
export async function register(port: number): Promise<Bytes> {
  const name = `bench ${crypto.randomUUID()}`;
  const publicKey = randomBytes(PUBLIC_KEY_SIZE);
  const body = { kind: "register", name, publicKey } as const;
  const response = new Uint8Array(RESPONSE_HEADER_SIZE + CLIENT_ID_SIZE);
  await exchange(port, requestBytes(new Uint8Array(CLIENT_ID_SIZE), body), response);
  const answer = decodeResponse(response);
  if (answer.kind !== "registered") throw new Error("the server refused to register a client");
  return answer.clientId;
}

/** A connection on which one client polls. */
export class Poller implements Disposable {
  readonly #conn: Deno.TcpConn;
  readonly #reader: FrameReader;
  readonly #request: Bytes;

  private constructor(conn: Deno.TcpConn, clientId: Bytes) {
    this.#conn = conn;
    this.#reader = new FrameReader(conn, 64 * KiB);
    this.#request = requestBytes(clientId, { kind: "get-messages" });
  }

  static async connect(port: number, clientId: Bytes): Promise<Poller> {
    return new Poller(await connect(port), clientId);
  }

  /**
   * Collects what waits; `onMessage` reads each content. Gives how many messages there were. What
   * the poll before gave is deleted, for good, when this one is answered.
   */
  async poll(onMessage: (head: MessageHead, reader: FrameReader) => Promise<void>) {
    await writeAll(this.#conn, this.#request);
    const reader = this.#reader;
    const header = decodeResponseHeader(await reader.read(RESPONSE_HEADER_SIZE));
    if (header.code !== ResponseCode.messages) throw new Error("the server refused a poll");
    let count = 0;
    for (let left = header.size; left > 0; count++) {
      const head = decodeMessageHead(await reader.read(MESSAGE_HEAD_SIZE));
      await onMessage(head, reader);
      left -= MESSAGE_HEAD_SIZE + head.size;
    }
    return count;
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}

/** Secure clients that do no more than they must, so that the server is what is measured. */
import { type Bytes, concat } from "../../shared/bytes.ts";
import type { CipherState } from "../../shared/channel/cipher_state.ts";
import { ChannelOpening } from "../../shared/channel/opening.ts";
import { MAX_RECORD_SIZE, RECORD_HEADER_SIZE } from "../../shared/channel/record.ts";
import {
  generateIdentity,
  type IdentitySecrets,
  publicIdentity,
  secureClientId,
  signLogin,
} from "../../shared/crypto/identity.ts";
import { TAG_SIZE } from "../../shared/crypto/chacha20_poly1305.ts";
import { writeAll } from "../../shared/io.ts";
import { KiB } from "../../shared/limits.ts";
import { ResponseCode } from "../support/protocol/codes.ts";
import { decodeResponseHeader, RESPONSE_HEADER_SIZE } from "../../shared/protocol/frame.ts";
import { encodeSecureRequest } from "../../shared/protocol/secure/requests.ts";
import { sealRecord } from "../support/channel/channel_fixture.ts";
import { connect, readFull } from "./classic_load.ts";

const HANDSHAKE_RESPONSE_SIZE = 103;

/** Who logs in. */
export interface LoadIdentity {
  id: Bytes;
  publicKey: Bytes;
  secrets: IdentitySecrets;
}

export async function newIdentity(): Promise<LoadIdentity> {
  const secrets = generateIdentity();
  const publicKey = await publicIdentity(secrets);
  return { id: secureClientId(publicKey), publicKey, secrets };
}

/** One frame from the server. */
export interface ServerFrame {
  code: number;
  payload: Uint8Array;
}

/** A connection after its handshake. One read at a time, one write at a time. */
export class SecureLink implements Disposable {
  readonly #conn: Deno.TcpConn;
  readonly #send: CipherState;
  readonly #receive: CipherState;
  readonly handshakeHash: Bytes;
  #buffer: Bytes = new Uint8Array(2 * KiB);
  #start = 0;
  #end = 0;
  #content: Uint8Array = new Uint8Array(0);

  private constructor(conn: Deno.TcpConn, result: ReturnType<ChannelOpening["finish"]>) {
    this.#conn = conn;
    this.#send = result.send;
    this.#receive = result.receive;
    this.handshakeHash = result.hash;
  }

  static async connect(port: number): Promise<SecureLink> {
    const conn = await connect(port);
    conn.setNoDelay(true);
    const opening = new ChannelOpening();
    await writeAll(conn, opening.request);
    const response = new Uint8Array(HANDSHAKE_RESPONSE_SIZE);
    await readFull(conn, response);
    return new SecureLink(conn, opening.finish(response.subarray(RESPONSE_HEADER_SIZE)));
  }

  /** Connects and logs in; registers the identity if it is new to the server. */
  static async login(port: number, identity: LoadIdentity): Promise<SecureLink> {
    const link = await SecureLink.connect(port);
    const { publicKey, secrets } = identity;
    const signature = await signLogin(secrets, link.handshakeHash);
    await link.write(encodeSecureRequest({ kind: "login", publicKey, signature }));
    const { payload } = await link.expect(ResponseCode.loggedIn);
    if (payload[0] === 0) {
      const name = `bench ${crypto.randomUUID()}`;
      await link.write(encodeSecureRequest({ kind: "register", name, publicKey }));
      await link.expect(ResponseCode.registered);
    }
    return link;
  }

  /** Has the server push messages here. */
  async subscribe(): Promise<void> {
    await this.write(encodeSecureRequest({ kind: "subscribe" }));
    await this.expect(ResponseCode.subscribed);
  }

  /** Sends whole frames in one record, which must hold them all. */
  async write(frames: Uint8Array): Promise<void> {
    await writeAll(this.#conn, sealRecord(this.#send, frames));
  }

  /** The next frame, which must have this code. */
  async expect(code: number): Promise<ServerFrame> {
    const frame = await this.next();
    if (frame.code !== code) throw new Error(`the server answered ${frame.code} and not ${code}`);
    return frame;
  }

  /** The next frame. Its payload is valid until the next call. */
  async next(): Promise<ServerFrame> {
    for (;;) {
      const frame = this.#takeFrame();
      if (frame) return frame;
      const content = await this.#record();
      if (content.length === 0) throw new Error("the server has ended the channel");
      this.#content = this.#content.length === 0 ? content : concat(this.#content, content);
    }
  }

  /**
   * Waits for content. Returns how many bytes of it have arrived. Their records stay unopened: that
   * is cheap, and nothing but this can be read from then on.
   */
  async skip(): Promise<number> {
    let bytes = this.#content.length;
    this.#content = new Uint8Array(0);
    while (bytes === 0) {
      for (let sealed; (sealed = this.#takeRecord());) bytes += sealed.length - TAG_SIZE;
      if (bytes === 0) await this.#fill();
    }
    return bytes;
  }

  /** Whether a whole frame has arrived that was not taken yet. */
  get ready(): boolean {
    const content = this.#content;
    if (content.length < RESPONSE_HEADER_SIZE) return false;
    const { size } = decodeResponseHeader(content.subarray(0, RESPONSE_HEADER_SIZE));
    return content.length >= RESPONSE_HEADER_SIZE + size;
  }

  close(): void {
    this.#conn.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #takeFrame(): ServerFrame | null {
    const content = this.#content;
    if (content.length < RESPONSE_HEADER_SIZE) return null;
    const { code, size } = decodeResponseHeader(content.subarray(0, RESPONSE_HEADER_SIZE));
    const end = RESPONSE_HEADER_SIZE + size;
    if (content.length < end) return null;
    this.#content = content.subarray(end);
    return { code, payload: content.subarray(RESPONSE_HEADER_SIZE, end) };
  }

  async #record(): Promise<Uint8Array> {
    for (;;) {
      const sealed = this.#takeRecord();
      if (sealed) return this.#receive.decrypt(sealed);
      await this.#fill();
    }
  }

  /** The next record, still sealed, if all of it has arrived. */
  #takeRecord(): Uint8Array | null {
    if (this.#end - this.#start < RECORD_HEADER_SIZE) return null;
    const size = (this.#buffer[this.#start] << 8) | this.#buffer[this.#start + 1];
    const from = this.#start + RECORD_HEADER_SIZE;
    if (this.#end >= from + size) {
      this.#start = from + size;
      return this.#buffer.subarray(from, this.#start);
    }
    if (size > this.#buffer.length - RECORD_HEADER_SIZE) this.#grow();
    return null;
  }

  async #fill(): Promise<void> {
    this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    const count = await this.#conn.read(this.#buffer.subarray(this.#end));
    if (count === null) throw new Error("the server has ended the connection");
    this.#end += count;
  }

  #grow(): void {
    const old = this.#buffer;
    this.#buffer = new Uint8Array(MAX_RECORD_SIZE);
    this.#buffer.set(old);
  }
}

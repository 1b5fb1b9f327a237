/**
 * How a secure channel begins: `Noise_NX_25519_ChaChaPoly_SHA256` with its two messages in a
 * request 110 and a response 1110. The server proves its static key; the client is unknown before
 * its login.
 */
import { type Bytes, concat, utf8 } from "../bytes.ts";
import type { X25519KeyPair } from "../crypto/x25519.ts";
import { ProtocolError } from "../errors.ts";
import { CLIENT_ID_SIZE } from "../limits.ts";
import { SECURE_VERSION } from "../protocol/codes.ts";
import {
  encodeRequestHeader,
  encodeResponseHeader,
  type RequestHeader,
  type ResponseHeader,
} from "../protocol/frame.ts";
import { Handshake, type HandshakeResult } from "./handshake.ts";
import { NX } from "./patterns.ts";

/** Codes of the request and the response that carry the handshake. */
const REQUEST_CODE = 110;
const RESPONSE_CODE = 1110;

const PROLOGUE = utf8("messaging-system/3");
/** Message 1: an ephemeral key, and an empty payload in the clear. */
const FIRST_SIZE = 32;
/** Message 2: an ephemeral key, the encrypted static key, an empty encrypted payload. */
const SECOND_SIZE = 32 + (32 + 16) + 16;

/** The client's side of one handshake. */
export class ChannelOpening {
  readonly #handshake = new Handshake({ pattern: NX, initiator: true, prologue: PROLOGUE });
  /** The whole request 110: header and message 1, 54 bytes. */
  readonly request: Bytes;

  constructor() {
    const message = this.#handshake.writeMessage();
    const clientId = new Uint8Array(CLIENT_ID_SIZE);
    const header = { clientId, version: SECURE_VERSION, code: REQUEST_CODE };
    this.request = concat(encodeRequestHeader({ ...header, size: message.length }), message);
  }

  /**
   * Checks the header of the response before its payload is read. Returns the payload's size.
   * @throws {ProtocolError} `unsupported` if the server does not speak the secure protocol
   */
  payloadSize({ version, code, size }: ResponseHeader): number {
    if (version !== SECURE_VERSION || code !== RESPONSE_CODE || size !== SECOND_SIZE) {
      throw new ProtocolError("unsupported", "the server does not speak the secure protocol");
    }
    return size;
  }

  /**
   * Takes the payload of the response. Afterwards it is certain that the server holds the secret of
   * `remoteStatic`. The caller must check that this is the right server before it sends anything.
   * @throws {CryptoError} if the server does not prove that
   */
  finish(message: Uint8Array): HandshakeResult & { remoteStatic: Bytes } {
    this.#handshake.readMessage(message);
    const result = this.#handshake.finish();
    if (!result.remoteStatic) throw new TypeError("NX proves a static key");
    return { ...result, remoteStatic: result.remoteStatic };
  }
}

/**
 * Reads the payload of the request 110 that has this header.
 * @throws {ProtocolError} `malformed` for another code, ID or size
 */
export async function readHandshakeRequest(
  { clientId, code, size }: RequestHeader,
  read: (size: number) => Promise<Bytes>,
): Promise<Bytes> {
  const anonymous = clientId.every((byte) => byte === 0);
  if (!anonymous || code !== REQUEST_CODE || size !== FIRST_SIZE) {
    throw new ProtocolError("malformed", "version 3 begins with a handshake");
  }
  return await read(size);
}

/**
 * The server's side: answers `message`, the payload of a request 110.
 * @returns the whole response 1110, 103 bytes, and the result of the handshake
 * @throws {CryptoError} `bad-key` for an ephemeral key of small order
 */
export function acceptHandshake(
  message: Uint8Array,
  staticKey: X25519KeyPair,
): { reply: Bytes; result: HandshakeResult } {
  const handshake = new Handshake({ pattern: NX, initiator: false, prologue: PROLOGUE, staticKey });
  handshake.readMessage(message);
  const answer = handshake.writeMessage();
  const header = { version: SECURE_VERSION, code: RESPONSE_CODE, size: answer.length };
  return { reply: concat(encodeResponseHeader(header), answer), result: handshake.finish() };
}

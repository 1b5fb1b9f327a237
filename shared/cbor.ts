/**
 * CBOR (RFC 8949) in its deterministic encoding (§4.2.1): a value has one encoding, and all other
 * bytes are refused. Tags, bigger integers and endless items are none of it.
 */
import { type Bytes, equalBytes } from "./bytes.ts";
import { CborDecoder } from "./cbor_decoder.ts";
import { CborEncoder } from "./cbor_encoder.ts";
import type { CborValue } from "./cbor_value.ts";
import { ProtocolError } from "./errors.ts";

export type { CborValue };

/** Returns the encoding of `value`. */
export function encodeCbor(value: CborValue): Bytes {
  const encoder = new CborEncoder();
  encoder.add(value);
  return encoder.done();
}

/**
 * Returns the value whose encoding is `bytes`.
 * @throws {ProtocolError} `malformed` if they are no deterministic encoding
 */
export function decodeCbor(bytes: Uint8Array): CborValue {
  const value = decodeOwnCbor(bytes);
  if (equalBytes(encodeCbor(value), bytes)) return value;
  throw new ProtocolError("malformed", "CBOR that is not in its deterministic encoding");
}

/**
 * As {@link decodeCbor}, in half the time: for what nobody else can have encoded, so that it needs
 * no check of how that was done.
 */
export function decodeOwnCbor(bytes: Uint8Array): CborValue {
  const decoder = new CborDecoder(bytes);
  const value = decoder.value(0);
  decoder.end();
  return value;
}

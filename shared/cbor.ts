/**
 * CBOR (RFC 8949) in its deterministic encoding (§4.2.1): a value has one encoding, and all other
 * bytes are refused.
 */
import { decode, type DecodeOptions, encode, rfc8949EncodeOptions, Tokenizer } from "cborg";
import { type Bytes, equalBytes, fromUtf8 } from "./bytes.ts";
import { ProtocolError } from "./errors.ts";

/** A value that can be encoded. Numbers are safe integers; maps have text keys. */
export type CborValue =
  | number
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborValue[]
  | { readonly [key: string]: CborValue };

const STRICT: DecodeOptions = {
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
  strict: true,
  rejectDuplicateMapKeys: true,
  retainStringBytes: true,
};

/** Keeps a byte order mark at the start of a text, which the package's decoder drops. */
class ExactTexts extends Tokenizer {
  override next() {
    const token = super.next();
    if ("byteValue" in token && token.byteValue instanceof Uint8Array) {
      if (token.type.name === "string") token.value = fromUtf8(token.byteValue);
    }
    return token;
  }
}

/** Returns the encoding of `value`. */
export function encodeCbor(value: CborValue): Bytes {
  return encode(value, rfc8949EncodeOptions) as Bytes;
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
  try {
    const tokenizer = new ExactTexts(bytes, STRICT);
    return decode(bytes, { ...STRICT, tokenizer });
  } catch (error) {
    throw new ProtocolError("malformed", "not CBOR as it should be", { cause: error });
  }
}

/**
 * CBOR (RFC 8949) in its deterministic encoding (§4.2.1): a value has one encoding, and bytes that are
 * not that encoding are refused.
 */
import { decode, type DecodeOptions, encode, rfc8949EncodeOptions, Tokenizer } from "cborg";
import { type Bytes, equalBytes, fromUtf8 } from "./bytes.ts";
import { ProtocolError } from "./errors.ts";

/** What is encoded here. Numbers are whole and safe integers; maps have text keys. */
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

/** Texts as they are: the decoder of the package drops a byte order mark at their start. */
class ExactTexts extends Tokenizer {
  override next() {
    const token = super.next();
    if ("byteValue" in token && token.byteValue instanceof Uint8Array) {
      if (token.type.name === "string") token.value = fromUtf8(token.byteValue);
    }
    return token;
  }
}

/** The one encoding of `value`. */
export function encodeCbor(value: CborValue): Bytes {
  return encode(value, rfc8949EncodeOptions) as Bytes;
}

/**
 * The value of which `bytes` are the encoding.
 * @throws {ProtocolError} `malformed` where they are not the deterministic encoding of anything
 */
export function decodeCbor(bytes: Uint8Array): CborValue {
  try {
    const tokenizer = new ExactTexts(bytes, STRICT);
    const value: CborValue = decode(bytes, { ...STRICT, tokenizer });
    if (equalBytes(encodeCbor(value), bytes)) return value;
  } catch (error) {
    throw new ProtocolError("malformed", "not CBOR as it should be", { cause: error });
  }
  throw new ProtocolError("malformed", "CBOR that is not in its deterministic encoding");
}

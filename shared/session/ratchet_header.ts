/**
 * Headers of messages, encrypted as in Signal, "The Double Ratchet Algorithm", revision 1, section
 * 4. The size of a header shows that it has a KEM part, and not which.
 */
import { type Bytes, concat } from "../bytes.ts";
import { ChaChaKey, TAG_SIZE } from "../crypto/chacha20_poly1305.ts";
import { ML_KEM_CIPHERTEXT_SIZE, ML_KEM_KEY_SIZE } from "../crypto/ml_kem.ts";
import { X25519_SIZE } from "../crypto/x25519.ts";
import { CryptoError } from "../errors.ts";
import { bytes, decode, encode, fields, fixed, u32, type ValueOf } from "../protocol/layout.ts";

/** Which KEM part a header has, 1 byte; one that is not known is refused with the header. */
const partByte = fixed<number>(1, (writer, value) => writer.u8(value), (reader) => reader.u8());
const headLayout = fields({
  ratchetKey: bytes(X25519_SIZE),
  previous: u32,
  number: u32,
  part: partByte,
});
const NOTHING = 0;
const KEY = 1;
const CIPHERTEXT = 2;

/** Sizes of an encrypted header: without a KEM part, and with one. */
export const SEALED_HEADER_SIZES: readonly number[] = [
  headLayout.max + TAG_SIZE,
  headLayout.max + ML_KEM_KEY_SIZE + TAG_SIZE,
];

/** A KEM key of 1,184 bytes, a KEM ciphertext of 1,088 bytes, or nothing. */
export type KemPart = Bytes | null;

export interface Header extends Omit<ValueOf<typeof headLayout>, "part"> {
  readonly part: KemPart;
}

/** Encrypts a header. */
export function sealHeader(key: Bytes, nonce: Bytes, associated: Bytes, header: Header): Bytes {
  return new ChaChaKey(key).seal(nonce, associated, encodeHeader(header));
}

/** Returns the header, or null if it was sealed with another key or has another form. */
export function openHeader(
  key: Bytes,
  nonce: Bytes,
  associated: Bytes,
  sealed: Uint8Array,
): Header | null {
  try {
    return decodeHeader(new ChaChaKey(key).open(nonce, associated, sealed));
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    return null;
  }
}

export function isKemKey(part: KemPart): part is Bytes {
  return part?.length === ML_KEM_KEY_SIZE;
}

export function isKemCiphertext(part: KemPart): part is Bytes {
  return part?.length === ML_KEM_CIPHERTEXT_SIZE;
}

function encodeHeader({ part, ...head }: Header): Bytes {
  const kind = part === null ? NOTHING : isKemKey(part) ? KEY : CIPHERTEXT;
  const encoded = encode(headLayout, { ...head, part: kind });
  return part === null
    ? encoded
    : concat(encoded, part, new Uint8Array(ML_KEM_KEY_SIZE - part.length));
}

function decodeHeader(header: Bytes): Header {
  const { part: kind, ...head } = decode(headLayout, header.subarray(0, headLayout.max));
  const rest = header.slice(headLayout.max);
  if (kind === NOTHING && rest.length === 0) return { ...head, part: null };
  if (kind === KEY && rest.length === ML_KEM_KEY_SIZE) return { ...head, part: rest };
  const padding = rest.subarray(ML_KEM_CIPHERTEXT_SIZE);
  if (kind !== CIPHERTEXT || rest.length !== ML_KEM_KEY_SIZE || padding.some((byte) => byte > 0)) {
    throw new CryptoError("decrypt-failed", "the header has a form that is not known here");
  }
  return { ...head, part: rest.slice(0, ML_KEM_CIPHERTEXT_SIZE) };
}

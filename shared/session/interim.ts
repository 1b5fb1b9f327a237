/**
 * The interim encryption between two secure clients, until sessions take its place: its version
 * byte is retired then, and refused. It proves the sender and keeps the server out, but a stolen key
 * opens all earlier messages.
 *
 * version 1 · ephemeral X25519 key 32 · counter 8 (little-endian) · ciphertext in chunks
 * ({@link ../crypto/file_chunks.ts}) under HKDF-SHA-256 of DH(ephemeral, receiver) · DH(sender,
 * receiver), whose info binds both identities, the type, the ephemeral key and the counter.
 */
import { type Bytes, concat, utf8 } from "../bytes.ts";
import { Reader, Writer } from "../cursor.ts";
import { chunkDecryptStream, chunkedSize, chunkEncryptStream } from "../crypto/file_chunks.ts";
import { KEY_SIZE } from "../crypto/aes_gcm.ts";
import { hkdfSha256 } from "../crypto/hash.ts";
import type { Identity } from "../crypto/identity.ts";
import { X25519_SIZE, X25519KeyPair } from "../crypto/x25519.ts";
import { CryptoError } from "../errors.ts";
import type { MessageType } from "../protocol/codes.ts";

/** Never to be used for anything else. */
const INTERIM_VERSION = 1;
const LABEL = utf8("messaging-system/3 interim");
const NO_SALT = new Uint8Array(0);

/** Size of what stands in front of the ciphertext. */
export const INTERIM_HEADER_SIZE = 1 + X25519_SIZE + 8;

/** Bytes of content that `size` bytes of plaintext give. */
export function interimSize(size: number): number {
  return INTERIM_HEADER_SIZE + chunkedSize(size);
}

/** One party of an exchange: its own secret, and the other one's verified identity. */
export interface Pair {
  own: { identity: Identity; agreement: X25519KeyPair };
  peer: Identity;
}

/**
 * The header of one message to `peer`, and a stream that encrypts what follows it.
 * @param counter a whole number, larger than that of every message before
 */
export function sealInterim(
  { own, peer }: Pair,
  type: MessageType,
  counter: number,
): { header: Bytes; encrypt: TransformStream<Uint8Array, Bytes> } {
  const ephemeral = X25519KeyPair.generate();
  const header = new Writer(INTERIM_HEADER_SIZE)
    .u8(INTERIM_VERSION)
    .bytes(ephemeral.publicKey)
    .u32(counter % 2 ** 32)
    .u32(Math.floor(counter / 2 ** 32))
    .done();
  const secrets = concat(
    ephemeral.agree(peer.agreement),
    own.agreement.agree(peer.agreement),
  );
  const key = deriveKey(secrets, own.identity, peer, type, header);
  return { header, encrypt: withKey(key, chunkEncryptStream) };
}

/**
 * Reads the header of a message from `peer`; gives its counter, and a stream that decrypts what
 * follows it. Whoever uses the counter must have seen the stream end well.
 * @throws {CryptoError} `decrypt-failed` for another version, `bad-key` for a key of small order
 */
export function openInterim(
  { own, peer }: Pair,
  type: MessageType,
  header: Bytes,
): { counter: number; decrypt: TransformStream<Uint8Array, Bytes> } {
  if (header.length !== INTERIM_HEADER_SIZE) {
    throw new CryptoError("decrypt-failed", "the message is too short");
  }
  const reader = new Reader(header);
  if (reader.u8() !== INTERIM_VERSION) {
    throw new CryptoError("decrypt-failed", "the message has a version that is not known here");
  }
  const ephemeral = reader.bytes(X25519_SIZE);
  const counter = reader.u32() + reader.u32() * 2 ** 32;
  if (!Number.isSafeInteger(counter)) {
    throw new CryptoError("decrypt-failed", "the message has a counter that is out of range");
  }
  const secrets = concat(own.agreement.agree(ephemeral), own.agreement.agree(peer.agreement));
  const key = deriveKey(secrets, peer, own.identity, type, header);
  return { counter, decrypt: withKey(key, chunkDecryptStream) };
}

function deriveKey(
  secrets: Bytes,
  from: Identity,
  to: Identity,
  type: MessageType,
  header: Bytes,
): Bytes {
  const info = concat(LABEL, from.publicKey, to.publicKey, new Uint8Array([type]), header);
  const key = hkdfSha256(NO_SALT, secrets, info, KEY_SIZE);
  secrets.fill(0);
  return key;
}

/** Hands `key` over to a stream, which keeps a copy, and wipes it. */
function withKey<T>(key: Bytes, use: (key: Bytes) => T): T {
  try {
    return use(key);
  } finally {
    key.fill(0);
  }
}

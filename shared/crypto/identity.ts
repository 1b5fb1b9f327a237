/**
 * Identities of secure clients: a public key of 160 bytes that signs itself, and a client ID that
 * is its hash, so that nobody can replace the key.
 *
 * `4D 53 33 01` · Ed25519 key 32 · X25519 key 32 · Ed25519 signature 64 · zeros 28. The signature
 * is over `"messaging-system/3 identity"` · both keys. A classic key starts with 0x30.
 */
import { type Bytes, concat, equalBytes, fromHex, utf8 } from "../bytes.ts";
import { CryptoError } from "../errors.ts";
import { CLIENT_ID_SIZE, PUBLIC_KEY_SIZE } from "../limits.ts";
import {
  ED25519_KEY_SIZE,
  ed25519PublicKey,
  generateEd25519Secret,
  sign,
  SIGNATURE_SIZE,
  verify,
} from "./ed25519.ts";
import { sha256 } from "./hash.ts";
import { checkCanonical, generateX25519Secret, X25519_SIZE, X25519KeyPair } from "./x25519.ts";

/** The start of every secure client's public key, in this version and later ones. */
const SECURE_PREFIX = fromHex("4d5333");
const MAGIC = fromHex("4d533301");
const SIGNED_FROM = MAGIC.length;
const AGREEMENT_FROM = SIGNED_FROM + ED25519_KEY_SIZE;
const SIGNATURE_FROM = AGREEMENT_FROM + X25519_SIZE;
const PADDING_FROM = SIGNATURE_FROM + SIGNATURE_SIZE;

const IDENTITY_LABEL = utf8("messaging-system/3 identity");
const ID_LABEL = utf8("messaging-system/3 client id");
const LOGIN_LABEL = utf8("messaging-system/3 login");

export interface IdentitySecrets {
  /** Ed25519 secret key, 32 bytes. */
  signing: Bytes;
  /** X25519 secret key, 32 bytes. */
  agreement: Bytes;
}

/** The public part. Only {@link readIdentity} makes one, so its parts fit together. */
export interface Identity {
  /** The 160 bytes. */
  publicKey: Bytes;
  /** 16 bytes. */
  clientId: Bytes;
  /** Ed25519 public key, 32 bytes. */
  signing: Bytes;
  /** X25519 public key, 32 bytes. */
  agreement: Bytes;
}

/** Makes new secret keys. */
export function generateIdentity(): IdentitySecrets {
  return { signing: generateEd25519Secret(), agreement: generateX25519Secret() };
}

/** Returns the 160-byte public key that belongs to `secrets`. */
export async function publicIdentity(secrets: IdentitySecrets): Promise<Bytes> {
  const keys = concat(
    await ed25519PublicKey(secrets.signing),
    new X25519KeyPair(secrets.agreement).publicKey,
  );
  const signature = await sign(secrets.signing, concat(IDENTITY_LABEL, keys));
  return concat(MAGIC, keys, signature, new Uint8Array(PUBLIC_KEY_SIZE - PADDING_FROM));
}

/** Reports whether a public key claims to be a secure client's. */
export function claimsToBeSecure(publicKey: Uint8Array): boolean {
  return equalBytes(publicKey.subarray(0, SECURE_PREFIX.length), SECURE_PREFIX);
}

/** Returns the 16-byte client ID that belongs to a secure public key of 160 bytes. */
export function secureClientId(publicKey: Uint8Array): Bytes {
  return sha256(ID_LABEL, publicKey).slice(0, CLIENT_ID_SIZE);
}

/**
 * Returns the identity in `publicKey`.
 * @throws {CryptoError} `bad-key` if it is none, or its signature is wrong
 */
export function verifyIdentity(publicKey: Bytes): Identity {
  const identity = readIdentity(publicKey);
  checkSigned(identity);
  return identity;
}

/**
 * Returns what `publicKey` says. Nobody can be sure of it before {@link checkSigned}.
 * @throws {CryptoError} `bad-key` if it has not the form of an identity
 */
export function readIdentity(publicKey: Bytes): Identity {
  const wellFormed = publicKey.length === PUBLIC_KEY_SIZE &&
    equalBytes(publicKey.subarray(0, SIGNED_FROM), MAGIC) &&
    publicKey.subarray(PADDING_FROM).every((byte) => byte === 0);
  if (!wellFormed) throw new CryptoError("bad-key", "not the public key of a secure client");
  const signing = publicKey.slice(SIGNED_FROM, AGREEMENT_FROM);
  const agreement = publicKey.slice(AGREEMENT_FROM, SIGNATURE_FROM);
  checkCanonical(agreement);
  return { publicKey: publicKey.slice(), clientId: secureClientId(publicKey), signing, agreement };
}

/**
 * Checks that the owner of the signing key has chosen all of it.
 * @throws {CryptoError} `bad-key`
 */
export function checkSigned({ publicKey, signing }: Identity): void {
  const keys = publicKey.subarray(SIGNED_FROM, SIGNATURE_FROM);
  const signature = publicKey.slice(SIGNATURE_FROM, PADDING_FROM);
  if (!verify(signing, signature, concat(IDENTITY_LABEL, keys))) {
    throw new CryptoError("bad-key", "the public key is not signed by its owner");
  }
}

/** Returns the 64-byte signature that logs in on the channel with this 32-byte handshake hash. */
export async function signLogin(
  { signing }: IdentitySecrets,
  handshakeHash: Bytes,
): Promise<Bytes> {
  return await sign(signing, concat(LOGIN_LABEL, handshakeHash));
}

/** Reports whether `signature` is one of {@link signLogin} for this identity and channel. */
export function verifyLogin(
  { signing }: Identity,
  handshakeHash: Bytes,
  signature: Bytes,
): boolean {
  return verify(signing, signature, concat(LOGIN_LABEL, handshakeHash));
}

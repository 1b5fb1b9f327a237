/** Ed25519 signatures (RFC 8032 §5.1). */
import { Buffer } from "node:buffer";
import { createPublicKey, verify as verifyWith } from "node:crypto";
import { type Bytes, concat, fromHex, toHex } from "../bytes.ts";
import { CryptoError } from "../errors.ts";
import { randomBytes } from "./random.ts";

/** Size of a secret key (the seed of RFC 8032) and of a public key, in bytes. */
export const ED25519_KEY_SIZE = 32;
/** Size of a signature, in bytes. */
export const SIGNATURE_SIZE = 64;

/** What precedes the 32 bytes of a key in PKCS#8 and in SubjectPublicKeyInfo (RFC 8410). */
const PKCS8_PREFIX = fromHex("302e020100300506032b657004220420");
const SPKI_PREFIX = fromHex("302a300506032b6570032100");
const ALGORITHM = "Ed25519";

/** The y of all points whose order divides 8, little-endian; 0 and 1 also not reduced. */
const SMALL_ORDER = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

/** Returns a new secret key: 32 random bytes. */
export function generateEd25519Secret(): Bytes {
  return randomBytes(ED25519_KEY_SIZE);
}

/** Returns the 32-byte public key of a 32-byte secret key. */
export async function ed25519PublicKey(secret: Bytes): Promise<Bytes> {
  const { x } = await crypto.subtle.exportKey("jwk", await importSecret(secret, true));
  if (x === undefined) throw new CryptoError("bad-key", "the key has no public part");
  return Uint8Array.fromBase64(x, { alphabet: "base64url" });
}

/** Returns the 64-byte signature of `message`. */
export async function sign(secret: Bytes, message: Bytes): Promise<Bytes> {
  const key = await importSecret(secret, false);
  return new Uint8Array(await crypto.subtle.sign(ALGORITHM, key, message));
}

/**
 * Reports whether `signature` is a signature of `message` by the owner of the 32-byte `publicKey`.
 * A key of small order, for which anyone could sign, has no owner. Synchronous, which costs a
 * quarter of an asynchronous call: about 50 µs.
 */
export function verify(publicKey: Bytes, signature: Bytes, message: Bytes): boolean {
  if (publicKey.length !== ED25519_KEY_SIZE || hasSmallOrder(publicKey)) return false;
  const spki = Buffer.from(concat(SPKI_PREFIX, publicKey).buffer);
  try {
    const key = createPublicKey({ key: spki, format: "der", type: "spki" });
    return verifyWith(null, message, key, signature);
  } catch {
    return false; // not a key, or not a signature at all
  }
}

/**
 * Reports whether `publicKey` is a point of small order, in any encoding. For such a key anyone can
 * make a signature that fits every message, and RFC 8032 §5.1.7 lets it pass.
 */
function hasSmallOrder(publicKey: Bytes): boolean {
  const y = publicKey.slice();
  y[ED25519_KEY_SIZE - 1] &= 0x7f; // without the sign of x
  return SMALL_ORDER.has(toHex(y));
}

async function importSecret(secret: Bytes, extractable: boolean): Promise<CryptoKey> {
  if (secret.length !== ED25519_KEY_SIZE) {
    throw new CryptoError("bad-key", `an Ed25519 key has ${ED25519_KEY_SIZE} bytes`);
  }
  const pkcs8 = concat(PKCS8_PREFIX, secret);
  try {
    return await crypto.subtle.importKey("pkcs8", pkcs8, ALGORITHM, extractable, ["sign"]);
  } finally {
    pkcs8.fill(0);
  }
}

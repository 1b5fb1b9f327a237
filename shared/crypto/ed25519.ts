/** Ed25519 signatures (RFC 8032 §5.1), by Web Crypto. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { type Bytes, concat, fromHex } from "../bytes.ts";
import { CryptoError } from "../errors.ts";
import { randomBytes } from "./random.ts";

/** Size of a secret key (the seed of RFC 8032) and of a public key, in bytes. */
export const ED25519_KEY_SIZE = 32;
/** Size of a signature, in bytes. */
export const SIGNATURE_SIZE = 64;

/** What precedes the 32 bytes of a secret key in PKCS#8 (RFC 8410). */
const PKCS8_PREFIX = fromHex("302e020100300506032b657004220420");
const ALGORITHM = "Ed25519";

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
 * A key of small order, for which anyone could sign, has no owner.
 */
export async function verify(publicKey: Bytes, signature: Bytes, message: Bytes): Promise<boolean> {
  if (hasSmallOrder(publicKey)) return false;
  try {
    const key = await crypto.subtle.importKey("raw", publicKey, ALGORITHM, false, ["verify"]);
    return await crypto.subtle.verify(ALGORITHM, key, signature, message);
  } catch {
    return false; // not a key at all
  }
}

/**
 * Reports whether `publicKey` is a point of small order, in any encoding. For such a key anyone can
 * make a signature that fits every message, and RFC 8032 §5.1.7 lets it pass.
 */
function hasSmallOrder(publicKey: Bytes): boolean {
  try {
    return ed25519.Point.fromBytes(publicKey, true).isSmallOrder(); // true: as lax as ZIP 215
  } catch {
    return false; // not a point
  }
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

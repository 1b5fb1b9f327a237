/**
 * The cryptography of the classic protocol: RSA-1024 with OAEP (RFC 8017 §7.1, SHA-1, MGF1-SHA-1,
 * no label) carries an AES-128 key, AES-128-CBC with an IV of zeros carries contents. It has the
 * weaknesses that `PROTOCOL.md` lists, and exists for compatibility alone.
 */
import { type Bytes, concat, fromUtf8, utf8 } from "../../bytes.ts";
import { CryptoError } from "../../errors.ts";
import { PUBLIC_KEY_SIZE } from "../../limits.ts";
import { BLOCK_SIZE, decryptCbc, encryptCbc } from "./aes_cbc.ts";
import { randomBytes } from "../random.ts";

/** Size of a symmetric key. */
export const SYMMETRIC_KEY_SIZE = BLOCK_SIZE;
/** Size of a symmetric key under a public key: one RSA-1024 block. */
export const WRAPPED_KEY_SIZE = 128;

const RSA = { name: "RSA-OAEP", hash: "SHA-1" };

/** An RSA key pair in its encodings. */
export interface ClassicKeyPair {
  /** SubjectPublicKeyInfo DER (RFC 5280 §4.1), exactly 160 bytes. */
  publicKey: Bytes;
  /** PKCS#8 DER (RFC 5958), about 634 bytes. */
  privateKey: Bytes;
}

/** Generates an RSA-1024 key pair. Its exponent is 3: with 65537 the public key has 162 bytes. */
export async function generateClassicKeyPair(): Promise<ClassicKeyPair> {
  const parameters = { ...RSA, modulusLength: 1024, publicExponent: new Uint8Array([3]) };
  const pair = await crypto.subtle.generateKey(parameters, true, ["encrypt", "decrypt"]);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  if (publicKey.length !== PUBLIC_KEY_SIZE) {
    throw new CryptoError("bad-key", `the public key has ${publicKey.length} bytes`);
  }
  const privateKey = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  return { publicKey, privateKey };
}

/**
 * Returns the DER structure at the start of `bytes`, without the padding behind it.
 * @throws {CryptoError} `bad-key` if there is none of a plausible length
 */
export function trimDer(bytes: Bytes): Bytes {
  const size = bytes[0] === 0x30 && bytes[1] === 0x82 ? 4 + (bytes[2] << 8 | bytes[3]) : NaN;
  if (!(size <= bytes.length)) throw new CryptoError("bad-key", "not a PKCS#8 private key");
  return bytes.slice(0, size);
}

/** Returns random bytes for a symmetric key between two classic clients. */
export function generateSymmetricKey(): Bytes {
  return randomBytes(SYMMETRIC_KEY_SIZE);
}

/**
 * Encrypts the 16-byte `symmetricKey` to the owner of the 160-byte `publicKey`. Returns 128 bytes.
 * @throws {CryptoError} `bad-key` if `publicKey` is no RSA-1024 key
 */
export async function wrapSymmetricKey(publicKey: Bytes, symmetricKey: Bytes): Promise<Bytes> {
  try {
    const key = await crypto.subtle.importKey("spki", publicKey, RSA, false, ["encrypt"]);
    const wrapped = await crypto.subtle.encrypt({ name: "RSA-OAEP" }, key, symmetricKey);
    if (wrapped.byteLength === WRAPPED_KEY_SIZE) return new Uint8Array(wrapped);
  } catch (cause) {
    const reason = "the public key is not an RSA key that can be used";
    throw new CryptoError("bad-key", reason, { cause });
  }
  throw new CryptoError("bad-key", "the public key is not an RSA-1024 key");
}

/**
 * Decrypts 128 bytes from {@link wrapSymmetricKey} with the PKCS#8 `privateKey`. Returns 16 bytes.
 * @throws {CryptoError} `bad-key` for an unusable private key, `decrypt-failed` otherwise
 */
export async function unwrapSymmetricKey(privateKey: Bytes, wrapped: Bytes): Promise<Bytes> {
  let key: CryptoKey;
  try {
    key = await crypto.subtle.importKey("pkcs8", privateKey, RSA, false, ["decrypt"]);
  } catch (cause) {
    throw new CryptoError("bad-key", "the private key cannot be used", { cause });
  }
  let symmetricKey: Bytes;
  try {
    symmetricKey = new Uint8Array(await crypto.subtle.decrypt({ name: "RSA-OAEP" }, key, wrapped));
  } catch (cause) {
    throw new CryptoError("decrypt-failed", "the key cannot be decrypted", { cause });
  }
  if (symmetricKey.length !== SYMMETRIC_KEY_SIZE) {
    throw new CryptoError("decrypt-failed", "the key has a wrong size");
  }
  return symmetricKey;
}

/** Encrypts `text` and one zero byte under the 16-byte `key`. */
export async function encryptText(key: Bytes, text: string): Promise<Bytes> {
  return await encryptCbc(key, concat(utf8(text), new Uint8Array(1)));
}

/**
 * Decrypts a ciphertext of {@link encryptText}. The plaintext must be UTF-8 that ends with its only
 * zero byte, which detects nearly all wrong keys that the padding lets pass.
 * @throws {CryptoError} `decrypt-failed`
 */
export async function decryptText(key: Bytes, ciphertext: Bytes): Promise<string> {
  const plaintext = await decryptCbc(key, ciphertext);
  const end = plaintext.length - 1;
  if (end >= 0 && plaintext.indexOf(0) === end) {
    try {
      return fromUtf8(plaintext.subarray(0, end));
    } catch {
      // Not UTF-8: falls through.
    }
  }
  throw new CryptoError("decrypt-failed", "the message cannot be decrypted");
}

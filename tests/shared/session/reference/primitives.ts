/**
 * The primitives of the reference implementation, all by the @noble libraries. The product has most
 * of them from Web Crypto and node:crypto.
 */
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import * as sha2 from "@noble/hashes/sha2.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { type Bytes, concat } from "../../../../shared/bytes.ts";

export function sha256(...parts: Bytes[]): Bytes {
  return sha2.sha256(concat(...parts)) as Bytes;
}

export function sha512(bytes: Bytes): Bytes {
  return sha2.sha512(bytes) as Bytes;
}

export function hmacSha256(key: Bytes, message: Bytes): Bytes {
  return hmac(sha2.sha256, key, message) as Bytes;
}

export function hkdfSha256(salt: Bytes, secret: Bytes, info: Bytes, size: number): Bytes {
  return hkdf(sha2.sha256, secret, salt, info, size) as Bytes;
}

export function x25519PublicKey(secret: Bytes): Bytes {
  return x25519.getPublicKey(secret) as Bytes;
}

/** Throws if the result is all zeros. */
export function x25519Agree(secret: Bytes, publicKey: Bytes): Bytes {
  return x25519.getSharedSecret(secret, publicKey) as Bytes;
}

export function ed25519PublicKey(secret: Bytes): Bytes {
  return ed25519.getPublicKey(secret) as Bytes;
}

export function sign(secret: Bytes, message: Bytes): Bytes {
  return ed25519.sign(message, secret) as Bytes;
}

/** Reports whether the signature is right, and the key has an owner. */
export function verify(publicKey: Bytes, signature: Bytes, message: Bytes): boolean {
  try {
    if (ed25519.Point.fromBytes(publicKey).isSmallOrder()) return false;
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
}

/** ChaCha20-Poly1305 (RFC 8439 §2.8): the ciphertext and its tag of 16 bytes. */
export function chachaSeal(key: Bytes, nonce: Bytes, associated: Bytes, plaintext: Bytes): Bytes {
  return chacha20poly1305(key, nonce, associated).encrypt(plaintext) as Bytes;
}

/** Throws if the tag is wrong. */
export function chachaOpen(key: Bytes, nonce: Bytes, associated: Bytes, sealed: Bytes): Bytes {
  return chacha20poly1305(key, nonce, associated).decrypt(sealed) as Bytes;
}

export function mlKemPublicKey(seed: Bytes): Bytes {
  return ml_kem768.keygen(seed).publicKey as Bytes;
}

/** Throws if the key fails the modulus check of FIPS 203 §7.2. */
export function mlKemEncapsulate(publicKey: Bytes, coins: Bytes) {
  const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey, coins);
  return { ciphertext: cipherText as Bytes, secret: sharedSecret as Bytes };
}

export function mlKemDecapsulate(seed: Bytes, ciphertext: Bytes): Bytes {
  return ml_kem768.decapsulate(ciphertext, ml_kem768.keygen(seed).secretKey) as Bytes;
}

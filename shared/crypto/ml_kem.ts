/**
 * ML-KEM-768 (FIPS 203), by @noble/post-quantum. Synchronous, for what must be one step with a
 * session and its storage; an operation takes about 0.5 ms. Who can wait uses `ml_kem_engine.ts`.
 */
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import type { Bytes } from "../bytes.ts";
import { CryptoError } from "../errors.ts";

/** Size of a secret key: the seed `d · z` of FIPS 203 §7.1, in bytes. */
export const ML_KEM_SEED_SIZE = 64;
/** Size of an encapsulation (public) key, in bytes. */
export const ML_KEM_KEY_SIZE = 1184;
/** Size of a ciphertext, in bytes. */
export const ML_KEM_CIPHERTEXT_SIZE = 1088;
/** Size of the randomness of one encapsulation, in bytes. */
export const ML_KEM_COINS_SIZE = 32;

/**
 * Returns the 1184-byte encapsulation key that belongs to a seed of 64 random bytes.
 * @throws {CryptoError} `bad-key` if the seed has another size
 */
export function mlKemPublicKey(seed: Bytes): Bytes {
  checkKemSize(seed, ML_KEM_SEED_SIZE);
  const { publicKey, secretKey } = ml_kem768.keygen(seed);
  secretKey.fill(0);
  return publicKey as Bytes;
}

/**
 * Makes a shared secret of 32 bytes, and the 1088 bytes that carry it to the holder of `publicKey`.
 * @param coins 32 random bytes, used once
 * @throws {CryptoError} `bad-key` for another size, or a key that fails the modulus check of FIPS
 * 203 §7.2
 */
export function mlKemEncapsulate(
  publicKey: Bytes,
  coins: Bytes,
): { ciphertext: Bytes; secret: Bytes } {
  checkKemSize(publicKey, ML_KEM_KEY_SIZE);
  checkKemSize(coins, ML_KEM_COINS_SIZE);
  try {
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey, coins);
    return { ciphertext: cipherText as Bytes, secret: sharedSecret as Bytes };
  } catch (error) {
    throw new CryptoError("bad-key", "the ML-KEM key cannot be used", { cause: error });
  }
}

/**
 * Returns the 32-byte secret that `ciphertext` carries to the holder of `seed`, and the 1184-byte
 * encapsulation key of that seed. A ciphertext for another seed leads to a secret that nobody knows
 * (implicit rejection, FIPS 203 §6.3).
 * @throws {CryptoError} `bad-key` if either has another size
 */
export function mlKemDecapsulate(
  seed: Bytes,
  ciphertext: Bytes,
): { secret: Bytes; publicKey: Bytes } {
  checkKemSize(seed, ML_KEM_SEED_SIZE);
  checkKemSize(ciphertext, ML_KEM_CIPHERTEXT_SIZE);
  const { secretKey, publicKey } = ml_kem768.keygen(seed);
  try {
    const secret = ml_kem768.decapsulate(ciphertext, secretKey);
    return { secret: secret as Bytes, publicKey: publicKey as Bytes };
  } finally {
    secretKey.fill(0);
  }
}

/** @throws {CryptoError} `bad-key` unless there are `size` bytes */
export function checkKemSize(bytes: Uint8Array, size: number): void {
  if (bytes.length !== size) {
    throw new CryptoError("bad-key", `${size} bytes expected for ML-KEM-768, got ${bytes.length}`);
  }
}

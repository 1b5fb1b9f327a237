/**
 * X25519 (RFC 7748 §5). Synchronous, so that no other code runs in the middle of a handshake. One
 * agreement takes about 65 µs.
 */
import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from "node:crypto";
import { type Bytes, concat, fromHex } from "../bytes.ts";
import { CryptoError } from "../errors.ts";
import { randomBytes } from "./random.ts";

/** Size of a secret key, of a public key and of a shared secret, in bytes. */
export const X25519_SIZE = 32;

/** What precedes the 32 bytes of a key in PKCS#8 and in SubjectPublicKeyInfo (RFC 8410). */
const PKCS8_PREFIX = fromHex("302e020100300506032b656e04220420");
const SPKI_PREFIX = fromHex("302a300506032b656e032100");

/** A secret key with its public key. */
export class X25519KeyPair {
  /** 32 bytes. Do not change them. */
  readonly publicKey: Bytes;
  readonly #secret: KeyObject;

  /**
   * The pair of a secret of 32 arbitrary bytes. Copies the secret; the caller wipes its own.
   * @throws {CryptoError} `bad-key` if it has another size
   */
  constructor(secret: Uint8Array) {
    checkSize(secret);
    const key = concat(PKCS8_PREFIX, secret);
    this.#secret = createPrivateKey({ key: Buffer.from(key.buffer), format: "der", type: "pkcs8" });
    key.fill(0);
    const spki = createPublicKey(this.#secret).export({ format: "der", type: "spki" });
    this.publicKey = new Uint8Array(spki.subarray(SPKI_PREFIX.length));
  }

  /** Makes a new pair. */
  static generate(): X25519KeyPair {
    const secret = generateX25519Secret();
    const pair = new X25519KeyPair(secret);
    secret.fill(0);
    return pair;
  }

  /**
   * Returns the 32-byte secret shared with the holder of `publicKey`.
   * @throws {CryptoError} `bad-key` if the size is wrong or the result is all zeros: such a public
   * key contributes nothing to the secret (RFC 7748 §6.1)
   */
  agree(publicKey: Uint8Array): Bytes {
    checkSize(publicKey);
    let shared: Bytes;
    try {
      shared = new Uint8Array(diffieHellman({
        privateKey: this.#secret,
        publicKey: createPublicKey({
          key: Buffer.from(concat(SPKI_PREFIX, publicKey).buffer),
          format: "der",
          type: "spki",
        }),
      }));
    } catch (error) {
      throw new CryptoError("bad-key", "the public key cannot be used", { cause: error });
    }
    let any = 0;
    for (const byte of shared) any |= byte;
    if (any === 0) throw new CryptoError("bad-key", "the public key has small order");
    return shared;
  }
}

/**
 * Checks that a public key has its canonical encoding, a number below 2^255 - 19. RFC 7748 §5 also
 * accepts others, and then one key could pass for two.
 * @throws {CryptoError} `bad-key`
 */
export function checkCanonical(publicKey: Uint8Array): void {
  checkSize(publicKey);
  const [first, ...others] = publicKey;
  const last = others.pop() ?? 0;
  const atLeastPrime = last === 0x7f && others.every((byte) => byte === 0xff) && first >= 0xed;
  if (last > 0x7f || atLeastPrime) {
    throw new CryptoError("bad-key", "the public key is not in its canonical form");
  }
}

/** Returns 32 random bytes: a secret for {@link X25519KeyPair} that can be stored. */
export function generateX25519Secret(): Bytes {
  return randomBytes(X25519_SIZE);
}

function checkSize(key: Uint8Array): void {
  if (key.length !== X25519_SIZE) {
    throw new CryptoError("bad-key", `an X25519 key has ${X25519_SIZE} bytes, not ${key.length}`);
  }
}

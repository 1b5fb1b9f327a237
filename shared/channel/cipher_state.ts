import type { Bytes } from "../bytes.ts";
import { ChaChaKey, NONCE_SIZE } from "../crypto/chacha20_poly1305.ts";
import { CryptoError } from "../errors.ts";

/**
 * How many messages one key may encrypt. ChaCha20-Poly1305 itself allows for more than a counter of
 * 64 bits can number (RFC 9001 §6.6, §B), and one forgery ends the channel. But the counter must
 * never repeat, so it stays far below 2^53, up to which numbers are exact. That many full records
 * are 64 PiB.
 */
export const MAX_MESSAGES = 2 ** 40;

/** Where the counter stands in a nonce, behind 32 zero bits. */
const COUNTER_AT = 4;
/** The nonce of the message at hand, of whatever key: it is no secret and made anew each time. */
const nonce = new Uint8Array(NONCE_SIZE);
const NOTHING = new Uint8Array(0);

/** A key and its counter: the CipherState of Noise (§5.1), which never uses a nonce twice. */
export class CipherState {
  readonly #key: ChaChaKey;
  #counter: number;

  /** Copies `key`, of 32 bytes. `counter` is the number of earlier messages, for tests alone. */
  constructor(key: Uint8Array, counter = 0) {
    this.#key = new ChaChaKey(key);
    this.#counter = counter;
  }

  /**
   * Returns the next message: the ciphertext of `plaintext` and its tag.
   * @throws {CryptoError} `exhausted` after {@link MAX_MESSAGES}
   */
  encrypt(plaintext: Uint8Array, associated: Uint8Array = NOTHING): Bytes {
    return this.#key.seal(this.#nextNonce(), associated, plaintext);
  }

  /**
   * Puts the next message at the start of `into`, which may not overlap `plaintext`. Returns its
   * size, 16 bytes more than that of `plaintext`.
   * @throws {CryptoError} `exhausted` after {@link MAX_MESSAGES}
   */
  encryptInto(plaintext: Uint8Array, into: Uint8Array): number {
    return this.#key.sealInto(this.#nextNonce(), NOTHING, plaintext, into);
  }

  /**
   * Returns the plaintext of the next message. After an error the counters of both parties differ,
   * and nothing more can be received.
   * @throws {CryptoError} `decrypt-failed` unless it is the one that the other party sent;
   * `exhausted` after {@link MAX_MESSAGES}
   */
  decrypt(sealed: Uint8Array, associated: Uint8Array = NOTHING): Bytes {
    return this.#key.open(this.#nextNonce(), associated, sealed);
  }

  /** Forgets the key: nothing can be encrypted or decrypted any more. */
  wipe(): void {
    this.#key.wipe();
  }

  /**
   * 32 zero bits and the counter as 64 bits, little-endian (Noise §12.3). Counts before the cipher
   * runs, so that no failure leads to the same nonce again.
   */
  #nextNonce(): Bytes {
    if (this.#counter >= MAX_MESSAGES) {
      throw new CryptoError("exhausted", "the key has encrypted as many messages as it may");
    }
    let rest = this.#counter++;
    for (let at = COUNTER_AT; at < NONCE_SIZE; at++) {
      nonce[at] = rest; // its lowest byte
      rest = Math.floor(rest / 256);
    }
    return nonce;
  }
}

import type { Bytes } from "../bytes.ts";
import { AesGcmKey, NONCE_SIZE } from "../crypto/aes_gcm.ts";
import { CryptoError } from "../errors.ts";

/** An authenticated cipher under one key of 32 bytes, with tags of 16. */
export interface CipherKey {
  sealSync(nonce: Bytes, associated: Uint8Array, plaintext: Uint8Array): Bytes;
  openSync(nonce: Bytes, associated: Uint8Array, sealed: Uint8Array): Bytes;
  seal(nonce: Bytes, associated: Uint8Array, plaintext: Uint8Array): Promise<Bytes>;
  open(nonce: Bytes, associated: Uint8Array, sealed: Uint8Array): Promise<Bytes>;
  wipe(): void;
}

/** The cipher functions of a Noise protocol (§12). */
export interface CipherFunctions {
  /** Its name in the name of the protocol. */
  readonly name: string;
  key(bytes: Uint8Array): CipherKey;
  nonce(counter: number): Bytes;
}

/** AES-256-GCM; nonce: 32 zero bits and the counter as 64 bits, big-endian (Noise §12.4). */
export const AESGCM: CipherFunctions = {
  name: "AESGCM",
  key: (bytes) => new AesGcmKey(bytes),
  nonce(counter) {
    const nonce = new Uint8Array(NONCE_SIZE);
    new DataView(nonce.buffer).setBigUint64(4, BigInt(counter));
    return nonce;
  },
};

/**
 * How many messages one key may encrypt. Noise asks for at most 2^56 bytes under a key of AES-GCM
 * (§14), and a message has less than 2^16.
 */
export const MAX_MESSAGES = 2 ** 40;

const NOTHING = new Uint8Array(0);

/** A key and its counter: the CipherState of Noise (§5.1), which never uses a nonce twice. */
export class CipherState {
  readonly #functions: CipherFunctions;
  readonly #key: CipherKey;
  #counter: number;

  /** Copies `key`, of 32 bytes. `counter` is the number of earlier messages, for tests alone. */
  constructor(functions: CipherFunctions, key: Uint8Array, counter = 0) {
    this.#functions = functions;
    this.#key = functions.key(key);
    this.#counter = counter;
  }

  /**
   * Returns the next message: the ciphertext of `plaintext` and its tag.
   * @throws {CryptoError} `exhausted` after {@link MAX_MESSAGES}
   */
  encryptSync(plaintext: Uint8Array, associated: Uint8Array = NOTHING): Bytes {
    return this.#key.sealSync(this.#nextNonce(), associated, plaintext);
  }

  /**
   * Returns the plaintext of the next message. After an error the counters of both parties differ,
   * and nothing more can be received.
   * @throws {CryptoError} `decrypt-failed` unless it is the one that the other party sent;
   * `exhausted` after {@link MAX_MESSAGES}
   */
  decryptSync(sealed: Uint8Array, associated: Uint8Array = NOTHING): Bytes {
    return this.#key.openSync(this.#nextNonce(), associated, sealed);
  }

  /** {@link encryptSync} on another thread. The order is that of the calls, not of the results. */
  encrypt(plaintext: Uint8Array): Promise<Bytes> {
    return this.#key.seal(this.#nextNonce(), NOTHING, plaintext);
  }

  /** {@link decryptSync} on another thread. The order is that of the calls, not of the results. */
  decrypt(sealed: Uint8Array): Promise<Bytes> {
    return this.#key.open(this.#nextNonce(), NOTHING, sealed);
  }

  /** Forgets the key: nothing can be encrypted or decrypted any more. */
  wipe(): void {
    this.#key.wipe();
  }

  /** Counts before the cipher runs, so that no failure leads to the same nonce again. */
  #nextNonce(): Bytes {
    if (this.#counter >= MAX_MESSAGES) {
      throw new CryptoError("exhausted", "the key has encrypted as many messages as it may");
    }
    return this.#functions.nonce(this.#counter++);
  }
}

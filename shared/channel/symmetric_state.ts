/** The state of a handshake so far: the SymmetricState of Noise (§5.2), with SHA-256. */
import { type Bytes, concat, utf8 } from "../bytes.ts";
import { HASH_SIZE, hkdfKeys, sha256 } from "../crypto/hash.ts";
import { CipherState } from "./cipher_state.ts";

const NOTHING = new Uint8Array(0);

export class SymmetricState {
  #chainingKey: Bytes;
  #hash: Bytes;
  #cipher: CipherState | null = null;

  /** `protocolName` is as in Noise §8, such as `Noise_NX_25519_ChaChaPoly_SHA256`. */
  constructor(protocolName: string) {
    const name = utf8(protocolName);
    this.#hash = name.length <= HASH_SIZE
      ? concat(name, new Uint8Array(HASH_SIZE - name.length))
      : sha256(name);
    this.#chainingKey = this.#hash.slice();
  }

  /** The hash of all messages: 32 bytes. At the end it identifies the conversation (§11.2). */
  get hash(): Bytes {
    return this.#hash.slice();
  }

  /** Whether payloads and static keys are encrypted from here on. */
  get encrypts(): boolean {
    return this.#cipher !== null;
  }

  /** Mixes in a secret, and wipes it. */
  mixKey(secret: Uint8Array): void {
    const [chainingKey, key] = this.#derive(secret);
    secret.fill(0);
    this.#chainingKey.fill(0);
    this.#chainingKey = chainingKey;
    this.#cipher?.wipe();
    this.#cipher = new CipherState(key);
    key.fill(0);
  }

  mixHash(data: Uint8Array): void {
    this.#hash = sha256(this.#hash, data);
  }

  encryptAndHash(plaintext: Uint8Array): Bytes {
    const sealed = this.#cipher?.encrypt(plaintext, this.#hash) ?? plaintext.slice() as Bytes;
    this.mixHash(sealed);
    return sealed;
  }

  /** @throws {CryptoError} `decrypt-failed`; nothing was mixed in then */
  decryptAndHash(sealed: Uint8Array): Bytes {
    const plaintext = this.#cipher?.decrypt(sealed, this.#hash) ?? sealed.slice() as Bytes;
    this.mixHash(sealed);
    return plaintext;
  }

  /** Returns both directions' ciphers, the initiator's first. The last call: wipes the rest. */
  split(): [CipherState, CipherState] {
    const keys = this.#derive(NOTHING);
    const [first, second] = keys.map((key) => new CipherState(key));
    for (const key of keys) key.fill(0);
    this.wipe();
    return [first, second];
  }

  /** Forgets all keys; the hash stays. */
  wipe(): void {
    this.#chainingKey.fill(0);
    this.#cipher?.wipe();
    this.#cipher = null;
  }

  /** Noise's HKDF (§4.3), which is RFC 5869 with the chaining key as salt and no info. */
  #derive(secret: Uint8Array): Bytes[] {
    return hkdfKeys(this.#chainingKey, secret, NOTHING, 2);
  }
}

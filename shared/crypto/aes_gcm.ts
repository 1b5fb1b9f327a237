/**
 * AES-256-GCM (NIST SP 800-38D) with 96-bit nonces and 128-bit tags, by two engines that produce
 * the same bytes. The synchronous engine is best for small inputs. Web Crypto works on other
 * threads, several calls at a time, and is several times faster for large inputs, but each call is
 * expensive. Callers must never use a nonce twice under one key.
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Bytes } from "../bytes.ts";
import { CryptoError } from "../errors.ts";

/** Size of a key, in bytes. */
export const KEY_SIZE = 32;
/** Size of a nonce, in bytes. */
export const NONCE_SIZE = 12;
/** Size of the tag that follows every ciphertext, in bytes. */
export const TAG_SIZE = 16;

const WEB_ALGORITHM = "AES-GCM";
const NODE_ALGORITHM = "aes-256-gcm";

/** One key, until it is wiped. */
export class AesGcmKey {
  readonly #key: Bytes;
  #imported: CryptoKey | null = null;
  #wiped = false;

  /**
   * Copies `key`.
   * @throws {CryptoError} `bad-key` unless it has 32 bytes
   */
  constructor(key: Uint8Array) {
    if (key.length !== KEY_SIZE) {
      throw new CryptoError("bad-key", `an AES-256 key has ${KEY_SIZE} bytes, not ${key.length}`);
    }
    this.#key = new Uint8Array(key);
  }

  /** Returns the ciphertext of `plaintext` with its 16-byte tag, which also covers `associated`. */
  sealSync(nonce: Uint8Array, associated: Uint8Array, plaintext: Uint8Array): Bytes {
    this.#check(nonce);
    const cipher = createCipheriv(NODE_ALGORITHM, this.#key, nonce);
    if (associated.length > 0) cipher.setAAD(associated);
    const sealed = new Uint8Array(plaintext.length + TAG_SIZE);
    sealed.set(cipher.update(plaintext));
    cipher.final();
    sealed.set(cipher.getAuthTag(), plaintext.length);
    return sealed;
  }

  /**
   * Returns the plaintext of `sealed`, which ends with its tag.
   * @throws {CryptoError} `decrypt-failed` if the key, the nonce, `associated` or `sealed` differs
   * from what was used for sealing
   */
  openSync(nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Bytes {
    this.#check(nonce);
    const size = plaintextSize(sealed);
    const decipher = createDecipheriv(NODE_ALGORITHM, this.#key, nonce);
    if (associated.length > 0) decipher.setAAD(associated);
    decipher.setAuthTag(sealed.subarray(size));
    const plaintext = decipher.update(sealed.subarray(0, size));
    try {
      decipher.final();
    } catch (error) {
      plaintext.fill(0);
      throw new CryptoError("decrypt-failed", "the tag is wrong", { cause: error });
    }
    return new Uint8Array(plaintext);
  }

  /** Like {@link sealSync}, by Web Crypto. The arguments may change once this has returned. */
  async seal(nonce: Uint8Array, associated: Uint8Array, plaintext: Uint8Array): Promise<Bytes> {
    this.#check(nonce);
    let key = this.#imported;
    if (key === null) {
      [nonce, associated, plaintext] = [nonce.slice(), associated.slice(), plaintext.slice()];
      key = await this.#forWebCrypto();
    }
    const parameters = webParameters(nonce, associated);
    return new Uint8Array(await crypto.subtle.encrypt(parameters, key, plaintext as Bytes));
  }

  /** Like {@link openSync}, by Web Crypto. The arguments may change once this has returned. */
  async open(nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Promise<Bytes> {
    this.#check(nonce);
    plaintextSize(sealed);
    let key = this.#imported;
    if (key === null) {
      [nonce, associated, sealed] = [nonce.slice(), associated.slice(), sealed.slice()];
      key = await this.#forWebCrypto();
    }
    const parameters = webParameters(nonce, associated);
    try {
      return new Uint8Array(await crypto.subtle.decrypt(parameters, key, sealed as Bytes));
    } catch (error) {
      throw new CryptoError("decrypt-failed", "the tag is wrong", { cause: error });
    }
  }

  /** Forgets the key: from now on nothing can be sealed or opened. */
  wipe(): void {
    this.#key.fill(0);
    this.#imported = null;
    this.#wiped = true;
  }

  #check(nonce: Uint8Array): void {
    if (this.#wiped) throw new TypeError("the key was wiped");
    if (nonce.length !== NONCE_SIZE) {
      throw new RangeError(`a nonce has ${NONCE_SIZE} bytes, not ${nonce.length}`);
    }
  }

  /** The key for Web Crypto, which most keys never need. */
  async #forWebCrypto(): Promise<CryptoKey> {
    const usages: KeyUsage[] = ["encrypt", "decrypt"];
    const key = await crypto.subtle.importKey("raw", this.#key, WEB_ALGORITHM, false, usages);
    if (!this.#wiped) this.#imported = key;
    return key;
  }
}

/** Returns the size of the plaintext in `sealed`. */
function plaintextSize(sealed: Uint8Array): number {
  if (sealed.length < TAG_SIZE) throw new CryptoError("decrypt-failed", "the tag is missing");
  return sealed.length - TAG_SIZE;
}

function webParameters(nonce: Uint8Array, associated: Uint8Array): AesGcmParams {
  return { name: WEB_ALGORITHM, iv: nonce as Bytes, additionalData: associated as Bytes };
}

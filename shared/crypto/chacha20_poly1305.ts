/**
 * ChaCha20-Poly1305 (RFC 8439) with nonces of 96 bits and tags of 128 bits, and XChaCha20-Poly1305
 * (draft-irtf-cfrg-xchacha-03) with nonces of 192 bits, which may be random under a key that lives
 * long. Callers must never use a nonce twice under one key.
 */
import { type Cipheriv, createCipheriv, createDecipheriv, type Decipheriv } from "node:crypto";
import { hchacha } from "@noble/ciphers/chacha.js";
import { type Bytes, discard } from "../bytes.ts";
import { CryptoError } from "../errors.ts";
import { KiB } from "../limits.ts";

/** Size of a key, in bytes. */
export const KEY_SIZE = 32;
/** Size of a nonce of ChaCha20-Poly1305, in bytes. */
export const NONCE_SIZE = 12;
/** Size of a nonce of XChaCha20-Poly1305, in bytes. */
export const LONG_NONCE_SIZE = 24;
/** Size of the tag that follows every ciphertext, in bytes. */
export const TAG_SIZE = 16;

const ALGORITHM = "chacha20-poly1305";
const OPTIONS = { authTagLength: TAG_SIZE };
/** What a cipher returns is freed as soon as it is copied if it is more: much comes in a row. */
const LARGE = 4 * KiB;
/** Most bytes that pass through a cipher at a time, so that the memory it returns stays warm. */
const STEP = 64 * KiB;
/** The part of a long nonce that goes into the key. */
const KEY_NONCE_SIZE = 16;

/** One key of ChaCha20-Poly1305, until it is wiped. */
export class ChaChaKey {
  readonly #key: Bytes;
  #wiped = false;

  /**
   * Copies `key`.
   * @throws {CryptoError} `bad-key` unless it has 32 bytes
   */
  constructor(key: Uint8Array) {
    this.#key = copyOf(key);
  }

  /** Returns the ciphertext of `plaintext` with its 16-byte tag, which also covers `associated`. */
  seal(nonce: Uint8Array, associated: Uint8Array, plaintext: Uint8Array): Bytes {
    this.#check(nonce);
    return seal(this.#key, nonce, associated, plaintext);
  }

  /**
   * Puts what {@link seal} returns at the start of `into`, where `plaintext` itself may be. Returns
   * its size, 16 bytes more than that of `plaintext`.
   * @throws {RangeError} if `into` has no room for it
   */
  sealInto(
    nonce: Uint8Array,
    associated: Uint8Array,
    plaintext: Uint8Array,
    into: Uint8Array,
  ): number {
    this.#check(nonce);
    return sealInto(this.#key, nonce, associated, plaintext, into);
  }

  /**
   * Returns the plaintext of `sealed`, which ends with its tag.
   * @throws {CryptoError} `decrypt-failed` if the key, the nonce, `associated` or `sealed` differs
   * from what was used for sealing
   */
  open(nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Bytes {
    this.#check(nonce);
    return open(this.#key, nonce, associated, sealed);
  }

  /**
   * Puts what {@link open} returns at the start of `into`, where `sealed` itself may be. Returns
   * its size. After a failure there are zeros.
   * @throws {CryptoError} `decrypt-failed`
   * @throws {RangeError} if `into` has no room for it
   */
  openInto(
    nonce: Uint8Array,
    associated: Uint8Array,
    sealed: Uint8Array,
    into: Uint8Array,
  ): number {
    this.#check(nonce);
    return openInto(this.#key, nonce, associated, sealed, into);
  }

  /** Forgets the key: from now on nothing can be sealed or opened. */
  wipe(): void {
    this.#key.fill(0);
    this.#wiped = true;
  }

  #check(nonce: Uint8Array): void {
    if (this.#wiped) throw new TypeError("the key was wiped");
    checkNonce(nonce, NONCE_SIZE);
  }
}

/** One key of XChaCha20-Poly1305, until it is wiped. */
export class XChaChaKey {
  readonly #key: Bytes;
  #wiped = false;

  /**
   * Copies `key`.
   * @throws {CryptoError} `bad-key` unless it has 32 bytes
   */
  constructor(key: Uint8Array) {
    this.#key = copyOf(key);
  }

  /** Returns the ciphertext of `plaintext` with its 16-byte tag, which also covers `associated`. */
  seal(nonce: Uint8Array, associated: Uint8Array, plaintext: Uint8Array): Bytes {
    return this.#with(nonce, (key, rest) => seal(key, rest, associated, plaintext));
  }

  /**
   * Returns the plaintext of `sealed`, which ends with its tag.
   * @throws {CryptoError} `decrypt-failed` if the key, the nonce, `associated` or `sealed` differs
   * from what was used for sealing
   */
  open(nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Bytes {
    return this.#with(nonce, (key, rest) => open(key, rest, associated, sealed));
  }

  /** Forgets the key: from now on nothing can be sealed or opened. */
  wipe(): void {
    this.#key.fill(0);
    this.#wiped = true;
  }

  /** Calls `work` with the key that belongs to the nonce, and the nonce for that key. */
  #with(nonce: Uint8Array, work: (key: Bytes, nonce: Bytes) => Bytes): Bytes {
    if (this.#wiped) throw new TypeError("the key was wiped");
    checkNonce(nonce, LONG_NONCE_SIZE);
    const key = hChaCha20(this.#key, nonce.subarray(0, KEY_NONCE_SIZE));
    const rest = new Uint8Array(NONCE_SIZE);
    rest.set(nonce.subarray(KEY_NONCE_SIZE), NONCE_SIZE - (LONG_NONCE_SIZE - KEY_NONCE_SIZE));
    try {
      return work(key, rest);
    } finally {
      key.fill(0);
    }
  }
}

/** "expand 32-byte k" as little-endian words, the first row of ChaCha's state (RFC 8439 §2.3). */
const CONSTANTS = new Uint32Array([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);

/** HChaCha20 (draft-irtf-cfrg-xchacha-03 §2.2): a key of 32 bytes from a key and 16 bytes. */
function hChaCha20(key: Uint8Array, nonce: Uint8Array): Bytes {
  const [words, out] = [wordsOf(key), new Uint32Array(KEY_SIZE / 4)];
  hchacha(CONSTANTS, words, wordsOf(nonce), out);
  const view = new DataView(new ArrayBuffer(KEY_SIZE));
  for (let i = 0; i < out.length; i++) view.setUint32(4 * i, out[i], true);
  for (const secret of [words, out]) secret.fill(0);
  return new Uint8Array(view.buffer);
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = new Uint32Array(bytes.length / 4);
  for (let i = 0; i < words.length; i++) words[i] = view.getUint32(4 * i, true);
  return words;
}

function seal(
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
  plaintext: Uint8Array,
): Bytes {
  const sealed = new Uint8Array(plaintext.length + TAG_SIZE);
  sealInto(key, nonce, associated, plaintext, sealed);
  return sealed;
}

function sealInto(
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
  plaintext: Uint8Array,
  into: Uint8Array,
): number {
  const { length } = plaintext;
  if (into.length < length + TAG_SIZE) throw new RangeError("no room for the ciphertext");
  const cipher = createCipheriv(ALGORITHM, key, nonce, OPTIONS);
  if (associated.length > 0) cipher.setAAD(associated, { plaintextLength: length });
  transform(cipher, plaintext, into);
  cipher.final();
  into.set(cipher.getAuthTag(), length);
  return length + TAG_SIZE;
}

function open(
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
  sealed: Uint8Array,
): Bytes {
  const size = plaintextSize(sealed);
  const decipher = decipherFor(key, nonce, associated, sealed);
  const plaintext = decipher.update(sealed.subarray(0, size));
  try {
    decipher.final();
  } catch (error) {
    plaintext.fill(0);
    throw new CryptoError("decrypt-failed", "the tag is wrong", { cause: error });
  }
  if (ownsMemory(plaintext)) return new Uint8Array(plaintext.buffer);
  const copy = new Uint8Array(plaintext);
  plaintext.fill(0);
  return copy;
}

function openInto(
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
  sealed: Uint8Array,
  into: Uint8Array,
): number {
  const size = plaintextSize(sealed);
  if (into.length < size) throw new RangeError("no room for the plaintext");
  const decipher = decipherFor(key, nonce, associated, sealed);
  transform(decipher, sealed.subarray(0, size), into);
  try {
    decipher.final();
  } catch (error) {
    into.fill(0, 0, size);
    throw new CryptoError("decrypt-failed", "the tag is wrong", { cause: error });
  }
  return size;
}

/** @throws {CryptoError} `decrypt-failed` if `sealed` is shorter than a tag */
function plaintextSize(sealed: Uint8Array): number {
  if (sealed.length >= TAG_SIZE) return sealed.length - TAG_SIZE;
  throw new CryptoError("decrypt-failed", "the tag is missing");
}

function decipherFor(
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
  sealed: Uint8Array,
): Decipheriv {
  const size = plaintextSize(sealed);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, OPTIONS);
  if (associated.length > 0) decipher.setAAD(associated, { plaintextLength: size });
  return decipher.setAuthTag(sealed.subarray(size));
}

/** Puts `bytes` as `cipher` changes them at the start of `into`, where they may be themselves. */
function transform(cipher: Cipheriv | Decipheriv, bytes: Uint8Array, into: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += STEP) {
    const part = cipher.update(bytes.subarray(at, at + STEP));
    into.set(part, at);
    if (part.length > LARGE && ownsMemory(part)) discard(part);
    else part.fill(0);
  }
}

/** Whether these are not a part of a larger buffer, which some runtimes return. */
function ownsMemory(bytes: Uint8Array): bytes is Bytes {
  return bytes.length === bytes.buffer.byteLength;
}

function copyOf(key: Uint8Array): Bytes {
  if (key.length === KEY_SIZE) return new Uint8Array(key);
  throw new CryptoError("bad-key", `a key has ${KEY_SIZE} bytes, not ${key.length}`);
}

function checkNonce(nonce: Uint8Array, size: number): void {
  if (nonce.length === size) return;
  throw new RangeError(`a nonce has ${size} bytes, not ${nonce.length}`);
}

/**
 * AES-128-CBC with PKCS#7 padding (NIST SP 800-38A §6.2, RFC 5652 §6.3), as the classic protocol
 * uses it: with an IV of zeros and without authentication. Only for classic peers.
 */
import { type Bytes, concat } from "../bytes.ts";
import { CryptoError } from "../errors.ts";
import { KiB } from "../limits.ts";

/** Size of an AES block and of the keys used here. */
export const BLOCK_SIZE = 16;
const ZERO_IV: Bytes = new Uint8Array(BLOCK_SIZE);
/** Plaintext per call of the cipher in a stream: a multiple of the block. */
const STEP = 256 * KiB;

/** Bytes of ciphertext that `size` bytes of plaintext give: always at least one byte of padding. */
export function cbcSize(size: number): number {
  return (Math.floor(size / BLOCK_SIZE) + 1) * BLOCK_SIZE;
}

/** Encrypts the whole `plaintext` under the 16-byte `key`. */
export async function encryptCbc(key: Bytes, plaintext: Bytes, iv = ZERO_IV): Promise<Bytes> {
  return await encryptWith(await importKey(key), plaintext, iv);
}

/**
 * Decrypts the whole `ciphertext` under the 16-byte `key`.
 * @throws {CryptoError} `decrypt-failed` where the padding does not fit. One wrong key in 256
 * passes: the mode has no authentication.
 */
export async function decryptCbc(key: Bytes, ciphertext: Bytes, iv = ZERO_IV): Promise<Bytes> {
  return await decryptWith(await importKey(key), ciphertext, iv);
}

/** A stream that encrypts what passes through it under the 16-byte `key`. */
export function cbcEncryptStream(key: Bytes): TransformStream<Uint8Array, Bytes> {
  checkKey(key);
  let cryptoKey: CryptoKey;
  let iv = ZERO_IV;
  let waiting: Uint8Array[] = [];
  let waitingSize = 0;
  return new TransformStream({
    async start() {
      cryptoKey = await importKey(key);
    },
    async transform(chunk, controller) {
      waiting.push(chunk.slice());
      waitingSize += chunk.length;
      if (waitingSize < STEP) return;
      const bytes = concat(...waiting);
      const whole = bytes.length - bytes.length % BLOCK_SIZE;
      waiting = [bytes.subarray(whole)];
      waitingSize = bytes.length - whole;
      // Web Crypto pads every call; the block that holds nothing but padding is left out.
      const padded = await encryptWith(cryptoKey, bytes.subarray(0, whole), iv);
      const ciphertext = padded.subarray(0, whole);
      iv = ciphertext.slice(-BLOCK_SIZE);
      controller.enqueue(ciphertext);
    },
    async flush(controller) {
      controller.enqueue(await encryptWith(cryptoKey, concat(...waiting), iv));
    },
  });
}

/**
 * A stream that decrypts what passes through it under the 16-byte `key`. It cannot know before its
 * end whether the key was right, so its reader must not trust anything before then.
 * @throws {CryptoError} (as the stream's error) `decrypt-failed` where the padding does not fit
 */
export function cbcDecryptStream(key: Bytes): TransformStream<Uint8Array, Bytes> {
  checkKey(key);
  let cryptoKey: CryptoKey;
  let iv = ZERO_IV;
  let waiting: Uint8Array[] = [];
  let waitingSize = 0;
  return new TransformStream({
    async start() {
      cryptoKey = await importKey(key);
    },
    async transform(chunk, controller) {
      waiting.push(chunk.slice());
      waitingSize += chunk.length;
      if (waitingSize <= STEP) return;
      const bytes = concat(...waiting);
      // The last block stays behind: only at the end is it known to hold the padding.
      const whole = bytes.length - 1 - (bytes.length - 1) % BLOCK_SIZE;
      waiting = [bytes.subarray(whole)];
      waitingSize = bytes.length - whole;
      // Web Crypto wants padding in every call; a block of nothing else is put behind.
      const last = bytes.slice(whole - BLOCK_SIZE, whole);
      const padding = await encryptWith(cryptoKey, new Uint8Array(0), last);
      const padded = concat(bytes.subarray(0, whole), padding);
      controller.enqueue(await decryptWith(cryptoKey, padded, iv));
      iv = last;
    },
    async flush(controller) {
      const plaintext = await decryptWith(cryptoKey, concat(...waiting), iv);
      if (plaintext.length > 0) controller.enqueue(plaintext);
    },
  });
}

async function decryptWith(key: CryptoKey, ciphertext: Bytes, iv: Bytes): Promise<Bytes> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv }, key, ciphertext));
  } catch (cause) {
    throw new CryptoError("decrypt-failed", "the message cannot be decrypted", { cause });
  }
}

async function importKey(key: Bytes): Promise<CryptoKey> {
  checkKey(key);
  return await crypto.subtle.importKey("raw", key, "AES-CBC", false, ["encrypt", "decrypt"]);
}

async function encryptWith(key: CryptoKey, plaintext: Bytes, iv: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CBC", iv }, key, plaintext));
}

function checkKey(key: Uint8Array): void {
  if (key.length !== BLOCK_SIZE) {
    throw new CryptoError("bad-key", `an AES-128 key has ${BLOCK_SIZE} bytes, not ${key.length}`);
  }
}

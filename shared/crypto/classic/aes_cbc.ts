/**
 * AES-128-CBC with PKCS#7 padding (NIST SP 800-38A §6.2, RFC 5652 §6.3), as the classic protocol
 * uses it: with an IV of zeros and without authentication. Only for classic peers.
 */
import type { Bytes } from "../../bytes.ts";
import { CryptoError } from "../../errors.ts";
import { KiB } from "../../limits.ts";

/** Size of an AES block and of the keys used here. */
export const BLOCK_SIZE = 16;
const ZERO_IV: Bytes = new Uint8Array(BLOCK_SIZE);
/** Plaintext per call of the cipher in a stream: a multiple of the block. */
const STEP = 256 * KiB;

/** Returns the bytes of ciphertext for `size` bytes of plaintext; at least one byte is padding. */
export function cbcSize(size: number): number {
  return (Math.floor(size / BLOCK_SIZE) + 1) * BLOCK_SIZE;
}

/** Encrypts the whole `plaintext` under the 16-byte `key`. */
export async function encryptCbc(key: Bytes, plaintext: Bytes, iv = ZERO_IV): Promise<Bytes> {
  return await encryptWith(await importKey(key), plaintext, iv);
}

/**
 * Decrypts the whole `ciphertext` under the 16-byte `key`.
 * @throws {CryptoError} `decrypt-failed` if the padding is wrong. One wrong key in 256 passes,
 * because the mode has no authentication.
 */
export async function decryptCbc(key: Bytes, ciphertext: Bytes, iv = ZERO_IV): Promise<Bytes> {
  return await decryptWith(await importKey(key), ciphertext, iv);
}

/** Returns a stream that encrypts what passes through it under the 16-byte `key`. */
export function cbcEncryptStream(key: Bytes): TransformStream<Uint8Array, Bytes> {
  return inSteps(key, async (cryptoKey, plaintext, iv) => {
    // Web Crypto pads every call; a block of padding alone is left out.
    const padded = await encryptWith(cryptoKey, plaintext, iv);
    const ciphertext = padded.subarray(0, plaintext.length);
    return { done: ciphertext, nextIv: ciphertext.slice(-BLOCK_SIZE) };
  }, encryptWith);
}

/**
 * Returns a stream that decrypts what passes through it under the 16-byte `key`. Only its end shows
 * whether the key was right, so its reader must not trust anything before that.
 * @throws {CryptoError} (as the stream's error) `decrypt-failed` if the padding is wrong
 */
export function cbcDecryptStream(key: Bytes): TransformStream<Uint8Array, Bytes> {
  const padded = new Uint8Array(STEP + BLOCK_SIZE);
  return inSteps(key, async (cryptoKey, ciphertext, iv) => {
    const nextIv = ciphertext.slice(-BLOCK_SIZE);
    // Web Crypto wants padding in every call, so a block of padding is appended.
    padded.set(ciphertext);
    padded.set(await encryptWith(cryptoKey, new Uint8Array(0), nextIv), STEP);
    return { done: await decryptWith(cryptoKey, padded, iv), nextIv };
  }, decryptWith);
}

/**
 * Cuts a stream into steps of {@link STEP} bytes and a rest. Unless the stream is empty, the rest
 * has from 1 byte to a whole step, because the end of a ciphertext has the padding.
 */
function inSteps(
  key: Bytes,
  step: (key: CryptoKey, bytes: Bytes, iv: Bytes) => Promise<{ done: Bytes; nextIv: Bytes }>,
  last: (key: CryptoKey, bytes: Bytes, iv: Bytes) => Promise<Bytes>,
): TransformStream<Uint8Array, Bytes> {
  checkKey(key);
  const buffer = new Uint8Array(STEP);
  let used = 0;
  let cryptoKey: CryptoKey;
  let iv = ZERO_IV;
  return new TransformStream({
    async start() {
      cryptoKey = await importKey(key);
    },
    async transform(chunk, controller) {
      for (let at = 0; at < chunk.length;) {
        if (used === STEP) {
          const { done, nextIv } = await step(cryptoKey, buffer, iv);
          controller.enqueue(done);
          iv = nextIv;
          used = 0;
        }
        const count = Math.min(STEP - used, chunk.length - at);
        buffer.set(chunk.subarray(at, at + count), used);
        used += count;
        at += count;
      }
    },
    async flush(controller) {
      const bytes = await last(cryptoKey, buffer.subarray(0, used), iv);
      if (bytes.length > 0) controller.enqueue(bytes);
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

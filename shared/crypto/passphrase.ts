/**
 * A key under a passphrase. scrypt (RFC 7914) makes guessing expensive in time and memory; its
 * result seals the key with XChaCha20-Poly1305.
 *
 * `02` · log2 N 1 · r 1 · p 1 · salt 16 · nonce 24 · sealed key 32 · tag 16. The key of the cipher
 * is HKDF-SHA-256 of the 32 bytes from scrypt; all bytes before the nonce are associated data.
 */
import type { Random } from "./random.ts";
import { scrypt } from "node:crypto";
import { type Bytes, concat, utf8 } from "../bytes.ts";
import { CryptoError } from "../errors.ts";
import { MiB, MIN_PASSPHRASE_LENGTH } from "../limits.ts";
import { KEY_SIZE, LONG_NONCE_SIZE, TAG_SIZE, XChaChaKey } from "./chacha20_poly1305.ts";
import { hkdfSha256 } from "./hash.ts";

/** Longest passphrase, in bytes of UTF-8. */
export const MAX_PASSPHRASE_SIZE = 1024;

/** The cost of one guess. */
export interface PassphraseCost {
  /** log2 of N. */
  logN: number;
  r: number;
  p: number;
}

/** 128 MiB and, on a current machine, half a second. */
const COST: PassphraseCost = { logN: 17, r: 8, p: 1 };
/** The most that a file may ask for, because an attacker may have written it. */
const MAX_MEMORY = 512 * MiB;
const MAX_PARALLEL = 4;

const VERSION = 2;
const SALT_SIZE = 16;
const HEADER_SIZE = 4 + SALT_SIZE;
/** Size of a key under a passphrase, in bytes. */
export const WRAPPED_KEY_SIZE = HEADER_SIZE + LONG_NONCE_SIZE + KEY_SIZE + TAG_SIZE;

const LABEL = utf8("messaging-client/profile passphrase");

/**
 * Returns the bytes of a new passphrase: UTF-8 after NFKC, so that it is the same from every
 * keyboard.
 * @throws {TypeError} for an unsuitable one; the message says why, without quoting it
 */
export function passphraseBytes(passphrase: string): Bytes {
  if (!passphrase.isWellFormed()) throw new TypeError("it is not Unicode");
  const normal = passphrase.normalize("NFKC");
  const length = [...normal].length;
  if (length < MIN_PASSPHRASE_LENGTH) {
    throw new TypeError(`it must have at least ${MIN_PASSPHRASE_LENGTH} characters, not ${length}`);
  }
  const bytes = utf8(normal);
  if (bytes.length > MAX_PASSPHRASE_SIZE) {
    throw new TypeError(`it must have at most ${MAX_PASSPHRASE_SIZE} bytes, not ${bytes.length}`);
  }
  return bytes;
}

/**
 * Puts `key`, of 32 bytes, under a passphrase. `random` returns that many random bytes.
 * @throws {TypeError} as {@link passphraseBytes}
 */
export async function wrapKey(
  passphrase: string,
  key: Uint8Array,
  random: Random,
  { logN, r, p } = COST,
): Promise<Bytes> {
  const header = concat(new Uint8Array([VERSION, logN, r, p]), random(SALT_SIZE));
  const nonce = random(LONG_NONCE_SIZE);
  const wrapping = keyOf(await stretch(passphraseBytes(passphrase), header));
  try {
    return concat(header, nonce, wrapping.seal(nonce, header, key));
  } finally {
    wrapping.wipe();
  }
}

/**
 * Returns the key that was passed to {@link wrapKey}.
 * @throws {CryptoError} `bad-key` if `wrapped` is malformed or asks for too much memory;
 * `decrypt-failed` for a wrong passphrase
 */
export async function unwrapKey(passphrase: string, wrapped: Uint8Array): Promise<Bytes> {
  if (wrapped.length !== WRAPPED_KEY_SIZE || wrapped[0] !== VERSION) {
    throw new CryptoError("bad-key", "not a key under a passphrase");
  }
  const header = wrapped.slice(0, HEADER_SIZE);
  const wrapping = keyOf(await passphraseKey(passphrase, header));
  try {
    const nonce = wrapped.slice(HEADER_SIZE, HEADER_SIZE + LONG_NONCE_SIZE);
    return wrapping.open(nonce, header, wrapped.slice(HEADER_SIZE + LONG_NONCE_SIZE));
  } finally {
    wrapping.wipe();
  }
}

/**
 * Returns the 32-byte key that a passphrase makes with the first 20 bytes of a key under it.
 * @throws {CryptoError} as {@link unwrapKey}
 */
export async function passphraseKey(passphrase: string, header: Bytes): Promise<Bytes> {
  checkCost(costOf(header));
  let bytes: Bytes;
  try {
    bytes = passphraseBytes(passphrase);
  } catch (error) {
    throw new CryptoError("decrypt-failed", "no passphrase is like this", { cause: error });
  }
  return await stretch(bytes, header);
}

/** Returns what a key under a passphrase says one guess costs. */
export function costOf(wrapped: Uint8Array): PassphraseCost {
  const [, logN, r, p] = wrapped;
  return { logN, r, p };
}

function checkCost({ logN, r, p }: PassphraseCost): void {
  const possible = logN > 0 && r > 0 && p > 0;
  if (!possible || 128 * r * 2 ** logN > MAX_MEMORY || p > MAX_PARALLEL) {
    throw new CryptoError("bad-key", "a passphrase that would cost too much to check");
  }
}

/** Returns 32 bytes; wipes `passphrase`. */
async function stretch(passphrase: Bytes, header: Bytes): Promise<Bytes> {
  const { logN, r, p } = costOf(header);
  const salt = header.subarray(4);
  const options = { N: 2 ** logN, r, p, maxmem: 2 * MAX_MEMORY };
  const stretched = await new Promise<Uint8Array>((resolve, reject) => {
    scrypt(passphrase, salt, KEY_SIZE, options, (error, bytes) => {
      if (error) reject(error);
      else resolve(bytes);
    });
  });
  const key = hkdfSha256(salt, stretched, LABEL, KEY_SIZE);
  for (const secret of [passphrase, stretched]) secret.fill(0);
  return key;
}

/** Takes the bytes over, and wipes them. */
function keyOf(bytes: Bytes): XChaChaKey {
  const key = new XChaChaKey(bytes);
  bytes.fill(0);
  return key;
}

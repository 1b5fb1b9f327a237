/**
 * The post-quantum half of a ratchet step (`shared/PROTOCOL.md` section 10, Ratchet). Again and
 * again one side offers an ML-KEM key with a chain. The other one answers it with its next chain,
 * and the secret enters the root key of both.
 */
import { type Bytes, equalBytes } from "../bytes.ts";
import { sha256 } from "../crypto/hash.ts";
import {
  ML_KEM_COINS_SIZE,
  ML_KEM_SEED_SIZE,
  mlKemDecapsulate,
  mlKemEncapsulate,
  mlKemPublicKey,
} from "../crypto/ml_kem.ts";
import type { Random } from "../crypto/random.ts";
import { CryptoError } from "../errors.ts";
import { isKemCiphertext, isKemKey, type KemPart } from "./ratchet_header.ts";

/** After how many messages a side offers a new key. */
export const MESSAGES_PER_MIX = 50;
/** After how long a side offers a new key, in milliseconds: 24 hours. */
export const TIME_PER_MIX = 24 * 60 * 60 * 1000;

export interface KemState {
  /** SEED, 64 bytes: its public key was offered, and not answered yet. */
  readonly seed: Bytes | null;
  /** PARTs. */
  readonly sending: KemPart;
  /** The SHA-256 of PARTr; null for nothing. */
  readonly receiving: Bytes | null;
  /** MIXED, in milliseconds since 1970. */
  readonly mixedAt: number;
  /** COUNT. */
  readonly count: number;
}

/** A half of a step: the state after it, and the KEM secret that enters the root key, if any. */
interface Half {
  readonly kem: KemState;
  readonly secret: Bytes | null;
}

/** Returns the state of a new session. */
export function newKemState(now: number): KemState {
  return { seed: null, sending: null, receiving: null, mixedAt: now, count: 0 };
}

/** Returns the state after one more message. */
export function counted(kem: KemState): KemState {
  return { ...kem, count: kem.count + 1 };
}

/** Reports whether `part` is the one that all messages of the receiving chain have. */
export function isReceiving({ receiving }: KemState, part: KemPart): boolean {
  return part === null || receiving === null
    ? part === receiving
    : equalBytes(sha256(part), receiving);
}

/**
 * Takes the part of a new receiving chain.
 * @throws {CryptoError} `decrypt-failed` unless the chain answers exactly when a key was offered:
 * nobody can leave the KEM out
 */
export function takePart(kem: KemState, part: KemPart, now: number): Half {
  const { seed } = kem;
  if (isKemCiphertext(part) !== (seed !== null)) {
    throw new CryptoError("decrypt-failed", seed ? "the answer is missing" : "nothing was asked");
  }
  const receiving = part && sha256(part);
  if (!seed || !part) return { kem: { ...kem, receiving }, secret: null };
  const mixed = { seed: null, sending: null, receiving, mixedAt: now, count: 0 };
  return { kem: mixed, secret: mlKemDecapsulate(seed, part).secret };
}

/**
 * Chooses the part of a new sending chain: the answer to the part of the receiving one, or a new
 * key if it is time.
 * @throws {CryptoError} `bad-key` for a key that fails its check
 */
export function givePart(kem: KemState, received: KemPart, now: number, random: Random): Half {
  if (isKemKey(received)) {
    const coins = random(ML_KEM_COINS_SIZE);
    try {
      const { ciphertext, secret } = mlKemEncapsulate(received, coins);
      return { kem: { ...kem, sending: ciphertext, mixedAt: now, count: 0 }, secret };
    } finally {
      coins.fill(0);
    }
  }
  if (!isDue(kem, now)) return { kem: { ...kem, sending: null }, secret: null };
  const seed = random(ML_KEM_SEED_SIZE);
  return { kem: { ...kem, seed, sending: mlKemPublicKey(seed) }, secret: null };
}

/** Reports whether it is time to offer a key. */
function isDue({ mixedAt, count }: KemState, now: number): boolean {
  return count >= MESSAGES_PER_MIX || now < mixedAt || now - mixedAt >= TIME_PER_MIX;
}

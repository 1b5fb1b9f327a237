/**
 * A second implementation of PROTOCOL.md §6 and §8 to §10, for the tests alone: readable, slow,
 * written from the specification. It uses nothing of the product, primitives included, but joining
 * bytes. This file has what the other files build on.
 */
import { type Bytes, concat, toHex, utf8 } from "../../../../shared/bytes.ts";
import { chachaOpen, chachaSeal, sha256, x25519Agree, x25519PublicKey } from "./primitives.ts";

/** What the specification refuses. */
export class Refused extends Error {
  override name = "Refused";
}

/** Fails unless `condition` holds. */
export function demand(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Refused(what);
}

/** What `work` returns; a primitive that throws is a refusal. */
export function refusing<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch {
    throw new Refused(what);
  }
}

/** A key pair of X25519, 32 bytes each. */
export interface Pair {
  secret: Bytes;
  publicKey: Bytes;
}

export function pairOf(secret: Bytes): Pair {
  return { secret, publicKey: x25519PublicKey(secret) };
}

const P = 2n ** 255n - 19n;

/** Fails unless this public key of X25519 is canonical. */
export function checkCanonical(publicKey: Bytes): void {
  demand(BigInt(`0x${toHex(publicKey.toReversed())}`) < P, "a key that is not canonical");
}

/** DH of §10. */
export function DH(own: Pair, publicKey: Bytes): Bytes {
  checkCanonical(publicKey);
  return refusing("a key of small order", () => x25519Agree(own.secret, publicKey));
}

/** The AEAD of §10: ciphertext and tag. */
export function seal(key: Bytes, nonce: Bytes, associated: Bytes, plaintext: Bytes): Bytes {
  return chachaSeal(key, nonce, associated, plaintext);
}

/** The plaintext, or null if anything does not fit. */
export function open(key: Bytes, nonce: Bytes, associated: Bytes, sealed: Bytes): Bytes | null {
  try {
    return chachaOpen(key, nonce, associated, sealed);
  } catch {
    return null;
  }
}

/** `value` in `size` bytes, little-endian (§1). */
export function integer(value: number, size: number): Bytes {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) {
    bytes[i] = value % 256;
    value = Math.floor(value / 256);
  }
  return bytes;
}

/** The value of little-endian `bytes`. */
export function integerOf(bytes: Bytes): number {
  return bytes.reduceRight((value, byte) => 256 * value + byte, 0);
}

/** Cuts `bytes` into fields of `sizes`, which must be all there is. */
export function fields(bytes: Bytes, ...sizes: number[]): Bytes[] {
  demand(bytes.length === sizes.reduce((a, b) => a + b, 0), "another size");
  let at = 0;
  return sizes.map((size) => bytes.slice(at, at += size));
}

/** Bytes that look random and are the same in every run: SHA-256(seed · counter 4), joined. */
export class ByteSource {
  readonly #seed: Bytes;
  #counter = 0;

  constructor(seed: string) {
    this.#seed = utf8(seed);
  }

  bytes(size: number): Bytes {
    let bytes: Bytes = new Uint8Array(0);
    while (bytes.length < size) {
      bytes = concat(bytes, sha256(this.#seed, integer(this.#counter++, 4)));
    }
    return bytes.slice(0, size);
  }

  pair(): Pair {
    return pairOf(this.bytes(32));
  }

  /** A number from 0 to `end` - 1. */
  below(end: number): number {
    return integerOf(this.bytes(4)) % end;
  }
}

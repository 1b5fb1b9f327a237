/**
 * Ciphertexts that ChaCha20-Poly1305 opens under two keys: Poly1305 does not commit to a key, and
 * whoever knows both can solve for a block (Len, Grubbs, Ristenpart, "Partitioning Oracle Attacks",
 * 2021).
 */
import { chacha20 } from "@noble/ciphers/chacha.js";
import { type Bytes, concat } from "../../../shared/bytes.ts";
import { randomBytes } from "../../../shared/crypto/random.ts";

const BLOCK = 16;
const PRIME = 2n ** 130n - 5n;
const TOP = 2n ** 128n;
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn;

/**
 * Returns a nonce and a ciphertext with its tag that open with both keys, to `size` random bytes,
 * at least 16, of which the last is 0 under each.
 */
export function forTwoKeys(
  keys: readonly [Bytes, Bytes],
  associated: Bytes,
  size: number,
): { nonce: Bytes; sealed: Bytes } {
  for (;;) {
    const nonce = randomBytes(12);
    const streams = keys.map((key) => chacha20(key, nonce, new Uint8Array(64 + size)));
    const [last, other] = streams.map((stream) => stream[64 + size - 1]);
    if (last !== other) continue;
    const ciphertext = randomBytes(size);
    ciphertext[size - 1] = last;
    ciphertext.fill(0, 0, BLOCK);
    const [one, two] = streams.map((stream) => ({
      r: number(stream.subarray(0, BLOCK)) & CLAMP,
      s: number(stream.subarray(BLOCK, 2 * BLOCK)),
    }));
    const lengths = new Uint8Array(
      new BigUint64Array([associated.length, size].map(BigInt)).buffer,
    );
    const data = concat(padded(associated), padded(ciphertext), lengths);
    const at = padded(associated).length;
    const power = BigInt((data.length - at) / BLOCK);
    const factor = mod(raise(one.r, power) - raise(two.r, power));
    const rest = mod(hash(data, one.r) - hash(data, two.r));
    for (let k = -4n; k <= 4n; k++) {
      const block = mod((two.s - one.s + k * TOP - rest) * raise(factor, PRIME - 2n));
      if (block >= TOP) continue;
      bytesOf(block).forEach((byte, i) => data[at + i] = ciphertext[i] = byte);
      const [tag, otherTag] = [one, two].map(({ r, s }) => (hash(data, r) + s) % TOP);
      if (tag === otherTag) return { nonce, sealed: concat(ciphertext, bytesOf(tag)) };
    }
  }
}

/** Poly1305 without its last addition. */
function hash(data: Bytes, r: bigint): bigint {
  let sum = 0n;
  for (let at = 0; at < data.length; at += BLOCK) {
    sum = mod((sum + number(data.subarray(at, at + BLOCK)) + TOP) * r);
  }
  return sum;
}

function padded(bytes: Bytes): Bytes {
  return concat(bytes, new Uint8Array((BLOCK - bytes.length % BLOCK) % BLOCK));
}

function raise(base: bigint, power: bigint): bigint {
  let result = 1n;
  for (; power > 0n; power >>= 1n, base = mod(base * base)) {
    if (power & 1n) result = mod(result * base);
  }
  return result;
}

function mod(value: bigint): bigint {
  return (value % PRIME + PRIME) % PRIME;
}

/** Little-endian. */
function number(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

function bytesOf(value: bigint): Bytes {
  return Uint8Array.from({ length: BLOCK }, (_, i) => Number(value >> BigInt(8 * i) & 255n));
}

/**
 * The safety number of two secure clients (`shared/PROTOCOL.md` section 10, Trust). When both see
 * the same number, each has the other's true keys.
 */
import { type Bytes, concat } from "../bytes.ts";
import { sha512 } from "../crypto/hash.ts";
import type { Identity } from "../crypto/identity.ts";

/** The part of an identity that the number depends on. */
export type Fingerprinted = Pick<Identity, "publicKey" | "clientId">;

const VERSION = new Uint8Array(2);
/** Number of hashes: finding another key with the same number costs that much more. */
const ITERATIONS = 5_200;
/** Groups of digits that each of the two contributes. */
const GROUPS = 6;
/** Bytes of the hash that make one group. */
const GROUP_BYTES = 5;
const GROUP_DIGITS = 5;

/** Returns the 60 digits of `a` and `b`, in any order. Takes some hundredths of a second. */
export function safetyNumber(a: Fingerprinted, b: Fingerprinted): string {
  return [halfOf(a), halfOf(b)].sort().join("");
}

/** Returns the 12 groups of 5 digits in which a safety number is shown and compared. */
export function groupsOf(number: string): string[] {
  return Array.from(
    { length: number.length / GROUP_DIGITS },
    (_, group) => number.slice(group * GROUP_DIGITS, (group + 1) * GROUP_DIGITS),
  );
}

/** Returns the text in the QR code of a safety number. */
export function qrTextOf(number: string): string {
  return `messaging-system/3 ${number}`;
}

/** Returns the 30 digits that one client contributes. */
function halfOf({ publicKey, clientId }: Fingerprinted): string {
  let hash: Bytes = sha512(concat(VERSION, publicKey, clientId));
  for (let i = 1; i < ITERATIONS; i++) hash = sha512(hash, publicKey);
  return Array.from({ length: GROUPS }, (_, group) => digitsAt(hash, group * GROUP_BYTES)).join("");
}

/** Reads 5 bytes as a big-endian number, which a double holds exactly, modulo 100,000. */
function digitsAt(hash: Bytes, at: number): string {
  const value = hash.subarray(at, at + GROUP_BYTES).reduce((sum, byte) => sum * 256 + byte, 0);
  return String(value % 10 ** GROUP_DIGITS).padStart(GROUP_DIGITS, "0");
}

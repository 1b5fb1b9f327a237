/** Prekeys for tests that look neither at their keys nor at their signatures. */
import type { Bytes } from "../../shared/bytes.ts";
import type { Reader } from "../../shared/cursor.ts";
import { encode, list } from "../../shared/protocol/layout.ts";
import { type Prekey, prekey, PrekeyKind } from "../../shared/protocol/prekey.ts";
import { sampleBytes } from "./pieces.ts";

/** A prekey whose bytes follow from its kind and ID. */
export function prekeyOf(kind: PrekeyKind, id: number): Prekey {
  const large = kind === PrekeyKind.lastResort || kind === PrekeyKind.oneTimeKem;
  const key = sampleBytes(large ? 1184 : 32, id * 2);
  return { kind, id, key, signature: sampleBytes(64, id * 2 + 1) };
}

/** Prekeys of `kind` with `count` IDs from `first` on. */
export function prekeysOf(kind: PrekeyKind, first: number, count: number): Prekey[] {
  return Array.from({ length: count }, (_, i) => prekeyOf(kind, first + i));
}

/** What a new client publishes: a signed one, one of last resort, `count` of each one-time kind. */
export function firstPrekeys(count: number): Prekey[] {
  return [
    prekeyOf(PrekeyKind.signed, 1),
    prekeyOf(PrekeyKind.lastResort, 2),
    ...prekeysOf(PrekeyKind.oneTime, 3, count),
    ...prekeysOf(PrekeyKind.oneTimeKem, 3 + count, count),
  ];
}

/** Kinds and IDs, in order. */
export function namesOf(prekeys: readonly Prekey[]): [PrekeyKind, number][] {
  return prekeys.map(({ kind, id }) => [kind, id]);
}

/** The bytes of one prekey. */
export function encodePrekey(value: Prekey): Bytes {
  return encode(prekey, value);
}

/** The bytes of `prekeys`, one after the other. */
export function encodePrekeys(prekeys: Prekey[]): Bytes {
  return encode(list(prekey), prekeys);
}

/** All prekeys that are left in `reader`. */
export function decodePrekeys(reader: Reader): Prekey[] {
  return list(prekey).read(reader);
}

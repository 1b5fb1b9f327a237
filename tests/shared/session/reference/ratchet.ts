/**
 * The Double Ratchet with header encryption (PROTOCOL.md §10), as one object that is changed in
 * place: who may fail works on a copy. The names are those of the specification.
 */
import { type Bytes, concat, equalBytes, utf8 } from "../../../../shared/bytes.ts";
import { hkdfSha256, hmacSha256 } from "./primitives.ts";
import type { Agreement } from "./agreement.ts";
import { demand, DH, fields, integer, integerOf, type Pair } from "./basics.ts";

/** The key of a message that has not come yet. */
export interface Skipped {
  HK: Bytes;
  number: number;
  MK: Bytes;
  /** When it was skipped, in milliseconds since 1970. */
  at: number;
}

export interface Ratchet {
  RK: Bytes;
  DHs: Pair;
  DHr?: Bytes;
  CKs?: Bytes;
  CKr?: Bytes;
  HKs?: Bytes;
  HKr?: Bytes;
  NHKs: Bytes;
  NHKr: Bytes;
  Ns: number;
  Nr: number;
  PN: number;
  skipped: Skipped[];
}

export interface Header {
  ratchetKey: Bytes;
  PN: number;
  number: number;
}

const MAX_SKIPPED_AT_ONCE = 1000;
const MAX_SKIPPED = 2000;
const MAX_SKIPPED_AGE = 30 * 24 * 3600 * 1000;

export function KDF_RK(RK: Bytes, dh: Bytes): Bytes[] {
  return fields(hkdfSha256(RK, dh, utf8("messaging-system/3 ratchet"), 96), 32, 32, 32);
}

export function KDF_CK(CK: Bytes): { MK: Bytes; CK: Bytes } {
  return { MK: hmacSha256(CK, new Uint8Array([1])), CK: hmacSha256(CK, new Uint8Array([2])) };
}

export function startA(keys: Agreement, SPKb: Bytes, DHs: Pair): Ratchet {
  const [RK, CKs, NHKs] = KDF_RK(keys.rootKey, DH(DHs, SPKb));
  const [HKs, NHKr] = [keys.headerKeyA, keys.nextHeaderKeyB];
  return { RK, DHs, DHr: SPKb, CKs, HKs, NHKs, NHKr, Ns: 0, Nr: 0, PN: 0, skipped: [] };
}

export function startB(keys: Agreement, SPKb: Pair): Ratchet {
  const [NHKs, NHKr] = [keys.nextHeaderKeyB, keys.headerKeyA];
  return { RK: keys.rootKey, DHs: SPKb, NHKs, NHKr, Ns: 0, Nr: 0, PN: 0, skipped: [] };
}

export function encodeHeader({ ratchetKey, PN, number }: Header): Bytes {
  return concat(ratchetKey, integer(PN, 4), integer(number, 4));
}

export function decodeHeader(bytes: Bytes): Header {
  const [ratchetKey, PN, number] = fields(bytes, 32, 4, 4);
  return { ratchetKey, PN: integerOf(PN), number: integerOf(number) };
}

/** What the next message is sent with. */
export function nextToSend(state: Ratchet): { HK: Bytes; header: Header; MK: Bytes } {
  demand(state.CKs !== undefined && state.HKs !== undefined, "nothing was received yet");
  const { MK, CK } = KDF_CK(state.CKs);
  state.CKs = CK;
  const header = { ratchetKey: state.DHs.publicKey, PN: state.PN, number: state.Ns++ };
  return { HK: state.HKs, header, MK };
}

/** How a message was received. */
export interface Received {
  by: "skipped" | "HKr" | "NHKr";
  HK: Bytes;
  header: Header;
  MK: Bytes;
}

/**
 * The key of a message.
 * @param openHeader the header of the message if it opens with this header key
 * @param newPair makes the pair for a ratchet step
 * @param now in milliseconds since 1970
 */
export function receive(
  state: Ratchet,
  openHeader: (HK: Bytes) => Header | null,
  newPair: () => Pair,
  now: number,
): Received {
  state.skipped = state.skipped.filter(({ at }) => now - at <= MAX_SKIPPED_AGE);
  for (const { HK, number, MK } of state.skipped) {
    const header = openHeader(HK);
    if (header === null || header.number !== number) continue;
    state.skipped = state.skipped.filter((key) => !(equalBytes(key.MK, MK)));
    return { by: "skipped", HK, header, MK };
  }
  let by: "HKr" | "NHKr" = "HKr";
  let header = state.HKr === undefined ? null : openHeader(state.HKr);
  if (header === null) {
    by = "NHKr";
    header = openHeader(state.NHKr);
    demand(header !== null, "no header key fits");
    skipTo(state, header.PN, now);
    step(state, header.ratchetKey, newPair());
  }
  demand(header.number >= state.Nr, "a repeat");
  skipTo(state, header.number, now);
  const { CKr, HKr } = state;
  demand(CKr !== undefined && HKr !== undefined, "no receiving chain");
  const { MK, CK } = KDF_CK(CKr);
  state.CKr = CK;
  state.Nr++;
  return { by, HK: HKr, header, MK };
}

/** Keeps the keys of the receiving chain up to, and without, `number`. */
function skipTo(state: Ratchet, number: number, now: number): void {
  if (state.CKr === undefined || state.HKr === undefined) return;
  demand(number - state.Nr <= MAX_SKIPPED_AT_ONCE, "too many skipped");
  while (state.Nr < number) {
    const { MK, CK } = KDF_CK(state.CKr);
    state.skipped.push({ HK: state.HKr, number: state.Nr, MK, at: now });
    state.CKr = CK;
    state.Nr++;
  }
  state.skipped = state.skipped.slice(-MAX_SKIPPED);
}

function step(state: Ratchet, ratchetKey: Bytes, newPair: Pair): void {
  state.PN = state.Ns;
  state.Ns = 0;
  state.Nr = 0;
  state.HKs = state.NHKs;
  state.HKr = state.NHKr;
  state.DHr = ratchetKey;
  [state.RK, state.CKr, state.NHKr] = KDF_RK(state.RK, DH(state.DHs, ratchetKey));
  state.DHs = newPair;
  [state.RK, state.CKs, state.NHKs] = KDF_RK(state.RK, DH(state.DHs, ratchetKey));
}

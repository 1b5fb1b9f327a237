/**
 * The Double Ratchet with header encryption and KEM secrets (PROTOCOL.md §10), as one object that
 * is changed in place: who may fail works on a copy. The names are those of the specification.
 */
import { type Bytes, concat, equalBytes, toHex, utf8 } from "../../../../shared/bytes.ts";
import {
  hkdfSha256,
  hmacSha256,
  mlKemDecapsulate,
  mlKemEncapsulate,
  mlKemPublicKey,
} from "./primitives.ts";
import type { Agreement } from "./agreement.ts";
import { demand, DH, fields, integer, integerOf, type Pair, pairOf, refusing } from "./basics.ts";

/** The key of a message that has not come yet. */
export interface Skipped {
  HK: Bytes;
  number: number;
  MK: Bytes;
  /** When it was skipped, in milliseconds since 1970. */
  at: number;
}

/** A KEM part: nothing, a key of 1,184 bytes, or a ciphertext of 1,088. */
export interface Part {
  key?: Bytes;
  ciphertext?: Bytes;
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
  SEED?: Bytes;
  PARTs: Part;
  PARTr: Part;
  /** In milliseconds since 1970. */
  MIXED: number;
  COUNT: number;
  skipped: Skipped[];
}

export interface Header {
  ratchetKey: Bytes;
  PN: number;
  number: number;
  part: Part;
}

/** Makes so many random bytes. */
export type Random = (size: number) => Bytes;

const MAX_SKIPPED_AT_ONCE = 1000;
const MAX_SKIPPED = 2000;
const MAX_SKIPPED_CHAINS = 16;
const HOUR = 3600 * 1000;
const MAX_SKIPPED_AGE = 30 * 24 * HOUR;
const MAX_COUNT = 50;
const MAX_AGE = 24 * HOUR;

export function KDF_RK(RK: Bytes, ikm: Bytes): Bytes[] {
  return fields(hkdfSha256(RK, ikm, utf8("messaging-system/3 ratchet"), 96), 32, 32, 32);
}

export function KDF_CK(CK: Bytes): { MK: Bytes; CK: Bytes } {
  return { MK: hmacSha256(CK, new Uint8Array([1])), CK: hmacSha256(CK, new Uint8Array([2])) };
}

export function startA(keys: Agreement, SPKb: Bytes, DHs: Pair, now: number): Ratchet {
  const [RK, CKs, NHKs] = KDF_RK(keys.rootKey, DH(DHs, SPKb));
  const [HKs, NHKr] = [keys.headerKeyA, keys.nextHeaderKeyB];
  return { RK, DHs, DHr: SPKb, CKs, HKs, NHKs, NHKr, ...nothingYet(now) };
}

export function startB(keys: Agreement, SPKb: Pair, now: number): Ratchet {
  const [NHKs, NHKr] = [keys.nextHeaderKeyB, keys.headerKeyA];
  return { RK: keys.rootKey, DHs: SPKb, NHKs, NHKr, ...nothingYet(now) };
}

function nothingYet(now: number) {
  return { Ns: 0, Nr: 0, PN: 0, PARTs: {}, PARTr: {}, MIXED: now, COUNT: 0, skipped: [] };
}

export function encodeHeader({ ratchetKey, PN, number, part }: Header): Bytes {
  return concat(ratchetKey, integer(PN, 4), integer(number, 4), encodePart(part));
}

function encodePart({ key, ciphertext }: Part): Bytes {
  if (key !== undefined) return concat(new Uint8Array([1]), key);
  if (ciphertext === undefined) return new Uint8Array([0]);
  return concat(new Uint8Array([2]), ciphertext, new Uint8Array(96));
}

export function decodeHeader(bytes: Bytes): Header {
  const partSize = bytes.length - 32 - 4 - 4;
  const [ratchetKey, PN, number, part] = fields(bytes, 32, 4, 4, partSize);
  const header = { ratchetKey, PN: integerOf(PN), number: integerOf(number) };
  return { ...header, part: decodePart(part) };
}

function decodePart(bytes: Bytes): Part {
  const rest = bytes.slice(1);
  if (bytes[0] === 0) {
    demand(rest.length === 0, "a part that is nothing");
    return {};
  }
  demand(bytes[0] === 1 || bytes[0] === 2, "no such part");
  if (bytes[0] === 1) return { key: fields(rest, 1184)[0] };
  const [ciphertext, zeros] = fields(rest, 1088, 96);
  demand(zeros.every((byte) => byte === 0), "no zeros behind the ciphertext");
  return { ciphertext };
}

/** What the next message is sent with. */
export function nextToSend(state: Ratchet): { HK: Bytes; header: Header; MK: Bytes } {
  const { CKs, HKs, DHs, PN, Ns, PARTs } = state;
  demand(CKs !== undefined && HKs !== undefined, "nothing was received yet");
  demand(Ns < 2 ** 32, "the chain has ended");
  const { MK, CK } = KDF_CK(CKs);
  state.CKs = CK;
  state.Ns++;
  state.COUNT++;
  return { HK: HKs, header: { ratchetKey: DHs.publicKey, PN, number: Ns, part: PARTs }, MK };
}

/** How a message was received. */
export interface Received {
  by: "skipped" | "HKr" | "NHKr";
  HK: Bytes;
  header: Header;
  MK: Bytes;
  /** Only with NHKr. */
  step?: Step;
}

/**
 * The key of a message.
 * @param openHeader the header of the message if it opens with this header key
 * @param random for a ratchet step: 32 bytes for DHs, then 32 to encapsulate or 64 for SEED
 * @param now in milliseconds since 1970
 */
export function receive(
  state: Ratchet,
  openHeader: (HK: Bytes) => Header | null,
  random: Random,
  now: number,
): Received {
  state.skipped = state.skipped.filter(({ at }) => now - at <= MAX_SKIPPED_AGE)
    .map((key) => ({ ...key, at: Math.min(key.at, now) }));
  for (const { HK, number, MK } of state.skipped) {
    const header = openHeader(HK);
    if (header === null || header.number !== number) continue;
    state.skipped = state.skipped.filter((key) => !(equalBytes(key.MK, MK)));
    state.COUNT++;
    return { by: "skipped", HK, header, MK };
  }
  let by: "HKr" | "NHKr" = "HKr";
  let ratchetStep: Step | undefined;
  let header = state.HKr === undefined ? null : openHeader(state.HKr);
  if (header !== null) {
    demand(equalBytes(encodePart(header.part), encodePart(state.PARTr)), "another KEM part");
  } else {
    by = "NHKr";
    header = openHeader(state.NHKr);
    demand(header !== null, "no header key fits");
    skipTo(state, header.PN, now);
    ratchetStep = step(state, header, random, now);
  }
  demand(header.number >= state.Nr, "a repeat");
  skipTo(state, header.number, now);
  const { CKr, HKr } = state;
  demand(CKr !== undefined && HKr !== undefined, "no receiving chain");
  const { MK, CK } = KDF_CK(CKr);
  state.CKr = CK;
  state.Nr++;
  state.COUNT++;
  return { by, HK: HKr, header, MK, step: ratchetStep };
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
  const chains = [...new Set(state.skipped.map(({ HK }) => toHex(HK)))].slice(-MAX_SKIPPED_CHAINS);
  state.skipped = state.skipped.filter(({ HK }) => chains.includes(toHex(HK)));
}

/** Everything on the way through a ratchet step. */
export interface Step {
  DHr: Bytes;
  PARTr: Part;
  /** DH(DHs, DHr) with the old DHs; SS, if PARTr was a ciphertext; RK, CKr and NHKr. */
  receiving: { dh: Bytes; SS?: Bytes; keys: Bytes[] };
  newDHs: Pair;
  /** The randomness of the encapsulation, if PARTr was a key. */
  coins?: Bytes;
  /** The new seed, if there is one. */
  SEED?: Bytes;
  PARTs: Part;
  /** DH(DHs, DHr) with the new DHs; SS, if PARTr was a key; RK, CKs and NHKs. */
  sending: { dh: Bytes; SS?: Bytes; keys: Bytes[] };
}

function step(state: Ratchet, header: Header, random: Random, now: number): Step {
  const [DHr, PARTr] = [header.ratchetKey, header.part];
  Object.assign(state, { PN: state.Ns, Ns: 0, Nr: 0, HKs: state.NHKs, HKr: state.NHKr });
  Object.assign(state, { DHr, PARTr });

  demand((PARTr.ciphertext === undefined) === (state.SEED === undefined), "the KEM answer");
  const receiving: Step["receiving"] = { dh: DH(state.DHs, DHr), keys: [] };
  if (PARTr.ciphertext !== undefined && state.SEED !== undefined) {
    receiving.SS = mlKemDecapsulate(state.SEED, PARTr.ciphertext);
    delete state.SEED;
    Object.assign(state, { MIXED: now, COUNT: 0 });
  }
  receiving.keys = KDF_RK(state.RK, joined(receiving));
  [state.RK, state.CKr, state.NHKr] = receiving.keys;

  state.DHs = pairOf(random(32));
  state.PARTs = {};
  const sending: Step["sending"] = { dh: DH(state.DHs, DHr), keys: [] };
  const done: Step = { DHr, PARTr, receiving, newDHs: state.DHs, PARTs: {}, sending };
  const { key } = PARTr;
  if (key !== undefined) {
    const coins = random(32);
    const { ciphertext, secret } = refusing("a KEM key", () => mlKemEncapsulate(key, coins));
    [done.coins, sending.SS, state.PARTs] = [coins, secret, { ciphertext }];
    Object.assign(state, { MIXED: now, COUNT: 0 });
  } else if (state.COUNT >= MAX_COUNT || now - state.MIXED >= MAX_AGE || now < state.MIXED) {
    state.SEED = done.SEED = random(64);
    state.PARTs = { key: mlKemPublicKey(state.SEED) };
  }
  sending.keys = KDF_RK(state.RK, joined(sending));
  [state.RK, state.CKs, state.NHKs] = sending.keys;
  done.PARTs = state.PARTs;
  return done;
}

/** The DH result, and the KEM secret if there is one. */
function joined({ dh, SS }: { dh: Bytes; SS?: Bytes }): Bytes {
  return SS === undefined ? dh : concat(dh, SS);
}

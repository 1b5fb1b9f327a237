/** Sessions (PROTOCOL.md §10): agreement, ratchet and envelopes put together. */
import type { Bytes } from "../../../../shared/bytes.ts";
import { agreeAsA, agreeAsB, type Agreement, type PrekeySecrets } from "./agreement.ts";
import { demand, type Pair, pairOf } from "./basics.ts";
import type { MessageType } from "./content.ts";
import {
  decodeEnvelope,
  type Initial,
  openCiphertext,
  openHeader,
  type Sealed,
  sealEnvelope,
  type Way,
} from "./envelope.ts";
import type { Person } from "./identity.ts";
import type { Bundle, OwnPrekey } from "./prekeys.ts";
import {
  decodeHeader,
  encodeHeader,
  type Header,
  nextToSend,
  type Random,
  type Ratchet,
  receive,
  type Received,
  startA,
  startB,
} from "./ratchet.ts";

export interface Session {
  /** Identities. */
  own: Bytes;
  other: Bytes;
  ratchet: Ratchet;
  /** A's, until something was received. */
  initial?: Initial;
}

export interface Sent extends Sealed {
  HK: Bytes;
  MK: Bytes;
  header: Header;
  headerBytes: Bytes;
}

/** What A needs that is random, and the time, in milliseconds since 1970. */
export interface StartRandomness {
  EKa: Pair;
  coins: Bytes;
  DHs: Pair;
  now: number;
}

/** A starts a session with the owner of the bundle. */
export async function start(
  A: Person,
  identityB: Bytes,
  bundle: Bundle,
  { EKa, coins, DHs, now }: StartRandomness,
): Promise<{ session: Session; agreement: Agreement }> {
  const agreement = await agreeAsA(A, identityB, bundle, EKa, coins);
  const initial = {
    SPKb: bundle.SPKb.id,
    PQPKb: bundle.PQPKb.id,
    OPKb: bundle.OPKb?.id ?? 0,
    EKa: EKa.publicKey,
    CT: agreement.CT,
  };
  const ratchet = startA(agreement, bundle.SPKb.key, DHs, now);
  return { session: { own: A.identity, other: identityB, ratchet, initial }, agreement };
}

/** B agrees on the session that an initial envelope asks for; nothing of it was opened yet. */
export async function accept(
  B: Person,
  prekeys: OwnPrekey[],
  identityA: Bytes,
  envelope: Bytes,
  now: number,
): Promise<{ session: Session; agreement: Agreement }> {
  const { initial } = decodeEnvelope(envelope);
  demand(initial !== undefined, "not an initial envelope");
  const secrets = findSecrets(prekeys, initial);
  const agreement = await agreeAsB(B, identityA, secrets, initial.EKa, initial.CT);
  const ratchet = startB(agreement, pairOf(secrets.SPKb.secret), now);
  return { session: { own: B.identity, other: identityA, ratchet }, agreement };
}

function findSecrets(prekeys: OwnPrekey[], { SPKb, PQPKb, OPKb }: Initial): PrekeySecrets {
  const find = (id: number, ...kinds: number[]) => {
    const prekey = prekeys.find((prekey) => prekey.id === id && kinds.includes(prekey.kind));
    demand(prekey !== undefined, "an unknown prekey");
    return prekey;
  };
  return {
    SPKb: find(SPKb, 1),
    PQPKb: find(PQPKb, 2, 4),
    OPKb: OPKb === 0 ? undefined : find(OPKb, 3),
  };
}

/** Sends a padded content; the session moves on. */
export function send(
  session: Session,
  type: MessageType,
  padded: Bytes,
  nonces: { headerNonce: Bytes; nonce: Bytes },
): Sent {
  const { HK, header, MK } = nextToSend(session.ratchet);
  const headerBytes = encodeHeader(header);
  const way = { sender: session.own, receiver: session.other, type };
  const sealed = sealEnvelope(way, session.initial, { HK, MK }, nonces, headerBytes, padded);
  return { HK, MK, header, headerBytes, ...sealed };
}

/** Opens an envelope; the session moves on, unless that fails. */
export function openEnvelope(
  session: Session,
  type: MessageType,
  bytes: Bytes,
  random: Random,
  now: number,
): Received & { padded: Bytes } {
  const envelope = decodeEnvelope(bytes);
  const way: Way = { sender: session.other, receiver: session.own, type };
  const ratchet = structuredClone(session.ratchet);
  const received = receive(
    ratchet,
    (HK) => {
      const header = openHeader(way, envelope, HK);
      return header === null ? null : decodeHeader(header);
    },
    random,
    now,
  );
  const padded = openCiphertext(way, envelope, received.MK);
  demand(padded !== null, "the message key does not fit");
  session.ratchet = ratchet;
  delete session.initial;
  return { ...received, padded };
}

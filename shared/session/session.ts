/**
 * Sessions between two secure clients and their envelopes (`shared/PROTOCOL.md` section 10). Like
 * the states of the ratchet, sessions are values: a failure leaves the old one as it was.
 */
import { type Bytes, concat, equalBytes, utf8 } from "../bytes.ts";
import type { Identity } from "../crypto/identity.ts";
import { fastestMlKem, type MlKemEngine } from "../crypto/ml_kem_engine.ts";
import { CryptoError } from "../errors.ts";
import type { MessageType } from "../protocol/codes.ts";
import { decode, encode } from "../protocol/layout.ts";
import {
  initiatorState,
  ratchetDecrypt,
  ratchetEncrypt,
  type RatchetState,
  responderState,
} from "./ratchet.ts";
import type { Random } from "../crypto/random.ts";
import {
  initiate,
  type Offer,
  offerLayout,
  type Party,
  type PrekeySecrets,
  respond,
} from "./agreement.ts";
import type { PrekeyBundle } from "./prekeys.ts";

/** First bytes of envelopes. 1 belonged to an interim encryption and is never used again. */
const RETIRED = 1;
const INITIAL = 2;
const ORDINARY = 3;

/** Size of the part of an initial envelope that precedes the message. */
const OFFER_SIZE = 1 + offerLayout.max;
const LABEL = utf8("messaging-system/3 envelope");
const NO_OFFER = new Uint8Array([ORDINARY]);

/** One side of a session. */
export interface Session {
  /** EKa, 32 bytes: identifies the session on both sides. */
  readonly base: Bytes;
  /** What the initiator puts before its messages until it has received something, else null. */
  readonly offer: Bytes | null;
  readonly ratchet: RatchetState;
}

/** The sender, the receiver and the type of a message; all of it is authenticated. */
export interface Route {
  readonly from: Identity;
  readonly to: Identity;
  readonly type: MessageType;
}

/**
 * Starts a session of `own` with `peer`. It has to be on the disk before the first envelope leaves.
 * @param engine for other than the fastest encapsulation
 * @throws {CryptoError} `bad-key` for unusable prekeys
 */
export async function startSession(
  own: Party,
  peer: Identity,
  bundle: PrekeyBundle,
  now: number,
  random: Random,
  engine?: MlKemEngine,
): Promise<Session> {
  engine ??= await fastestMlKem();
  const { keys, offer } = await initiate(own, peer, bundle, random, engine);
  const ratchet = initiatorState(keys, bundle.signed.key, now, random);
  keys.root.fill(0);
  return {
    base: offer.ephemeral,
    offer: concat(new Uint8Array([INITIAL]), encode(offerLayout, offer)),
    ratchet,
  };
}

/**
 * Returns the session that an initial envelope from `peer` offers. Only an envelope that opens
 * proves that the offer is `peer`'s; before that, the caller must keep nothing.
 * @throws {CryptoError} `bad-key` for unusable keys
 */
export function acceptSession(
  own: Party,
  peer: Identity,
  offer: Offer,
  secrets: PrekeySecrets,
  now: number,
): Session {
  const keys = respond(own, peer, offer, secrets);
  const ratchet = responderState(keys, secrets.signed, now);
  return { base: offer.ephemeral, offer: null, ratchet };
}

/** Reports whether the first byte of an envelope is one of those that are opened here. */
export function isKnownForm(envelope: Bytes): boolean {
  return envelope[0] === INITIAL || envelope[0] === ORDINARY;
}

/**
 * Returns the offer in an initial envelope, or null for an ordinary one.
 * @throws {CryptoError} `decrypt-failed` if it is neither
 */
export function offerIn(envelope: Bytes): Offer | null {
  if (envelope[0] === ORDINARY) return null;
  if (envelope[0] === RETIRED) throw failed("the message is encrypted in a way that was retired");
  if (envelope[0] !== INITIAL || envelope.length < OFFER_SIZE) {
    throw failed("the message has a form that is not known here");
  }
  return decode(offerLayout, envelope.subarray(1, OFFER_SIZE));
}

/**
 * Encrypts a padded content. The new session must be on the disk before the envelope leaves.
 * @throws {CryptoError} `exhausted` if the session cannot send, or not yet
 */
export function sealEnvelope(
  session: Session,
  route: Route,
  content: Bytes,
  random: Random,
): { session: Session; envelope: Bytes } {
  const prefix = session.offer ?? NO_OFFER;
  const associated = associatedData(route, prefix);
  const { state, message } = ratchetEncrypt(session.ratchet, associated, content, random);
  return { session: { ...session, ratchet: state }, envelope: concat(prefix, message) };
}

/**
 * Decrypts an envelope to its padded content; `offer` is the one in it, where that is known.
 * @throws {CryptoError} `decrypt-failed` if it does not belong to this session and route, was
 * changed, or came before
 */
export function openEnvelope(
  session: Session,
  route: Route,
  envelope: Bytes,
  now: number,
  random: Random,
  offer = offerIn(envelope),
): { session: Session; content: Bytes } {
  if (offer && !equalBytes(offer.ephemeral, session.base)) throw failed("another session");
  const size = offer ? OFFER_SIZE : NO_OFFER.length;
  const associated = associatedData(route, envelope.subarray(0, size));
  const message = envelope.slice(size);
  const { state, plaintext } = ratchetDecrypt(session.ratchet, associated, message, now, random);
  return { session: { ...session, offer: null, ratchet: state }, content: plaintext };
}

function associatedData({ from, to, type }: Route, prefix: Uint8Array): Bytes {
  return concat(LABEL, from.publicKey, to.publicKey, new Uint8Array([type]), prefix);
}

function failed(reason: string): CryptoError {
  return new CryptoError("decrypt-failed", reason);
}

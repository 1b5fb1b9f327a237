/**
 * The Double Ratchet with header encryption (Signal, "The Double Ratchet Algorithm", revision 1,
 * section 4), into which ML-KEM secrets enter as well. Each message has a key of its own, which is
 * deleted after use, and each turn of the conversation adds fresh secrets.
 *
 * States are values: a step returns a new state, and a failed step returns none.
 */
import type { Random } from "../crypto/random.ts";
import { type Bytes, concat, equalBytes, utf8 } from "../bytes.ts";
import { hkdfKeys } from "../crypto/hash.ts";
import { checkCanonical, X25519_SIZE, X25519KeyPair } from "../crypto/x25519.ts";
import { CryptoError } from "../errors.ts";
import { MAX_U32 } from "../limits.ts";
import { type Chain, type SkippedKey, skipTo, stepChain, unexpired } from "./chains.ts";
import {
  counted,
  givePart,
  isReceiving,
  type KemState,
  newKemState,
  takePart,
} from "./kem_ratchet.ts";
import type { Header } from "./ratchet_header.ts";
import { readMessage, sealMessage, Untried } from "./ratchet_message.ts";

const RATCHET_LABEL = utf8("messaging-system/3 ratchet");

/** One side of a conversation. */
export interface RatchetState {
  /** RK, 32 bytes. */
  readonly root: Bytes;
  /** DHs: secret and public key, 32 bytes each. */
  readonly own: { readonly secret: Bytes; readonly publicKey: Bytes };
  readonly sending: Chain | null;
  readonly receiving: Chain | null;
  /** NHKs and NHKr, 32 bytes each. */
  readonly nextSending: Bytes;
  readonly nextReceiving: Bytes;
  /** PN: how many messages the previous sending chain had. */
  readonly previous: number;
  /** The oldest first. */
  readonly skipped: readonly SkippedKey[];
  readonly kem: KemState;
}

/** What both sides agree on before the first message; 32 bytes each. */
export interface AgreedKeys {
  readonly root: Bytes;
  /** The initiator's first header key. */
  readonly headerKey: Bytes;
  /** The responder's first header key, used after its first ratchet step. */
  readonly nextHeaderKey: Bytes;
}

/** Returns the state of the side that sends first, to the holder of the 32-byte `peerKey`. */
export function initiatorState(
  keys: AgreedKeys,
  peerKey: Bytes,
  now: number,
  random: Random,
): RatchetState {
  const own = newPair(random);
  const { root, chain, next } = stepRoot(keys.root, own.pair, peerKey, null);
  return {
    root,
    own: own.stored,
    sending: { key: chain, headerKey: keys.headerKey, number: 0 },
    receiving: null,
    nextSending: next,
    nextReceiving: keys.nextHeaderKey,
    previous: 0,
    skipped: [],
    kem: newKemState(now),
  };
}

/** Returns the state of the side that receives first, with its 32-byte ratchet key. */
export function responderState(keys: AgreedKeys, secret: Bytes, now: number): RatchetState {
  const { publicKey } = new X25519KeyPair(secret);
  return {
    root: keys.root,
    own: { secret, publicKey },
    sending: null,
    receiving: null,
    nextSending: keys.nextHeaderKey,
    nextReceiving: keys.headerKey,
    previous: 0,
    skipped: [],
    kem: newKemState(now),
  };
}

/**
 * Encrypts `plaintext`; `associated` is authenticated with it.
 * @throws {CryptoError} `exhausted` if the chain has no further number, or there is no chain yet:
 * the responder cannot send before it has received
 */
export function ratchetEncrypt(
  state: RatchetState,
  associated: Bytes,
  plaintext: Uint8Array,
  random: Random,
): { state: RatchetState; message: Bytes } {
  const { sending, own, previous, kem } = state;
  if (!sending || sending.number > MAX_U32) {
    throw new CryptoError("exhausted", "the session cannot send");
  }
  const { number, headerKey } = sending;
  const header = { ratchetKey: own.publicKey, previous, number, part: kem.sending };
  const { messageKey, chain } = stepChain(sending);
  const message = sealMessage({ headerKey, header, messageKey }, associated, plaintext, random);
  return { state: { ...state, sending: chain, kem: counted(kem) }, message };
}

/**
 * Decrypts `message`. `now`, in milliseconds since 1970, decides which skipped keys are too old,
 * and whether it is time for a new KEM key.
 * @throws {CryptoError} `decrypt-failed` if it is no message of this session to this side, was
 * changed, came before, or is too far ahead; `bad-key` for an unusable ratchet or KEM key
 */
export function ratchetDecrypt(
  state: RatchetState,
  associated: Bytes,
  message: Bytes,
  now: number,
  random: Random,
): { state: RatchetState; plaintext: Bytes } {
  const { headerOf, open } = readMessage(message, associated);
  const fresh = withoutExpired(state, now);

  const skipped = findSkipped(fresh.skipped, headerOf);
  if (skipped) {
    const plaintext = open(skipped.key.slice());
    const rest = fresh.skipped.filter((other) => other !== skipped);
    return { state: { ...fresh, skipped: rest, kem: counted(fresh.kem) }, plaintext };
  }
  const { state: ready, number } = receivingState(fresh, headerOf, now, random);
  if (!ready.receiving || number < ready.receiving.number) {
    throw new Untried("the message came before");
  }
  const reached = skipTo(ready.receiving, number, ready.skipped, now);
  const { messageKey, chain } = stepChain(reached.chain);
  const plaintext = open(messageKey);
  const { skipped: kept } = reached;
  return {
    state: { ...ready, receiving: chain, skipped: kept, kem: counted(ready.kem) },
    plaintext,
  };
}

/** Returns the skipped key of the message. Tries each header key once. */
function findSkipped(
  skipped: readonly SkippedKey[],
  headerOf: (key: Bytes) => Header | null,
): SkippedKey | undefined {
  let tried: Bytes | null = null;
  for (const { headerKey } of skipped) {
    if (tried && equalBytes(headerKey, tried)) continue; // the keys of a chain are neighbours
    tried = headerKey;
    const header = headerOf(headerKey);
    if (!header) continue;
    return skipped.find((key) =>
      key.number === header.number && equalBytes(key.headerKey, headerKey)
    );
  }
}

/** Returns the state whose receiving chain has the message; makes a ratchet step if needed. */
function receivingState(
  state: RatchetState,
  headerOf: (key: Bytes) => Header | null,
  now: number,
  random: Random,
): { state: RatchetState; number: number } {
  const { receiving, skipped, kem } = state;
  const current = receiving && headerOf(receiving.headerKey);
  if (current) {
    if (isReceiving(kem, current.part)) return { state, number: current.number };
    throw failed("the message has another KEM part than its chain");
  }
  const header = headerOf(state.nextReceiving);
  if (!header) throw new Untried("the message is not of this session");
  const left = receiving ? skipTo(receiving, header.previous, skipped, now).skipped : skipped;
  return { state: step({ ...state, skipped: left }, header, now, random), number: header.number };
}

/** Makes one step of the ratchet. */
function step(
  state: RatchetState,
  { ratchetKey, part }: Header,
  now: number,
  random: Random,
): RatchetState {
  checkCanonical(ratchetKey);
  const taken = takePart(state.kem, part, now);
  const { secret } = state.own;
  const received = stepRoot(state.root, new X25519KeyPair(secret), ratchetKey, taken.secret);
  const own = newPair(random);
  const given = givePart(taken.kem, part, now, random);
  const sent = stepRoot(received.root, own.pair, ratchetKey, given.secret);
  received.root.fill(0);
  return {
    root: sent.root,
    own: own.stored,
    sending: { key: sent.chain, headerKey: state.nextSending, number: 0 },
    receiving: { key: received.chain, headerKey: state.nextReceiving, number: 0 },
    nextSending: sent.next,
    nextReceiving: received.next,
    previous: state.sending?.number ?? 0,
    skipped: state.skipped,
    kem: given.kem,
  };
}

/** Wipes the secrets of `state` that `next`, which came of it, does not hold any more. */
export function wipeReplaced(state: RatchetState, next: RatchetState): void {
  const kept = new Set(secretsOf(next));
  for (const secret of secretsOf(state)) if (!kept.has(secret)) secret?.fill(0);
}

function secretsOf({ root, own, sending, receiving, kem, skipped }: RatchetState) {
  const keys = skipped.map(({ key }) => key);
  return [root, own.secret, sending?.key, receiving?.key, kem.seed, ...keys];
}

/**
 * Returns the state without skipped keys that are too old; the same object if there are none, and
 * none of the future.
 */
export function withoutExpired(state: RatchetState, now: number): RatchetState {
  const skipped = unexpired(state.skipped, now);
  return skipped === state.skipped ? state : { ...state, skipped };
}

/**
 * KDF_RK: next root key, chain key and next header key. Wipes `kemSecret`, if there is one.
 */
function stepRoot(root: Bytes, own: X25519KeyPair, peerKey: Bytes, kemSecret: Bytes | null) {
  const shared = own.agree(peerKey);
  const material = kemSecret ? concat(shared, kemSecret) : shared;
  const [nextRoot, chain, next] = hkdfKeys(root, material, RATCHET_LABEL, 3);
  for (const secret of [shared, kemSecret, material]) secret?.fill(0);
  return { root: nextRoot, chain, next };
}

function newPair(random: Random) {
  const secret = random(X25519_SIZE);
  const pair = new X25519KeyPair(secret);
  return { pair, stored: { secret, publicKey: pair.publicKey } };
}

function failed(reason: string): CryptoError {
  return new CryptoError("decrypt-failed", reason);
}

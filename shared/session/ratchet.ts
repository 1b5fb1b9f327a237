/**
 * The Double Ratchet with header encryption (Signal, "The Double Ratchet Algorithm", revision 1,
 * section 4). Each message has a key of its own, which is deleted after use, and each turn of the
 * conversation adds fresh secrets.
 *
 * States are values: a step returns a new state, and a failed step returns none. A message on the
 * wire is header nonce 12 · encrypted header 56 · nonce 12 · ciphertext with its tag. Nonces are
 * random, so even an old copy of a state that encrypts again does not repeat one.
 */
import type { Random } from "../crypto/random.ts";
import { type Bytes, concat, equalBytes, utf8 } from "../bytes.ts";
import { AesGcmKey, NONCE_SIZE, TAG_SIZE } from "../crypto/aes_gcm.ts";
import { hkdfKeys, hmacSha256 } from "../crypto/hash.ts";
import { checkCanonical, X25519_SIZE, X25519KeyPair } from "../crypto/x25519.ts";
import { CryptoError } from "../errors.ts";
import { MAX_U32 } from "../limits.ts";
import { bytes, decode, encode, fields, u32, type ValueOf } from "../protocol/layout.ts";

/** Most message keys of one chain that one message may skip. */
export const MAX_SKIP = 1_000;
/** Most skipped keys that a session keeps; the oldest go first. */
export const MAX_SKIPPED = 2_000;
/** How long a skipped key is kept, in milliseconds: 30 days. */
export const MAX_SKIPPED_AGE = 30 * 24 * 60 * 60 * 1000;

const headerLayout = fields({ ratchetKey: bytes(X25519_SIZE), previous: u32, number: u32 });
type Header = ValueOf<typeof headerLayout>;

const SEALED_HEADER_SIZE = headerLayout.max + TAG_SIZE;
const HEAD_SIZE = NONCE_SIZE + SEALED_HEADER_SIZE + NONCE_SIZE;
/** By how many bytes a message is longer than its plaintext. */
export const RATCHET_OVERHEAD = HEAD_SIZE + TAG_SIZE;

const RATCHET_LABEL = utf8("messaging-system/3 ratchet");
const MESSAGE_KEY = new Uint8Array([1]);
const CHAIN_KEY = new Uint8Array([2]);

/** Message keys in one direction, between two ratchet steps. */
export interface Chain {
  /** CK, 32 bytes. */
  readonly key: Bytes;
  /** HK, 32 bytes. */
  readonly headerKey: Bytes;
  /** N: the number of the next message. */
  readonly number: number;
}

/** The key of a message that has not arrived yet, although a later one has. */
export interface SkippedKey {
  readonly headerKey: Bytes;
  readonly number: number;
  /** The message key, 32 bytes. */
  readonly key: Bytes;
  /** When it was skipped, in milliseconds since 1970. */
  readonly at: number;
}

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
export function initiatorState(keys: AgreedKeys, peerKey: Bytes, random: Random): RatchetState {
  const own = newPair(random);
  const { root, chain, next } = stepRoot(keys.root, own.pair, peerKey);
  return {
    root,
    own: own.stored,
    sending: { key: chain, headerKey: keys.headerKey, number: 0 },
    receiving: null,
    nextSending: next,
    nextReceiving: keys.nextHeaderKey,
    previous: 0,
    skipped: [],
  };
}

/** Returns the state of the side that receives first, with its 32-byte ratchet key. */
export function responderState(keys: AgreedKeys, secret: Bytes): RatchetState {
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
  const { sending } = state;
  if (!sending || sending.number > MAX_U32) {
    throw new CryptoError("exhausted", "the session cannot send");
  }
  const { own: { publicKey }, previous } = state;
  const header = encode(headerLayout, { ratchetKey: publicKey, previous, number: sending.number });
  const headerNonce = random(NONCE_SIZE);
  const sealedHeader = new AesGcmKey(sending.headerKey).sealSync(headerNonce, associated, header);
  const nonce = random(NONCE_SIZE);
  const { messageKey, chain } = stepChain(sending);
  const bound = concat(associated, headerNonce, sealedHeader);
  const ciphertext = withKey(messageKey, (key) => key.sealSync(nonce, bound, plaintext));
  return {
    state: { ...state, sending: chain },
    message: concat(headerNonce, sealedHeader, nonce, ciphertext),
  };
}

/**
 * Decrypts `message`. `now`, in milliseconds since 1970, decides which skipped keys are too old.
 * @throws {CryptoError} `decrypt-failed` if it is no message of this session to this side, was
 * changed, came before, or is too far ahead; `bad-key` for an unusable ratchet key
 */
export function ratchetDecrypt(
  state: RatchetState,
  associated: Bytes,
  message: Bytes,
  now: number,
  random: Random,
): { state: RatchetState; plaintext: Bytes } {
  if (message.length < RATCHET_OVERHEAD) throw failed("the message is too short");
  const fresh = withoutExpired(state, now);
  const headerNonce = message.slice(0, NONCE_SIZE);
  const sealedHeader = message.subarray(NONCE_SIZE, NONCE_SIZE + SEALED_HEADER_SIZE);
  const nonce = message.subarray(NONCE_SIZE + SEALED_HEADER_SIZE, HEAD_SIZE);
  const bound = concat(associated, message.subarray(0, NONCE_SIZE + SEALED_HEADER_SIZE));
  const headerOf = (key: Bytes) => openHeader(key, headerNonce, associated, sealedHeader);
  const open = (messageKey: Bytes) =>
    withKey(messageKey, (key) => key.openSync(nonce, bound, message.subarray(HEAD_SIZE)));

  const skipped = findSkipped(fresh, headerOf);
  if (skipped) {
    const plaintext = open(skipped.key.slice());
    const rest = fresh.skipped.filter((other) => other !== skipped);
    return { state: { ...fresh, skipped: rest }, plaintext };
  }
  const { state: ready, number } = receivingState(fresh, headerOf, now, random);
  const { receiving } = ready;
  if (!receiving || number < receiving.number) throw failed("the message came before");
  const { state: reached, chain } = skipTo(ready, receiving, number, now);
  const { messageKey, chain: next } = stepChain(chain);
  const plaintext = open(messageKey);
  return { state: { ...reached, receiving: next }, plaintext };
}

/** Returns the header, or null if it was sealed with another key. */
function openHeader(
  key: Bytes,
  nonce: Bytes,
  associated: Bytes,
  sealed: Uint8Array,
): Header | null {
  try {
    return decode(headerLayout, new AesGcmKey(key).openSync(nonce, associated, sealed));
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    return null;
  }
}

/** Returns the skipped key of the message. Tries each header key once. */
function findSkipped(
  { skipped }: RatchetState,
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
  const current = state.receiving && headerOf(state.receiving.headerKey);
  if (current) return { state, number: current.number };
  const header = headerOf(state.nextReceiving);
  if (!header) throw failed("the message is not of this session");
  const before = state.receiving
    ? skipTo(state, state.receiving, header.previous, now).state
    : state;
  return { state: step(before, header.ratchetKey, random), number: header.number };
}

/** Makes one step of the Diffie-Hellman ratchet. */
function step(state: RatchetState, peerKey: Bytes, random: Random): RatchetState {
  checkCanonical(peerKey);
  const received = stepRoot(state.root, new X25519KeyPair(state.own.secret), peerKey);
  const own = newPair(random);
  const sent = stepRoot(received.root, own.pair, peerKey);
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
  };
}

/** Keeps the message keys of `chain` up to (without) number `until`. */
function skipTo(
  state: RatchetState,
  chain: Chain,
  until: number,
  at: number,
): { state: RatchetState; chain: Chain } {
  if (until - chain.number > MAX_SKIP) throw failed("too many messages were skipped");
  const skipped: SkippedKey[] = [];
  while (chain.number < until) {
    const { messageKey, chain: next } = stepChain(chain);
    skipped.push({ headerKey: chain.headerKey, number: chain.number, key: messageKey, at });
    chain = next;
  }
  if (skipped.length === 0) return { state, chain };
  const all = [...state.skipped, ...skipped].slice(-MAX_SKIPPED);
  return { state: { ...state, skipped: all }, chain };
}

/** Returns the state without skipped keys that are too old; the same object if there are none. */
export function withoutExpired(state: RatchetState, now: number): RatchetState {
  const skipped = state.skipped.filter(({ at }) => at > now - MAX_SKIPPED_AGE);
  return skipped.length === state.skipped.length ? state : { ...state, skipped };
}

/** KDF_RK: next root key, chain key and next header key. */
function stepRoot(root: Bytes, own: X25519KeyPair, peerKey: Bytes) {
  const shared = own.agree(peerKey);
  const [nextRoot, chain, next] = hkdfKeys(root, shared, RATCHET_LABEL, 3);
  shared.fill(0);
  return { root: nextRoot, chain, next };
}

/** KDF_CK. */
function stepChain(chain: Chain): { messageKey: Bytes; chain: Chain } {
  return {
    messageKey: hmacSha256(chain.key, MESSAGE_KEY),
    chain: { ...chain, key: hmacSha256(chain.key, CHAIN_KEY), number: chain.number + 1 },
  };
}

function newPair(random: Random) {
  const secret = random(X25519_SIZE);
  const pair = new X25519KeyPair(secret);
  return { pair, stored: { secret, publicKey: pair.publicKey } };
}

/** Uses a message key, once. */
function withKey<T>(messageKey: Bytes, use: (key: AesGcmKey) => T): T {
  const key = new AesGcmKey(messageKey);
  messageKey.fill(0);
  try {
    return use(key);
  } finally {
    key.wipe();
  }
}

function failed(reason: string): CryptoError {
  return new CryptoError("decrypt-failed", reason);
}

/**
 * Chains of message keys (Signal, "The Double Ratchet Algorithm", revision 1, sections 2.2 and
 * 2.6), and the keys of messages that have not arrived yet although later ones have.
 */
import { type Bytes, equalBytes } from "../bytes.ts";
import { hmacSha256 } from "../crypto/hash.ts";
import { CryptoError } from "../errors.ts";

/** Most message keys of one chain that one message may skip. */
export const MAX_SKIP = 1_000;
/** Most skipped keys that a session keeps; the oldest go first. */
export const MAX_SKIPPED = 2_000;
/**
 * Most chains of which a session keeps skipped keys; those of the oldest go first. The header key
 * of each is tried with every message, so this bounds what garbage costs.
 */
export const MAX_SKIPPED_CHAINS = 16;
/** How long a skipped key is kept, in milliseconds: 30 days. */
export const MAX_SKIPPED_AGE = 30 * 24 * 60 * 60 * 1000;

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

/** The key of a message that has not arrived yet. */
export interface SkippedKey {
  readonly headerKey: Bytes;
  readonly number: number;
  /** The message key, 32 bytes. */
  readonly key: Bytes;
  /** When it was skipped, in milliseconds since 1970. */
  readonly at: number;
}

/** KDF_CK. */
export function stepChain(chain: Chain): { messageKey: Bytes; chain: Chain } {
  return {
    messageKey: hmacSha256(chain.key, MESSAGE_KEY),
    chain: { ...chain, key: hmacSha256(chain.key, CHAIN_KEY), number: chain.number + 1 },
  };
}

/**
 * Adds the message keys of `chain` up to (without) number `until` to `skipped`, the oldest first.
 * @throws {CryptoError} `decrypt-failed` if these are more than {@link MAX_SKIP}
 */
export function skipTo(
  chain: Chain,
  until: number,
  skipped: readonly SkippedKey[],
  at: number,
): { chain: Chain; skipped: readonly SkippedKey[] } {
  if (until - chain.number > MAX_SKIP) {
    throw new CryptoError("decrypt-failed", "too many messages were skipped");
  }
  const added: SkippedKey[] = [];
  while (chain.number < until) {
    const { messageKey, chain: next } = stepChain(chain);
    added.push({ headerKey: chain.headerKey, number: chain.number, key: messageKey, at });
    chain = next;
  }
  return { chain, skipped: added.length > 0 ? bounded([...skipped, ...added]) : skipped };
}

/** Returns the last keys, no more than may be kept. Those of a chain are neighbours. */
function bounded(skipped: readonly SkippedKey[]): readonly SkippedKey[] {
  const last = skipped.slice(-MAX_SKIPPED);
  let chains = 0;
  let before: SkippedKey | undefined;
  const dropped = last.findLastIndex((key) => {
    if (!before || !equalBytes(key.headerKey, before.headerKey)) chains++;
    before = key;
    return chains > MAX_SKIPPED_CHAINS;
  });
  return last.slice(dropped + 1);
}

/**
 * Returns the keys that are not too old; the same array if all are. What a clock that was set back
 * has in the future was skipped now: it must not be kept until that time.
 */
export function unexpired(skipped: readonly SkippedKey[], now: number): readonly SkippedKey[] {
  const kept = skipped.filter(({ at }) => at > now - MAX_SKIPPED_AGE);
  if (kept.some(({ at }) => at > now)) {
    return kept.map((key) => key.at > now ? { ...key, at: now } : key);
  }
  return kept.length === skipped.length ? skipped : kept;
}

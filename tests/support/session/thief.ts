/**
 * A thief who has copied the state of one side of a session, and records what travels from then on.
 * It changes nothing and asks nobody: it decrypts what its keys allow. A thief for whom X25519 is
 * broken knows the secret of every ratchet key that it sees.
 */
import { type Bytes, concat, equalBytes, toHex, utf8 } from "../../../shared/bytes.ts";
import { ChaChaKey } from "../../../shared/crypto/chacha20_poly1305.ts";
import { hkdfKeys } from "../../../shared/crypto/hash.ts";
import { mlKemDecapsulate } from "../../../shared/crypto/ml_kem.ts";
import { X25519KeyPair } from "../../../shared/crypto/x25519.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { type Chain, type SkippedKey, stepChain } from "../../../shared/session/chains.ts";
import {
  type Header,
  isKemCiphertext,
  openHeader,
  sealHeader,
} from "../../../shared/session/ratchet_header.ts";
import { decodeSession } from "../../../shared/session/session_state.ts";
import type { Talker } from "./model_pair.ts";

/** Bytes of an initial envelope before its message. */
const OFFER = 1 + 3 * 4 + 32 + 1088;

/** The secrets of ratchet keys, by their public keys in hex. */
export type DhSecrets = ReadonlyMap<string, Bytes>;

type Side = "victim" | "peer";
const OTHER = { victim: "peer", peer: "victim" } as const;

/** What the thief knows of one direction. */
interface Line {
  /** Chains whose keys are known, from the first message that can be read; the newest last. */
  readonly chains: Chain[];
  /** The header key of the next chain. */
  next: Bytes;
  /** The key of its last ratchet step. */
  ratchetKey: Bytes | null;
}

/** An envelope, taken apart. */
interface Parts {
  readonly associated: Bytes;
  readonly headerNonce: Bytes;
  readonly sealedHeader: Bytes;
  /** All that precedes the second nonce. */
  readonly head: Bytes;
  readonly nonce: Bytes;
  readonly ciphertext: Bytes;
}

/** Keys with which an envelope may open; `keep` remembers what was learnt from it. */
interface Found {
  readonly headerKey: Bytes;
  readonly header: Header;
  readonly key: Bytes;
  readonly keep: () => void;
}

export class Thief {
  readonly #lines: Record<Side, Line>;
  readonly #identities: Record<Side, Bytes>;
  readonly #skipped: readonly SkippedKey[];
  readonly #ownSecret: Bytes;
  readonly #seed: Bytes | null;
  #root: Bytes;

  /** Copies the state of `victim`; `broken` are the secrets that a broken X25519 gives away. */
  constructor(victim: Talker, readonly broken: DhSecrets = new Map()) {
    const { ratchet } = decodeSession(victim.state);
    const { sending, receiving, own } = ratchet;
    this.#identities = {
      victim: victim.own.identity.publicKey,
      peer: victim.peer.publicKey,
    };
    this.#lines = {
      victim: {
        chains: sending ? [sending] : [],
        next: ratchet.nextSending,
        ratchetKey: own.publicKey,
      },
      peer: {
        chains: receiving ? [receiving] : [],
        next: ratchet.nextReceiving,
        ratchetKey: null,
      },
    };
    this.#skipped = ratchet.skipped;
    this.#ownSecret = own.secret;
    this.#seed = ratchet.kem.seed;
    this.#root = ratchet.root;
  }

  /** Returns the padded content of an envelope of this side, or null if its key is not known. */
  reads(side: Side, envelope: Bytes): Bytes | null {
    const opened = this.#open(side, this.#partsOf(side, envelope));
    opened?.found.keep();
    return opened && opened.content;
  }

  /** Returns the envelope with `change` made to its header, as if its sender had made it. */
  forges(side: Side, envelope: Bytes, change: Partial<Header>): Bytes {
    const parts = this.#partsOf(side, envelope);
    const opened = this.#open(side, parts);
    if (!opened) throw new TypeError("the thief does not know these keys");
    const { found, content } = opened;
    const header = { ...found.header, ...change };
    const size = header.part ? [1241 % 256, 4] : [57, 0];
    const start = startOf(envelope);
    const prefix = concat(envelope.subarray(0, start), new Uint8Array(size));
    const bound = concat(this.#context(side), prefix);
    const sealed = sealHeader(found.headerKey, parts.headerNonce, bound, header);
    const head = concat(prefix, parts.headerNonce, sealed);
    const associated = concat(this.#context(side), head);
    const ciphertext = new ChaChaKey(found.key).seal(parts.nonce, associated, content);
    return concat(head, parts.nonce, ciphertext);
  }

  /** Tries whatever the thief can think of. */
  #open(side: Side, parts: Parts): { found: Found; content: Bytes } | null {
    for (const found of this.#find(side, parts)) {
      const { key, nonce, head, ciphertext } = { ...found, ...parts };
      try {
        return { found, content: new ChaChaKey(key).open(nonce, head, ciphertext) };
      } catch (error) {
        if (!(error instanceof CryptoError)) throw error;
      }
    }
    return null;
  }

  *#find(side: Side, { associated, headerNonce, sealedHeader }: Parts): Generator<Found> {
    const line = this.#lines[side];
    const headerOf = (key: Bytes) => openHeader(key, headerNonce, associated, sealedHeader);
    const keep = () => {};
    for (const { headerKey, number, key } of side === "peer" ? this.#skipped : []) {
      const header = headerOf(headerKey);
      if (header?.number === number) yield { headerKey, header, key, keep };
    }
    for (const chain of line.chains) {
      const { headerKey } = chain;
      const header = headerOf(headerKey);
      const key = header && messageKeyAt(chain, header.number);
      if (key) yield { headerKey, header, key, keep };
    }
    const headerKey = line.next;
    const header = headerOf(headerKey);
    for (const { chain, keep } of header ? this.#steps(side, header) : []) {
      const key = header && messageKeyAt(chain, header.number);
      if (key) yield { headerKey, header, key, keep };
    }
  }

  /** Follows a ratchet step of `side` in every way for which the thief has what it takes. */
  *#steps(side: Side, { ratchetKey, part }: Header): Generator<{ chain: Chain; keep: () => void }> {
    const line = this.#lines[side];
    const shared = this.#agree(ratchetKey, this.#lines[OTHER[side]].ratchetKey);
    if (!shared) return;
    // Perhaps the KEM secret does not matter.
    const answers = [new Uint8Array(0)];
    if (this.#seed && isKemCiphertext(part)) {
      answers.push(mlKemDecapsulate(this.#seed, part).secret);
    }
    for (const answer of answers) {
      const label = utf8("messaging-system/3 ratchet");
      const [root, key, next] = hkdfKeys(this.#root, concat(shared, answer), label, 3);
      const chain = { key, headerKey: line.next, number: 0 };
      const keep = () => {
        this.#root = root;
        Object.assign(line, { next, ratchetKey });
        line.chains.push(chain);
      };
      yield { chain, keep };
    }
  }

  /** Agrees with the stolen secret, or with either secret where X25519 is broken. */
  #agree(one: Bytes, other: Bytes | null): Bytes | null {
    if (!other) return null;
    const stolen = new X25519KeyPair(this.#ownSecret);
    if (equalBytes(stolen.publicKey, other)) return stolen.agree(one);
    const secret = this.broken.get(toHex(one));
    return secret ? new X25519KeyPair(secret).agree(other) : null;
  }

  #context(side: Side): Bytes {
    const to = this.#identities[OTHER[side]];
    const type = new Uint8Array([MessageType.text]);
    return concat(utf8("messaging-system/3 envelope"), this.#identities[side], to, type);
  }

  #partsOf(side: Side, envelope: Bytes): Parts {
    const start = startOf(envelope);
    const size = envelope[start] + 256 * envelope[start + 1];
    const end = start + 14 + size;
    const context = this.#context(side);
    return {
      associated: concat(context, envelope.subarray(0, start + 2)),
      headerNonce: envelope.slice(start + 2, start + 14),
      sealedHeader: envelope.slice(start + 14, end),
      head: concat(context, envelope.subarray(0, end)),
      nonce: envelope.slice(end, end + 12),
      ciphertext: envelope.slice(end + 12),
    };
  }
}

function startOf(envelope: Bytes): number {
  return envelope[0] === 2 ? OFFER : 1;
}

/** The key of a message of `chain`; null for those before its current number. */
function messageKeyAt(chain: Chain, number: number): Bytes | null {
  if (number < chain.number) return null;
  while (chain.number < number) ({ chain } = stepChain(chain));
  return stepChain(chain).messageKey;
}

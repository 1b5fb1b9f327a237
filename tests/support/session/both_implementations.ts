/** The product and the reference as the two sides of a session, each in either role. */
import fc from "fast-check";
import type { Bytes } from "../../../shared/bytes.ts";
import { verifyIdentity } from "../../../shared/crypto/identity.ts";
import { Reader } from "../../../shared/cursor.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { decodePrekeys } from "../prekeys.ts";
import * as contents from "../../../shared/session/content.ts";
import { verifyBundle } from "../../../shared/session/prekeys.ts";
import * as product from "../../../shared/session/session.ts";
import { assert, assertEquals } from "../assert.ts";
import { runs } from "../fuzz.ts";
import { bundleOf, type Cast, castOf } from "../../shared/session/reference/agreement_vectors.ts";
import { ByteSource, Refused } from "../../shared/session/reference/basics.ts";
import {
  type Content,
  decodeContent,
  encodeContent,
  type MessageType,
  pad,
  unpad,
} from "../../shared/session/reference/content.ts";
import type { Person } from "../../shared/session/reference/identity.ts";
import { readBundle } from "../../shared/session/reference/prekeys.ts";
import * as reference from "../../shared/session/reference/session.ts";

export const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

/** One side of a session, by whichever implementation. */
export interface Talker {
  send(type: MessageType, content: Content): Bytes;
  /** Null if the envelope is refused. `now` is in milliseconds since 1970. */
  receive(type: MessageType, envelope: Bytes, now: number): Content | null;
}

export class ReferenceTalker implements Talker {
  constructor(readonly session: reference.Session, readonly source: ByteSource) {}

  static async starts({ A, B }: Cast, bundle: Bytes, source: ByteSource): Promise<Talker> {
    const [EKa, coins, DHs] = [source.pair(), source.bytes(32), source.pair()];
    const prekeys = await readBundle(B.identity, bundle);
    const { session } = await reference.start(A, B.identity, prekeys, {
      EKa,
      coins,
      DHs,
      now: NOW,
    });
    return new ReferenceTalker(session, source);
  }

  static async accepts({ A, B, prekeys }: Cast, first: Bytes, source: ByteSource): Promise<Talker> {
    const own = Object.values(prekeys);
    const { session } = await reference.accept(B, own, A.identity, first, NOW);
    return new ReferenceTalker(session, source);
  }

  send(type: MessageType, content: Content): Bytes {
    const nonces = { headerNonce: this.source.bytes(12), nonce: this.source.bytes(12) };
    return reference.send(this.session, type, pad(encodeContent(content)), nonces).envelope;
  }

  receive(type: MessageType, envelope: Bytes, now: number): Content | null {
    const random = (size: number) => this.source.bytes(size);
    try {
      const { padded } = reference.openEnvelope(this.session, type, envelope, random, now);
      return decodeContent(type, unpad(padded));
    } catch (error) {
      if (error instanceof Refused) return null;
      throw error;
    }
  }
}

export class ProductTalker implements Talker {
  readonly #random: (size: number) => Bytes;

  constructor(
    private session: product.Session,
    readonly route: Omit<product.Route, "type">,
    source: ByteSource,
  ) {
    this.#random = (size) => source.bytes(size);
  }

  static async starts({ A, B }: Cast, bundle: Bytes, source: ByteSource): Promise<Talker> {
    const [own, peer] = [await partyOf(A), await verifyIdentity(B.identity)];
    const verified = await verifyBundle(peer, decodePrekeys(new Reader(bundle)));
    const random = (size: number) => source.bytes(size);
    const session = await product.startSession(own, peer, verified, NOW, random);
    return new ProductTalker(session, { from: own.identity, to: peer }, source);
  }

  static async accepts({ A, B, prekeys }: Cast, first: Bytes, source: ByteSource): Promise<Talker> {
    const [own, peer] = [await partyOf(B), await verifyIdentity(A.identity)];
    const offer = product.offerIn(first);
    assert(offer !== null, "not an initial envelope");
    const find = (id: number) => Object.values(prekeys).find((prekey) => prekey.id === id)!;
    const session = product.acceptSession(own, peer, offer, {
      signed: find(offer.signedId).secret,
      kem: find(offer.kemId).secret,
      oneTime: offer.oneTimeId === 0 ? null : find(offer.oneTimeId).secret,
    }, NOW);
    return new ProductTalker(session, { from: own.identity, to: peer }, source);
  }

  send(type: MessageType, content: Content): Bytes {
    const padded = contents.encodeContent(content);
    const route = { ...this.route, type };
    const sealed = product.sealEnvelope(this.session, route, padded, this.#random);
    this.session = sealed.session;
    return sealed.envelope;
  }

  receive(type: MessageType, envelope: Bytes, now: number): Content | null {
    const route = { from: this.route.to, to: this.route.from, type };
    try {
      const opened = product.openEnvelope(this.session, route, envelope, now, this.#random);
      this.session = opened.session;
      return contents.decodeContent(opened.content, type);
    } catch (error) {
      if (error instanceof CryptoError && error.code === "decrypt-failed") return null;
      throw error;
    }
  }
}

async function partyOf({ identity, agreement }: Person) {
  return { identity: await verifyIdentity(identity), agreement: agreement.secret };
}

interface Message {
  from: number;
  type: MessageType;
  content: Content;
  envelope: Bytes;
  received: boolean;
}

function randomContent(type: MessageType, source: ByteSource): Content {
  const content: Content = { id: source.bytes(16), at: NOW + source.below(1000) };
  if (type === 3) content.text = "ש".repeat(source.below(300));
  if (type === 4) {
    content.file = {
      blob: source.bytes(16),
      key: source.bytes(32),
      name: "naïve.txt",
      size: source.below(10_000),
    };
  }
  return content;
}

/** Reports whether an envelope carries a KEM part. */
function hasKemPart(envelope: Bytes): boolean {
  const at = envelope[0] === 2 ? 1 + 3 * 4 + 32 + 1088 : 1;
  return envelope[at] + 256 * envelope[at + 1] === 1241;
}

/**
 * A conversation of 60 steps over some days, in which envelopes are lost, repeated, reordered and
 * damaged. Returns how many of them carried a KEM part.
 */
async function converse(productStarts: boolean, seed: number): Promise<number> {
  const source = new ByteSource(`conversation ${seed}`);
  const cast = await castOf(source);
  const { 1: SPKb, 2: lastResort, 3: OPKb, 4: oneTime } = cast.prekeys;
  const PQPKb = source.below(2) === 0 ? lastResort : oneTime;
  const bundle = bundleOf([SPKb, PQPKb, ...source.below(2) === 0 ? [] : [OPKb]]);
  const [Starter, Accepter] = productStarts
    ? [ProductTalker, ReferenceTalker]
    : [ReferenceTalker, ProductTalker];
  const talkers: Talker[] = [await Starter.starts(cast, bundle, source)];
  const messages: Message[] = [];
  /** B can send once it has received. */
  let accepted = false;
  let now = NOW;

  const send = (from: number) => {
    const type = ([2, 3, 4] as const)[source.below(3)];
    const content = randomContent(type, source);
    const envelope = talkers[from].send(type, content);
    messages.push({ from, type, content, envelope, received: false });
  };
  const deliver = async (message: Message) => {
    const { from, type, content, envelope, received } = message;
    talkers[1] ??= await Accepter.accepts(cast, envelope, source);
    const receiver = talkers[1 - from];
    const at = source.below(envelope.length);
    const damaged = envelope.with(at, envelope[at] ^ 1 << source.below(8));
    const otherType = type === 4 ? 2 : 4;
    if (source.below(4) === 0) assertEquals(receiver.receive(type, damaged, now), null);
    if (source.below(4) === 0) assertEquals(receiver.receive(otherType, envelope, now), null);
    assertEquals(receiver.receive(type, envelope, now), received ? null : content);
    message.received = true;
    if (from === 0) accepted = true;
  };

  send(0);
  for (let step = 0; step < 60; step++) {
    now += source.below(8 * HOUR) - HOUR;
    const waiting = messages.filter(({ received }) => !received);
    const choice = source.below(10);
    if (choice < 4) send(accepted ? source.below(2) : 0);
    else if (choice < 9 && waiting.length > 0) await deliver(waiting[source.below(waiting.length)]);
    else await deliver(messages[source.below(messages.length)]);
  }
  for (const message of messages.slice(-20)) if (!message.received) await deliver(message);
  return messages.filter(({ envelope }) => hasKemPart(envelope)).length;
}

/** Tries `count` random conversations: each side understands the other. */
export async function converseAtRandom(productStarts: boolean, count: number): Promise<void> {
  let kemParts = 0;
  const property = fc.asyncProperty(fc.nat(), async (seed) => {
    kemParts += await converse(productStarts, seed);
  });
  await fc.assert(property, runs(count));
  assert(kemParts > count, `only ${kemParts} KEM parts in ${count} conversations`);
}

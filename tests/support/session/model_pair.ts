/** Two persons with sessions between them, for the tests of what may go wrong with one. */
import { type Bytes, equalBytes, toHex } from "../../../shared/bytes.ts";
import {
  generateIdentity,
  type Identity,
  publicIdentity,
  verifyIdentity,
} from "../../../shared/crypto/identity.ts";
import { randomBytes } from "../../../shared/crypto/random.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { type Prekey, PrekeyKind } from "../../../shared/protocol/prekey.ts";
import type { Party, PrekeySecrets } from "../../../shared/session/agreement.ts";
import {
  newPrekeySecret,
  type PrekeySecret,
  publicPrekey,
  verifyBundle,
} from "../../../shared/session/prekeys.ts";
import type { Random } from "../../../shared/crypto/random.ts";
import {
  acceptSession,
  offerIn,
  openEnvelope,
  sealEnvelope,
  type Session,
  startSession,
} from "../../../shared/session/session.ts";
import { decodeSession, encodeSession } from "../../../shared/session/session_state.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";

export const NOW = 1_800_000_000_000;

/** A client with an identity and one prekey of each kind, whose ID is its kind. */
export interface Person extends Party {
  readonly signing: Bytes;
  readonly prekeys: readonly PrekeySecret[];
}

export async function newPerson(): Promise<Person> {
  const secrets = generateIdentity();
  const identity = verifyIdentity(await publicIdentity(secrets));
  const prekeys = Object.values(PrekeyKind).map((kind) => newPrekeySecret(kind, kind, randomBytes));
  return { identity, ...secrets, prekeys };
}

/** The prekeys of these kinds, as a server returns them. */
export function published(person: Person, ...kinds: PrekeyKind[]): Promise<Prekey[]> {
  return Promise.all(kinds.map((kind) => publicPrekey(secretOf(person, kind), person.signing)));
}

export function secretOf({ prekeys }: Person, kind: PrekeyKind): PrekeySecret {
  const prekey = prekeys.find((other) => other.kind === kind);
  if (!prekey) throw new TypeError("no such prekey");
  return prekey;
}

/** The secrets of the prekeys with these IDs. */
export function secretsFor(
  { prekeys }: Person,
  { signedId, kemId, oneTimeId }: { signedId: number; kemId: number; oneTimeId: number },
): PrekeySecrets {
  const secret = (id: number) => {
    const prekey = prekeys.find((other) => other.id === id);
    if (!prekey) throw new CryptoError("decrypt-failed", "unknown prekey");
    return prekey.secret;
  };
  return {
    signed: secret(signedId),
    kem: secret(kemId),
    oneTime: oneTimeId === 0 ? null : secret(oneTimeId),
  };
}

/** One side of a session, in the form in which it is kept. */
export class Talker {
  readonly own: Person;
  readonly peer: Identity;
  readonly #random: Random;
  session: Session;

  constructor(own: Person, peer: Identity, session: Session, random: Random = randomBytes) {
    this.own = own;
    this.peer = peer;
    this.session = session;
    this.#random = random;
  }

  get state(): Bytes {
    return encodeSession(this.session);
  }

  send(content: Bytes, type: MessageType = MessageType.text): Bytes {
    const route = { from: this.own.identity, to: this.peer, type };
    const sealed = sealEnvelope(this.session, route, content, this.#random);
    this.session = decodeSession(encodeSession(sealed.session));
    return sealed.envelope;
  }

  receive(envelope: Bytes, { type = MessageType.text as MessageType, now = NOW } = {}): Bytes {
    const route = { from: this.peer, to: this.own.identity, type };
    const opened = openEnvelope(this.session, route, envelope, now, this.#random);
    this.session = decodeSession(encodeSession(opened.session));
    return opened.content;
  }

  /** The envelope cannot be opened, and the session is afterwards what it was, byte for byte. */
  refuses(envelope: Bytes, options: { type?: MessageType; now?: number } = {}, why = ""): void {
    const { session } = this;
    const before = encodeSession(session);
    const error = assertThrows(() => this.receive(envelope, options), CryptoError);
    assert(error.code === "decrypt-failed" || error.code === "bad-key", `${error.code} ${why}`);
    assert(this.session === session, `another session ${why}`);
    assertEquals(toHex(encodeSession(session)), toHex(before), `the state changed ${why}`);
  }
}

export interface PairOptions {
  readonly kinds?: readonly PrekeyKind[];
  readonly random?: Random;
}

/** Alice, who has started a session with Bob, and Bob, who has accepted her first message. */
export async function newPair(options: PairOptions = {}): Promise<{ alice: Talker; bob: Talker }> {
  const { kinds = [1, 4, 3], random = randomBytes } = options;
  const [a, b] = [await newPerson(), await newPerson()];
  const bundle = verifyBundle(b.identity, await published(b, ...kinds));
  const started = await startSession(a, b.identity, bundle, NOW, random);
  const alice = new Talker(a, b.identity, started, random);
  const first = alice.send(content("first"));
  const bob = accepting(b, a.identity, first, random);
  assertEquals(bob.receive(first), content("first"));
  return { alice, bob };
}

/** The side that an initial envelope makes, before it has opened it. */
export function accepting(
  own: Person,
  peer: Identity,
  envelope: Bytes,
  random: Random = randomBytes,
): Talker {
  const offer = offerIn(envelope);
  if (!offer) throw new TypeError("not an initial envelope");
  const session = acceptSession(own, peer, offer, secretsFor(own, offer), NOW);
  assert(equalBytes(session.base, offer.ephemeral));
  return new Talker(own, peer, session, random);
}

/** 256 bytes that name themselves. */
export function content(text: string): Bytes {
  const bytes = new Uint8Array(256);
  new TextEncoder().encodeInto(text, bytes);
  return bytes;
}

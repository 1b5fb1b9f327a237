/** Whatever goes wrong with an envelope leaves the session as it was, and usable. */
import { type Bytes, concat } from "../../../shared/bytes.ts";
import { ChaChaKey } from "../../../shared/crypto/chacha20_poly1305.ts";
import { randomBytes } from "../../../shared/crypto/random.ts";
import { X25519KeyPair } from "../../../shared/crypto/x25519.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { MAX_U32 } from "../../../shared/limits.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { acceptSession, offerIn, type Session } from "../../../shared/session/session.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";
import {
  accepting,
  content,
  newPair,
  newPerson,
  NOW,
  secretsFor,
  Talker,
} from "../../support/session/model_pair.ts";

/** Bytes of an initial envelope before its message. */
const OFFER = 1 + 3 * 4 + 32 + 1088;

/** Where the parts of an envelope end, whose message starts at `start`. */
function regions(start: number, envelope: Bytes): Record<string, [number, number]> {
  const header = start + 2 + 12;
  const nonce = header + envelope[start] + 256 * envelope[start + 1];
  return {
    "header size": [start, start + 2],
    "header nonce": [start + 2, header],
    header: [header, nonce],
    nonce: [nonce, nonce + 12],
    ciphertext: [nonce + 12, envelope.length - 16],
    tag: [envelope.length - 16, envelope.length],
  };
}

/** Copies of `envelope` with one bit changed: first, last and some others of each region. */
function* flipped(
  envelope: Bytes,
  parts: Record<string, [number, number]>,
): Generator<{ changed: Bytes; where: string }> {
  for (const [name, [from, to]] of Object.entries(parts)) {
    const step = Math.max(1, Math.floor((to - from) / 8));
    const places = new Set([from, to - 1]);
    for (let at = from; at < to; at += step) places.add(at);
    for (const at of places) {
      const changed = envelope.with(at, envelope[at] ^ 1 << at % 8);
      yield { changed, where: `${name}, byte ${at}` };
    }
  }
}

/** A conversation goes on in both directions. */
function goOn(alice: Talker, bob: Talker): void {
  for (const [from, to] of [[alice, bob], [bob, alice], [alice, bob]]) {
    assertEquals(to.receive(from.send(content("further"))), content("further"));
  }
}

/** Alice and Bob after an exchange, and a message from her that he does not have yet. */
async function afterTurn(): Promise<{ alice: Talker; bob: Talker; envelope: Bytes }> {
  const { alice, bob } = await newPair();
  alice.receive(bob.send(content("answer")));
  return { alice, bob, envelope: alice.send(content("secret")) };
}

Deno.test("an ordinary envelope with any bit changed fails and changes nothing", async () => {
  const { alice, bob, envelope } = await afterTurn();
  const parts = { "first byte": [0, 1] as [number, number], ...regions(1, envelope) };
  for (const { changed, where } of flipped(envelope, parts)) bob.refuses(changed, {}, where);
  assertEquals(bob.receive(envelope), content("secret"));
  goOn(alice, bob);
});

Deno.test("an initial envelope with any bit changed fails, new or in its session", async () => {
  const { alice, bob } = await newPair();
  const envelope = alice.send(content("second"));
  assertEquals(envelope[0], 2);
  const parts: Record<string, [number, number]> = {
    "first byte": [0, 1],
    "signed prekey": [1, 5],
    "KEM prekey": [5, 9],
    "one-time prekey": [9, 13],
    EKa: [13, 45],
    CT: [45, OFFER],
    ...regions(OFFER, envelope),
  };
  for (const { changed, where } of flipped(envelope, parts)) {
    bob.refuses(changed, {}, where);
    // As if it were the first one to come: no session may come of it.
    const accept = () => accepting(bob.own, bob.peer, changed).receive(changed);
    assertThrows(accept, changed[0] === 2 ? CryptoError : Error);
  }
  assertEquals(bob.receive(envelope), content("second"));
  goOn(alice, bob);
});

Deno.test("an envelope that is too short or too long fails and changes nothing", async () => {
  const { alice, bob, envelope } = await afterTurn();
  for (let size = 0; size < envelope.length; size++) bob.refuses(envelope.slice(0, size));
  bob.refuses(concat(envelope, new Uint8Array(1)));
  assertEquals(bob.receive(envelope), content("secret"));
  goOn(alice, bob);
});

Deno.test("an initial envelope that is cut off anywhere fails", async () => {
  const { alice, bob } = await newPair();
  const envelope = alice.send(content("second"));
  for (let size = 0; size < envelope.length; size++) bob.refuses(envelope.slice(0, size));
  assertEquals(bob.receive(envelope), content("second"));
});

Deno.test("an envelope of another type, direction, sender or receiver fails", async () => {
  const { alice, bob, envelope } = await afterTurn();
  for (const type of [MessageType.key, MessageType.file]) bob.refuses(envelope, { type });
  alice.refuses(envelope);
  const other = await newPerson();
  new Talker(bob.own, other.identity, bob.session).refuses(envelope);
  new Talker(other, bob.peer, bob.session).refuses(envelope);
  const swapped = new Talker({ ...bob.own, identity: bob.peer }, bob.own.identity, bob.session);
  swapped.refuses(envelope);
  assertEquals(bob.receive(envelope), content("secret"));
  goOn(alice, bob);
});

Deno.test("a repeat fails: at once, after others, and after a turn", async () => {
  const { alice, bob, envelope } = await afterTurn();
  bob.receive(envelope);
  bob.refuses(envelope);
  const [late, next] = [alice.send(content("late")), alice.send(content("next"))];
  bob.receive(next);
  bob.receive(late);
  for (const again of [envelope, late, next]) bob.refuses(again);
  goOn(alice, bob);
  for (const again of [envelope, late, next]) bob.refuses(again);
});

Deno.test("envelopes with the retired first byte, and unknown ones, are refused", async () => {
  const { alice, bob, envelope } = await afterTurn();
  for (const first of [0, 1, 4, 0xff]) bob.refuses(envelope.with(0, first));
  bob.refuses(new Uint8Array([1]));
  goOn(alice, bob);
});

Deno.test("offers with keys of small order, or not canonical, are refused", async () => {
  const { alice, bob } = await newPair();
  const offer = offerIn(alice.send(content("second")));
  assert(offer !== null);
  const accept = (ephemeral: Bytes) =>
    acceptSession(bob.own, bob.peer, { ...offer, ephemeral }, secretsFor(bob.own, offer), NOW);
  for (const key of [...SMALL_ORDER, ...NOT_CANONICAL]) {
    assertEquals(assertThrows(() => accept(key), CryptoError).code, "bad-key");
  }
});

Deno.test("ratchet keys of small order, or not canonical, are refused", async () => {
  for (const key of [...SMALL_ORDER, ...NOT_CANONICAL]) {
    const { alice, bob } = await newPair();
    alice.receive(bob.send(content("answer")));
    const before = alice.session;
    // Her next chain, with a key for its headers that she did not make.
    const { ratchet } = before;
    const own = { ...ratchet.own, publicKey: key };
    alice.session = { ...before, ratchet: { ...ratchet, own } };
    const malicious = alice.send(content("malicious"));
    bob.refuses(malicious);
    alice.session = before;
    goOn(alice, bob);
  }
});

Deno.test("a session whose numbers have run out sends no more, and still receives", async () => {
  const { alice, bob } = await newPair();
  alice.receive(bob.send(content("answer")));
  const { sending } = alice.session.ratchet;
  assert(sending !== null);
  const at = (number: number): Session => {
    const ratchet = { ...alice.session.ratchet, sending: { ...sending, number } };
    return { ...alice.session, ratchet };
  };
  const last = new Talker(alice.own, alice.peer, at(MAX_U32));
  const envelope = last.send(content("last"));
  bob.refuses(envelope); // far more than may be skipped
  const state = last.state;
  assertEquals(assertThrows(() => last.send(content("more")), CryptoError).code, "exhausted");
  assertEquals(last.state, state);
  assertEquals(last.receive(bob.send(content("still here"))), content("still here"));
});

Deno.test("the responder cannot send before it has received", async () => {
  const { alice, bob } = await newPair();
  const first = alice.send(content("second"));
  const fresh = accepting(bob.own, bob.peer, first);
  const state = fresh.state;
  assertEquals(assertThrows(() => fresh.send(content("no")), CryptoError).code, "exhausted");
  assertEquals(fresh.state, state);
});

Deno.test("whoever knows a header key alone makes nothing that is accepted", async () => {
  const { alice, bob, envelope } = await afterTurn();
  const { nextReceiving } = bob.session.ratchet;
  const [headerNonce, pair] = [randomBytes(12), X25519KeyPair.generate()];
  const label = new TextEncoder().encode("messaging-system/3 envelope");
  const { identity } = bob.own;
  const size = new Uint8Array([57, 0]);
  const prefix = concat(new Uint8Array([MessageType.text, 3]), size);
  const associated = concat(label, bob.peer.publicKey, identity.publicKey, prefix);
  for (const [previous, number] of [[0, 0], [MAX_U32, 0], [0, MAX_U32], [1001, 0], [0, 1001]]) {
    const header = concat(pair.publicKey, u32(previous), u32(number), new Uint8Array(1));
    const sealed = new ChaChaKey(nextReceiving).seal(headerNonce, associated, header);
    const rest = randomBytes(12 + 256 + 16);
    bob.refuses(concat(new Uint8Array([3]), size, headerNonce, sealed, rest));
  }
  assertEquals(bob.receive(envelope), content("secret"));
  goOn(alice, bob);
});

function u32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** A number as a key, little-endian. */
function key(value: bigint): Bytes {
  return Uint8Array.from({ length: 32 }, (_, i) => Number(value >> BigInt(8 * i) & 0xffn));
}

const PRIME = 2n ** 255n - 19n;
/** The canonical ones of RFC 7748 §6.1's "all-zero": of orders 1, 2, 4 and 8. */
const SMALL_ORDER = [
  0n,
  1n,
  PRIME - 1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
].map(key);
const NOT_CANONICAL = [PRIME, PRIME + 1n, 2n ** 255n - 1n, 9n + 2n ** 255n].map(key);

/** What was used is gone: no later state holds the keys of messages that were opened. */
import type { Bytes } from "../../../shared/bytes.ts";
import { toHex } from "../../../shared/bytes.ts";
import { hmacSha256 } from "../../../shared/crypto/hash.ts";
import { randomBytes } from "../../../shared/crypto/random.ts";
import type { Chain } from "../../../shared/session/chains.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { content, newPair, type Talker } from "../../support/session/model_pair.ts";

const KEY_SIZE = 32;

/** Keys that may be in a state no more, in hex, and what they are. */
class Past {
  readonly #keys = new Map<string, string>();

  add(key: Bytes, what: string): void {
    this.#keys.set(toHex(key), what);
  }

  /** All of the state that a step replaces: root, own ratchet secret, and both chains. */
  addState({ session: { ratchet } }: Talker, messages: number): void {
    this.add(ratchet.root, "root key");
    this.add(ratchet.own.secret, "ratchet secret");
    for (const chain of [ratchet.sending, ratchet.receiving]) {
      if (chain) this.addChain(chain, messages);
    }
  }

  /** The chain key, and the message and chain keys that follow from it. */
  addChain(chain: Chain, messages: number): void {
    let { key } = chain;
    for (let i = 0; i < messages; i++) {
      this.add(key, `chain key ${i}`);
      this.add(messageKey(key), `message key ${i}`);
      key = hmacSha256(key, new Uint8Array([2]));
    }
  }

  assertGone(...talkers: Talker[]): void {
    for (const [i, talker] of talkers.entries()) {
      const state = toHex(talker.state);
      for (const [key, what] of this.#keys) assert(!state.includes(key), `${i} holds a ${what}`);
    }
  }
}

function messageKey(chainKey: Bytes): Bytes {
  return hmacSha256(chainKey, new Uint8Array([1]));
}

/** Sends and receives `count` messages. */
function pass(from: Talker, to: Talker, count: number): void {
  for (let i = 0; i < count; i++) {
    assertEquals(to.receive(from.send(content(`${i}`))), content(`${i}`));
  }
}

Deno.test("keys: those of messages in order are gone from both states at once", async () => {
  const { alice, bob } = await newPair();
  alice.receive(bob.send(content("answer")));
  bob.receive(alice.send(content("turn")));
  for (let i = 0; i < 20; i++) {
    const past = new Past();
    const { sending } = alice.session.ratchet;
    const { receiving } = bob.session.ratchet;
    assert(sending && receiving);
    assertEquals(toHex(sending.key), toHex(receiving.key));
    past.addChain(sending, 1);
    pass(alice, bob, 1);
    past.assertGone(alice, bob);
  }
});

Deno.test("keys: a turn in both directions replaces everything", async () => {
  const secrets: Bytes[] = [];
  const random = (size: number) => {
    const bytes = randomBytes(size);
    if (size === KEY_SIZE) secrets.push(bytes.slice());
    return bytes;
  };
  const { alice, bob } = await newPair({ random });
  const past = new Past();
  for (let turn = 0; turn < 10; turn++) {
    for (const talker of [alice, bob]) past.addState(talker, 3);
    const drawn = secrets.length;
    pass(alice, bob, 3);
    pass(bob, alice, 3);
    pass(alice, bob, 1);
    // What was drawn before, which is every secret of ratchets, offers and encapsulations.
    for (const secret of secrets.slice(0, drawn)) past.add(secret, "drawn secret");
    past.assertGone(alice, bob);
  }
  assert(secrets.length > 20);
});

Deno.test("keys: that of a skipped message goes when the message is opened", async () => {
  const { alice, bob } = await newPair();
  alice.receive(bob.send(content("answer")));
  bob.receive(alice.send(content("turn")));
  const { sending } = alice.session.ratchet;
  assert(sending);
  const missed = alice.send(content("missed"));
  pass(alice, bob, 3);
  const key = messageKey(sending.key);
  assert(toHex(bob.state).includes(toHex(key)));
  const past = new Past();
  past.addChain(sending, 4);
  past.assertGone(alice);
  bob.receive(missed);
  past.assertGone(alice, bob);
});

Deno.test("keys: those that the agreement gave are gone after the first answer", async () => {
  const { alice, bob } = await newPair();
  const past = new Past();
  past.add(bob.session.ratchet.root, "root key of the start");
  for (const talker of [alice, bob]) past.addState(talker, 2);
  for (const { secret } of bob.own.prekeys) past.add(secret, "prekey");
  pass(bob, alice, 1);
  pass(alice, bob, 1);
  pass(bob, alice, 1);
  past.assertGone(alice, bob);
});

Deno.test("keys: a state that fails to open a message keeps none of its keys", async () => {
  const { alice, bob } = await newPair();
  alice.receive(bob.send(content("answer")));
  const { sending } = alice.session.ratchet;
  assert(sending);
  const past = new Past();
  past.addChain(sending, 1);
  const envelope = alice.send(content("turn"));
  bob.refuses(envelope.with(envelope.length - 1, envelope[envelope.length - 1] ^ 1));
  past.assertGone(bob);
});

/** How many message keys may be skipped, are kept, and for how long. */
import { ChaChaKey } from "../../../shared/crypto/chacha20_poly1305.ts";
import {
  MAX_SKIP,
  MAX_SKIPPED,
  MAX_SKIPPED_AGE,
  MAX_SKIPPED_CHAINS,
} from "../../../shared/session/chains.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { content, newPair, NOW, type Talker } from "../../support/session/model_pair.ts";

/** That many envelopes, which say their number. */
function sendMany(from: Talker, count: number): ReturnType<Talker["send"]>[] {
  return Array.from({ length: count }, (_, i) => from.send(content(`${i}`)));
}

Deno.test("1,000 messages may be missing at once, and not one more", async () => {
  const { alice, bob } = await newPair();
  alice.receive(bob.send(content("answer")));
  bob.receive(alice.send(content("new chain")));
  const envelopes = sendMany(alice, MAX_SKIP + 2);
  bob.refuses(envelopes[MAX_SKIP + 1]);
  assertEquals(bob.receive(envelopes[MAX_SKIP]), content("1000"));
  assertEquals(bob.receive(envelopes[0]), content("0"));
  assertEquals(bob.receive(envelopes[MAX_SKIP + 1]), content("1001"));
  bob.refuses(envelopes[0]);
});

Deno.test("1,000 messages may be missing at the end of a chain, and not one more", async () => {
  for (const missing of [MAX_SKIP, MAX_SKIP + 1]) {
    const { alice, bob } = await newPair();
    const lost = sendMany(alice, missing);
    alice.receive(bob.send(content("answer")));
    const next = alice.send(content("new chain"));
    if (missing > MAX_SKIP) {
      bob.refuses(next);
      bob.receive(lost[0]); // one of them is enough
    }
    assertEquals(bob.receive(next), content("new chain"));
    assertEquals(bob.receive(lost[missing - 1]), content(`${missing - 1}`));
  }
});

Deno.test("2,000 keys are kept, and the oldest go first", async () => {
  const { alice, bob } = await newPair();
  const chains = [];
  for (let turn = 0; turn < 3; turn++) {
    chains.push(sendMany(alice, turn === 2 ? 1 : MAX_SKIP));
    alice.receive(bob.send(content("answer")));
    bob.receive(alice.send(content("turn")));
  }
  assertEquals(bob.session.ratchet.skipped.length, MAX_SKIPPED);
  bob.refuses(chains[0][0]);
  assertEquals(bob.receive(chains[0][1]), content("1"));
  assertEquals(bob.receive(chains[1][0]), content("0"));
  assertEquals(bob.receive(chains[2][0]), content("0"));
  assertEquals(bob.session.ratchet.skipped.length, MAX_SKIPPED - 3);
});

Deno.test("keys of 16 chains are kept, so garbage costs at most 18 attempts", async () => {
  const { alice, bob } = await newPair();
  const missing = [];
  for (let turn = 0; turn < MAX_SKIPPED_CHAINS + 3; turn++) {
    missing.push(alice.send(content(`first of ${turn}`)), alice.send(content(`second of ${turn}`)));
    bob.receive(alice.send(content("turn")));
    alice.receive(bob.send(content("answer")));
  }
  assertEquals(bob.session.ratchet.skipped.length, 2 * MAX_SKIPPED_CHAINS);
  const garbage = alice.send(content("garbage"));
  garbage.fill(1, 10);
  using attempts = countOpening();
  bob.refuses(garbage);
  assertEquals(attempts.count, MAX_SKIPPED_CHAINS + 2);
  for (const lost of missing.slice(0, 6)) bob.refuses(lost);
  assertEquals(bob.receive(missing[6]), content("first of 3"));
  assertEquals(bob.receive(missing[7]), content("second of 3"));
  assertEquals(bob.receive(missing.at(-1)!), content(`second of ${MAX_SKIPPED_CHAINS + 2}`));
});

/** Counts how often anything is decrypted until it is disposed of. */
function countOpening(): Disposable & { count: number } {
  const { open } = ChaChaKey.prototype;
  const counter = { count: 0, [Symbol.dispose]: () => void (ChaChaKey.prototype.open = open) };
  ChaChaKey.prototype.open = function (...parameters) {
    counter.count++;
    return open.apply(this, parameters);
  };
  return counter;
}

Deno.test("a skipped key is kept for 30 days, and then gone from the state", async () => {
  const { alice, bob } = await newPair();
  const [first, second, third] = sendMany(alice, 3);
  bob.receive(third);
  assertEquals(bob.session.ratchet.skipped.length, 2);
  assertEquals(bob.receive(first, { now: NOW + MAX_SKIPPED_AGE - 1 }), content("0"));
  assertEquals(bob.session.ratchet.skipped.length, 1);
  bob.refuses(second, { now: NOW + MAX_SKIPPED_AGE });
  const next = alice.send(content("next"));
  assertEquals(bob.receive(next, { now: NOW + MAX_SKIPPED_AGE }), content("next"));
  assertEquals(bob.session.ratchet.skipped, []);
});

Deno.test("keys that are skipped by a message which fails are not kept", async () => {
  const { alice, bob } = await newPair();
  const envelopes = sendMany(alice, 500);
  const last = envelopes[499];
  bob.refuses(last.with(last.length - 1, last[last.length - 1] ^ 1));
  assertEquals(bob.session.ratchet.skipped, []);
  for (const [i, envelope] of envelopes.entries()) {
    assertEquals(bob.receive(envelope), content(`${i}`));
  }
  assert(bob.session.ratchet.skipped.length === 0);
});

Deno.test("a key that was skipped in the future is kept for 30 days from now on", async () => {
  const { alice, bob } = await newPair();
  const [first, second, third, fourth] = sendMany(alice, 4);
  const future = NOW + 1_000 * MAX_SKIPPED_AGE;
  bob.receive(fourth, { now: future });
  assertEquals(bob.receive(first, { now: NOW }), content("0"));
  assertEquals(bob.session.ratchet.skipped.map(({ at }) => at), [NOW, NOW]);
  assertEquals(bob.receive(second, { now: NOW + MAX_SKIPPED_AGE - 1 }), content("1"));
  bob.refuses(third, { now: NOW + MAX_SKIPPED_AGE });
});

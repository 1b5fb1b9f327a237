/** When KEM keys are offered and answered, and that nobody can leave them out or change them. */
import fc from "fast-check";
import type { Bytes } from "../../../shared/bytes.ts";
import { mlKemEncapsulate } from "../../../shared/crypto/ml_kem.ts";
import { randomBytes } from "../../../shared/crypto/random.ts";
import {
  type KemState,
  MESSAGES_PER_MIX,
  TIME_PER_MIX,
} from "../../../shared/session/kem_ratchet.ts";
import { wipeReplaced } from "../../../shared/session/ratchet.ts";
import type { KemPart } from "../../../shared/session/ratchet_header.ts";
import { decodeSession, encodeSession } from "../../../shared/session/session_state.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { runs } from "../../support/fuzz.ts";
import { content, newPair, NOW, Talker } from "../../support/session/model_pair.ts";

const KEY = 1184;
const CIPHERTEXT = 1088;
/** Bytes of an ordinary envelope of 256 bytes, without a KEM part and with one. */
const SIZES = [1 + 2 + 12 + 57 + 12 + 256 + 16, 1 + 2 + 12 + 1241 + 12 + 256 + 16];

const kemOf = ({ session }: Talker): KemState => session.ratchet.kem;
const partOf = (talker: Talker) => kemOf(talker).sending?.length ?? 0;

/** Alice and Bob after an exchange; it is Bob's turn, and Alice's next step is her second. */
async function turning(): Promise<{ alice: Talker; bob: Talker }> {
  const { alice, bob } = await newPair();
  pass(bob, alice);
  pass(alice, bob);
  return { alice, bob };
}

/** A message arrives at once. */
function pass(from: Talker, to: Talker, now = NOW): Bytes {
  const envelope = from.send(content("text"));
  assertEquals(to.receive(envelope, { now }), content("text"));
  return envelope;
}

/** Alice has offered a key to Bob, who does not know of it yet. */
async function offered(): Promise<{ alice: Talker; bob: Talker; now: number }> {
  const { alice, bob } = await turning();
  const now = NOW + TIME_PER_MIX;
  pass(bob, alice, now);
  assertEquals(partOf(alice), KEY);
  return { alice, bob, now };
}

/** `talker`, whose chain carries another KEM part from now on. */
function withPart(talker: Talker, sending: KemPart): Talker {
  const { own, peer, session } = talker;
  const kem = { ...session.ratchet.kem, sending };
  return new Talker(own, peer, { ...session, ratchet: { ...session.ratchet, kem } });
}

Deno.test("KEM: a step offers a key after 50 messages, not after 49", async () => {
  for (const missing of [1, 0]) {
    const { alice, bob } = await turning();
    // Of these her next step knows all, but not the message that makes it.
    while (kemOf(alice).count < MESSAGES_PER_MIX - missing) pass(alice, bob);
    pass(bob, alice);
    assertEquals(partOf(alice), missing === 0 ? KEY : 0);
    assertEquals(kemOf(alice).count, MESSAGES_PER_MIX - missing + 1);
  }
});

Deno.test("KEM: a message that is opened late counts as every other one", async () => {
  const { alice, bob } = await turning();
  const late = alice.send(content("late"));
  pass(alice, bob);
  const { count } = kemOf(bob);
  assertEquals(bob.receive(late), content("late"));
  assertEquals(kemOf(bob).count, count + 1);
});

Deno.test("KEM: a step offers a key after 24 hours, or when the clock was put back", async () => {
  for (
    const [after, part] of [
      [0, 0],
      [TIME_PER_MIX - 1, 0],
      [TIME_PER_MIX, KEY],
      [365 * TIME_PER_MIX, KEY],
      [-1, KEY],
    ]
  ) {
    const { alice, bob } = await turning();
    pass(bob, alice, NOW + after);
    assertEquals(partOf(alice), part, `after ${after} ms`);
  }
});

Deno.test("KEM: a key is answered in the very next chain, and not offered again", async () => {
  const { alice, bob, now } = await offered();
  const { seed, sending } = kemOf(alice);
  for (let i = 0; i < 60; i++) pass(alice, bob, now);
  assertEquals([kemOf(alice).seed, kemOf(alice).sending], [seed, sending]);
  assertEquals([partOf(bob), kemOf(bob).mixedAt, kemOf(bob).seed], [CIPHERTEXT, now, null]);
  pass(bob, alice, now + 1);
  assertEquals([partOf(alice), kemOf(alice).seed], [0, null]);
  assertEquals([kemOf(alice).mixedAt, kemOf(alice).count], [now + 1, 1]);
});

Deno.test("KEM: all messages of a chain carry its part, and any may come first", async () => {
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }), async (order) => {
      const { alice, bob, now } = await offered();
      for (const [from, to] of [[alice, bob], [bob, alice]]) {
        const envelopes = order.map((i) => from.send(content(`${i}`)));
        for (const envelope of envelopes) assertEquals(envelope.length, SIZES[1]);
        for (const i of order) {
          assertEquals(to.receive(envelopes[i], { now }), content(`${order[i]}`));
        }
      }
      pass(alice, bob, now);
    }),
    runs(20),
  );
});

Deno.test("KEM: skipped keys open messages from before any number of KEM steps", async () => {
  const { alice, bob } = await turning();
  const late: [to: Talker, envelope: Bytes, text: string][] = [];
  const mixes = new Set<number>();
  let now = NOW;
  for (let turn = 0; turn < 24; turn++) {
    const [from, to] = turn % 2 === 0 ? [alice, bob] : [bob, alice];
    for (const half of ["before", "after"]) {
      const text = `${turn} ${half}`;
      late.push([to, from.send(content(text)), text]);
      if (half === "before") pass(from, to, now);
    }
    mixes.add(kemOf(to).mixedAt);
    now += TIME_PER_MIX / 2;
  }
  // The last message of a chain is skipped when the next chain begins.
  for (const talker of [bob, alice, bob]) pass(talker, talker === bob ? alice : bob, now);
  assert(mixes.size > 4, `${mixes.size} mixes`);
  for (const [to, envelope, text] of late.reverse()) {
    assertEquals(to.receive(envelope, { now }), content(text));
    to.refuses(envelope, { now });
  }
});

Deno.test("KEM: keys come as often as they should, however the two talk", async () => {
  const step = fc.record({
    from: fc.constantFrom(0, 1),
    count: fc.constantFrom(1, 1, 1, 2, 10, 60),
    pause: fc.constantFrom(0, 0, 1, TIME_PER_MIX - 2, TIME_PER_MIX, -TIME_PER_MIX),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { alice, bob } = await newPair();
      const talkers = [alice, bob];
      /** What each side should know: when it mixed, and its messages since then. */
      const known = talkers.map(() => ({ mixedAt: NOW, count: 1 }));
      let outstanding: number | null = null;
      let last = 0;
      let now = NOW;
      for (const { from, count, pause } of steps) {
        now += pause;
        const to = 1 - from;
        for (let i = 0; i < count; i++) {
          const part = partOf(talkers[from]);
          pass(talkers[from], talkers[to], now);
          known[from].count++;
          if (from !== last) {
            // The first message of a chain; the receiver has made its step.
            const { mixedAt, count } = known[to];
            const due = count >= 50 || now < mixedAt || now >= mixedAt + TIME_PER_MIX;
            const mixes = part !== 0;
            assertEquals(part === CIPHERTEXT, outstanding === to, "who waits for an answer");
            if (mixes) known[to] = { mixedAt: now, count: 0 };
            const expected = part === KEY ? CIPHERTEXT : !mixes && due ? KEY : 0;
            assertEquals(partOf(talkers[to]), expected);
            outstanding = expected === KEY ? to : part === CIPHERTEXT ? null : outstanding;
            last = from;
          }
          known[to].count++;
        }
      }
    }),
    runs(40),
  );
});

Deno.test("KEM: one round in 50 messages, so the traffic stays bounded", async () => {
  const { alice, bob } = await turning();
  let bytes = 0;
  const count = 1000;
  for (let i = 0; i < count; i++) {
    const envelope = i % 2 === 0 ? pass(bob, alice) : pass(alice, bob);
    assert(SIZES.includes(envelope.length));
    bytes += envelope.length;
  }
  const parts = (bytes - count * SIZES[0]) / (SIZES[1] - SIZES[0]);
  assert(parts >= 2 * 18 && parts <= 2 * 20, `${parts} KEM parts`);
});

Deno.test("KEM: an answer that is missing, wrong, or not its chain's is refused", async () => {
  const { alice, bob, now } = await offered();
  pass(alice, bob, now);
  const ciphertext = kemOf(bob).sending;
  assert(ciphertext?.length === CIPHERTEXT);
  const other = mlKemEncapsulate(kemOf(alice).sending!, randomBytes(32)).ciphertext;
  for (const part of [null, ciphertext.with(0, ciphertext[0] ^ 1), other, kemOf(alice).sending]) {
    alice.refuses(withPart(bob, part).send(content("forged")), { now });
  }
  const second = { ...bob.session };
  pass(bob, alice, now);
  const repeated = new Talker(bob.own, bob.peer, second);
  repeated.send(content("the same again"));
  for (const part of [null, other, ciphertext.with(1087, ciphertext[1087] ^ 1)]) {
    alice.refuses(withPart(repeated, part).send(content("forged")), { now });
  }
  pass(bob, alice, now);
  pass(alice, bob, now);
});

Deno.test("KEM: a key that is left out, changed, or put in later is refused", async () => {
  const { alice, bob, now } = await offered();
  const key = kemOf(alice).sending!;
  // Who leaves the key out of the whole chain gets no answer, and then refuses what comes.
  for (const clock of [NOW, now]) {
    const silent = new Talker(bob.own, bob.peer, bob.session);
    const stripped = withPart(alice, null).send(content("no key"));
    assertEquals(silent.receive(stripped, { now: clock }), content("no key"));
    assertEquals(partOf(silent), clock === NOW ? 0 : KEY);
    alice.refuses(silent.send(content("no answer")), { now });
  }
  // A coefficient of 3329 (FIPS 203 §7.2), first and last.
  for (
    const bad of [
      key.with(0, 0x01).with(1, key[1] & 0xf0 | 0x0d),
      key.with(1150, key[1150] & 0x0f | 0x10).with(1151, 0xd0),
    ]
  ) bob.refuses(withPart(alice, bad).send(content("invalid")), { now });
  pass(alice, bob, now);
  for (const part of [null, key.with(1183, key[1183] ^ 1), randomBytes(CIPHERTEXT)]) {
    bob.refuses(withPart(alice, part).send(content("another")), { now });
  }
  pass(alice, bob, now);
  pass(bob, alice, now);
});

Deno.test("KEM: an answer that nobody asked for is refused", async () => {
  const { alice, bob } = await turning();
  const unasked = withPart(bob, randomBytes(CIPHERTEXT));
  alice.refuses(unasked.send(content("unasked")));
  pass(bob, alice);
  // Nor may it come later in a chain that had none.
  alice.refuses(withPart(bob, randomBytes(CIPHERTEXT)).send(content("unasked")));
  alice.refuses(withPart(bob, randomBytes(KEY)).send(content("late")));
  pass(bob, alice);
  pass(alice, bob);
});

Deno.test("KEM: states with a seed, a key or an answer come back from their bytes", async () => {
  const { alice, bob, now } = await offered();
  const check = (talker: Talker, ...parts: number[]) => {
    const { seed, sending, receiving } = kemOf(talker);
    assertEquals([seed, sending, receiving].map((bytes) => bytes?.length ?? 0), parts);
    assertEquals(decodeSession(encodeSession(talker.session)), talker.session);
  };
  check(alice, 64, KEY, 0);
  pass(alice, bob, now);
  check(bob, 0, CIPHERTEXT, 32);
  pass(bob, alice, now);
  check(alice, 0, 0, 32);
});

Deno.test("KEM: what a step replaced can be wiped, and the session goes on", async () => {
  const { alice, bob, now } = await offered();
  pass(alice, bob, now);
  const { ratchet } = alice.session;
  const { root, own, kem, receiving } = ratchet;
  const skipped = bob.send(content("skipped"));
  pass(bob, alice, now);
  wipeReplaced(ratchet, alice.session.ratchet);
  for (const secret of [root, own.secret, kem.seed!, receiving!.key]) {
    assert(secret.every((byte) => byte === 0));
  }
  assertEquals(alice.receive(skipped, { now }), content("skipped"));
  pass(alice, bob, now);
});

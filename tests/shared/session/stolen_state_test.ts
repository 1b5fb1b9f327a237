/**
 * What a thief of the whole state of one side can read: with X25519 intact until the victim's next
 * ratchet step, with X25519 broken until a KEM answer to a key made after the theft, and in no case
 * what was opened before.
 */
import { type Bytes, toHex } from "../../../shared/bytes.ts";
import { TIME_PER_MIX } from "../../../shared/session/kem_ratchet.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { content, newPair, NOW, type Talker } from "../../support/session/model_pair.ts";
import { Thief } from "../../support/session/thief.ts";

/** A conversation whose line is tapped. Each side opens what the other one says, at once. */
class Conversation {
  now = NOW;
  /** What X25519 protects: the secrets of all ratchet keys. */
  readonly dhSecrets = new Map<string, Bytes>();

  private constructor(readonly alice: Talker, readonly bob: Talker) {
    this.#note();
  }

  static async begin(): Promise<Conversation> {
    const { alice, bob } = await newPair();
    const conversation = new Conversation(alice, bob);
    for (const from of [bob, alice, bob, alice]) conversation.say(from);
    return conversation;
  }

  other(talker: Talker): Talker {
    return talker === this.alice ? this.bob : this.alice;
  }

  /** Returns an envelope that has arrived. */
  say(from: Talker): Bytes {
    const envelope = from.send(content("secret"));
    this.hear(from, envelope);
    return envelope;
  }

  hear(from: Talker, envelope: Bytes): void {
    assertEquals(this.other(from).receive(envelope, { now: this.now }), content("secret"));
    this.#note();
  }

  #note(): void {
    for (const { session: { ratchet: { own } } } of [this.alice, this.bob]) {
      this.dhSecrets.set(toHex(own.publicKey), own.secret.slice());
    }
  }
}

/** Which of the envelopes that arrive in turn the thief reads, `victim` first. */
function readsOf(thief: Thief, conversation: Conversation, victim: Talker, turns: string): string {
  return [...turns].map((turn) => {
    const isVictim = turn === "v";
    const from = isVictim ? victim : conversation.other(victim);
    const envelope = conversation.say(from);
    const plaintext = thief.reads(isVictim ? "victim" : "peer", envelope);
    if (plaintext) assertEquals(plaintext, content("secret"));
    return plaintext ? turn : "-";
  }).join("");
}

const sides = ["alice", "bob"] as const;

/** The part that the chain of `talker` carries. */
function partOf({ session: { ratchet: { kem } } }: Talker): "key" | "answer" | "nothing" {
  if (!kem.sending) return "nothing";
  return kem.seed ? "key" : "answer";
}

Deno.test("stolen state, X25519 intact: it reads until the next step of the victim", async () => {
  for (const side of sides) {
    const conversation = await Conversation.begin();
    const victim = conversation[side];
    conversation.say(conversation.other(victim));
    conversation.say(victim);
    const thief = new Thief(victim);
    // The victim's chain, and the peer's next one, which is made for the stolen ratchet key.
    assertEquals(readsOf(thief, conversation, victim, "vvppvp"), "vvpp--");
    assertEquals(readsOf(thief, conversation, victim, "vpvpvpvp"), "--------");
  }
});

Deno.test("stolen state, X25519 intact or broken: what was opened before is not read", async () => {
  for (const side of sides) {
    const conversation = await Conversation.begin();
    const victim = conversation[side];
    const peer = conversation.other(victim);
    const before: [from: "victim" | "peer", Bytes][] = [];
    for (let i = 0; i < 60; i++) {
      before.push(["victim", conversation.say(victim)], ["peer", conversation.say(peer)]);
    }
    // One of them has not arrived, so the state still has its key.
    const late = peer.send(content("secret"));
    before.push(["peer", conversation.say(peer)], ["victim", conversation.say(victim)]);
    for (const broken of [new Map(), conversation.dhSecrets]) {
      const thief = new Thief(victim, broken);
      for (const [from, envelope] of before) assertEquals(thief.reads(from, envelope), null);
      assertEquals(thief.reads("peer", late), content("secret"));
    }
    conversation.hear(peer, late);
    assertEquals(new Thief(victim, conversation.dhSecrets).reads("peer", late), null);
  }
});

/** A thief for whom X25519 is broken has copied the state of `side`, in whose turn it is. */
async function stolen(side: (typeof sides)[number]) {
  const conversation = await Conversation.begin();
  const victim = conversation[side];
  const peer = conversation.other(victim);
  conversation.say(peer);
  conversation.say(victim);
  return { conversation, victim, peer };
}

Deno.test("stolen state, X25519 broken: it reads on until a later key is answered", async () => {
  for (const side of sides) {
    for (const [before, offering, answered] of [["pvv", "pv", "pvpvpp"], ["pvp", "vp", "vpvvpv"]]) {
      const { conversation, victim, peer } = await stolen(side);
      const thief = new Thief(victim, conversation.dhSecrets);
      assertEquals(readsOf(thief, conversation, victim, "vpvppvvvpv"), "vpvppvvvpv");
      assertEquals(readsOf(thief, conversation, victim, before), before);
      conversation.now += TIME_PER_MIX;
      assertEquals(readsOf(thief, conversation, victim, offering), offering);
      assertEquals(partOf(offering.endsWith("v") ? victim : peer), "key");
      assertEquals(readsOf(thief, conversation, victim, answered), "------");
    }
  }
});

Deno.test("stolen state, X25519 broken: 50 messages bring a KEM round as a day does", async () => {
  const { conversation, victim } = await stolen("alice");
  const thief = new Thief(victim, conversation.dhSecrets);
  const read = readsOf(thief, conversation, victim, "pv".repeat(50));
  const end = read.indexOf("-");
  assert(end > 30 && end < 60, read);
  assertEquals(read.slice(end), "-".repeat(100 - end));
});

Deno.test("stolen state, a key outstanding: it reads that round, and not the next", async () => {
  for (const side of sides) {
    const { conversation, victim, peer } = await stolen(side);
    conversation.now += TIME_PER_MIX;
    conversation.say(peer); // now the victim makes a key
    const thief = new Thief(victim, conversation.dhSecrets);
    const intact = new Thief(victim);
    assertEquals(partOf(victim), "key");
    const [key, answer, next] = [victim, peer, victim].map((from) => conversation.say(from));
    for (const [either, reads] of [[thief, 3], [intact, 2]] as const) {
      const read = [either.reads("victim", key), either.reads("peer", answer)];
      read.push(either.reads("victim", next));
      assertEquals(read.filter((plaintext) => plaintext !== null).length, reads);
    }
    assertEquals(readsOf(thief, conversation, victim, "pvppv"), "pvppv");
    conversation.now += TIME_PER_MIX;
    assertEquals(readsOf(thief, conversation, victim, "pv"), "pv");
    assertEquals(partOf(victim), "key");
    assertEquals(readsOf(thief, conversation, victim, "pvpvpp"), "------");
  }
});

Deno.test("stolen state, the peer's key outstanding: it does not read the answer", async () => {
  for (const side of sides) {
    const { conversation, victim, peer } = await stolen(side);
    conversation.say(peer);
    conversation.now += TIME_PER_MIX;
    conversation.say(victim); // now the peer makes a key, of which the victim does not know yet
    assertEquals(partOf(peer), "key");
    const thief = new Thief(victim, conversation.dhSecrets);
    assertEquals(readsOf(thief, conversation, victim, "pvpv"), "p---");
    // Once it has answered, its state has the secrets of that round.
    const later = new Thief(victim, conversation.dhSecrets);
    assertEquals(readsOf(later, conversation, victim, "vpvp"), "vpvp");
  }
});

Deno.test("stolen state: a thief that changes headers cannot leave the KEM out", async () => {
  for (const side of sides) {
    // It takes the key out of the peer's chain: then the victim's answer is missing.
    const { conversation, victim, peer } = await stolen(side);
    conversation.say(peer);
    conversation.now += TIME_PER_MIX;
    conversation.say(victim);
    const { now } = conversation;
    const thief = new Thief(victim, conversation.dhSecrets);
    const offer = peer.send(content("secret"));
    const stripped = thief.forges("peer", offer, { part: null });
    assertEquals(victim.receive(stripped, { now }), content("secret"));
    peer.refuses(victim.send(content("without the answer")), { now });
  }
  for (const side of sides) {
    // It takes the answer out of the peer's chain, or puts another one there.
    const { conversation, victim, peer } = await stolen(side);
    conversation.now += TIME_PER_MIX;
    conversation.say(peer);
    const { now } = conversation;
    const thief = new Thief(victim, conversation.dhSecrets);
    conversation.say(victim);
    const answer = peer.send(content("secret"));
    for (const part of [null, new Uint8Array(1088), new Uint8Array(1184)]) {
      victim.refuses(thief.forges("peer", answer, { part }), { now });
    }
    assertEquals(victim.receive(answer, { now }), content("secret"));
  }
});

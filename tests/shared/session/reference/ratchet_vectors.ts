/** The vectors of the ratchet: a conversation without a KEM part, and one with several. */
import { DH, type Pair } from "./basics.ts";
import { Conversation } from "./conversation.ts";
import { mlKemEncapsulate, mlKemPublicKey } from "./primitives.ts";
import { type Header, KDF_RK, type Part } from "./ratchet.ts";
import type { Session } from "./session.ts";
import type { Json } from "./vector_json.ts";

const DAY = 24 * 3600 * 1000;

/** Turns, skipped and late messages, repeats. */
export async function ratchetVectors(): Promise<Json> {
  const talk = await Conversation.start("ratchet");
  talk.sends("A", 0, 2);
  talk.sends("A", 1);
  talk.sends("A", 2);
  await talk.receives("B", 1); // a step, message 0 skipped
  talk.repeats("B", 1);
  await talk.receives("B", 0);
  talk.repeats("B", 0);
  talk.sends("B", 3);
  talk.sends("B", 4);
  await talk.receives("A", 4); // a step, message 3 skipped
  talk.sends("A", 5);
  talk.sends("A", 6);
  await talk.receives("B", 6); // a step; messages 2 of the old chain and 5 of the new one skipped
  await talk.receives("B", 2);
  talk.repeats("B", 2);
  talk.sends("B", 7);
  await talk.receives("A", 7); // a step
  await talk.receives("A", 3);
  talk.sends("B", 8);
  talk.sends("A", 9, 4);
  await talk.receives("B", 9); // a step
  await talk.receives("A", 8);
  await talk.receives("B", 5);
  talk.sends("B", 10);
  talk.sends("B", 11);
  talk.sends("B", 12);
  await talk.receives("A", 12); // a step, messages 10 and 11 skipped
  await talk.receives("A", 10);
  talk.sends("A", 13);
  await talk.receives("B", 13);
  await talk.receives("A", 11);
  talk.repeats("A", 12);
  return talk.json();
}

/** `session` with another KEM part in its sending chain. */
function carrying({ ratchet, ...session }: Session, PARTs: Part): Session {
  return { ...session, ratchet: { ...ratchet, PARTs } };
}

/**
 * The session of one whose next step is as if there were no KEM: no secret is encapsulated or
 * mixed in. The chain carries `PARTs` all the same.
 */
function stepWithoutKem(
  { ratchet, ...session }: Session,
  DHr: Header["ratchetKey"],
  newDHs: Pair,
  PARTs: Part,
): Session {
  const [first] = KDF_RK(ratchet.RK, DH(ratchet.DHs, DHr));
  const [RK, CKs, NHKs] = KDF_RK(first, DH(newDHs, DHr));
  const chain = { RK, CKs, NHKs, HKs: ratchet.NHKs, PN: ratchet.Ns, Ns: 0, DHs: newDHs, PARTs };
  return { ...session, ratchet: { ...ratchet, ...chain } };
}

/** Three rounds of the KEM: by the time, by the time from the other side, and by the count. */
export async function kemRatchetVectors(): Promise<Json> {
  const talk = await Conversation.start("KEM ratchet");
  const { source } = talk;
  const DHof = (side: "A" | "B") => talk.session(side).ratchet.DHs.publicKey;
  const someKey = () => mlKemPublicKey(source.bytes(64));
  const ciphertextTo = (key: Uint8Array<ArrayBuffer>) => {
    return mlKemEncapsulate(key, source.bytes(32)).ciphertext;
  };
  const keyOf = (side: "A" | "B") => talk.session(side).ratchet.PARTs.key!;

  // The first round: A offers a key because 24 hours have passed.
  talk.sends("A", 0, 2);
  await talk.receives("B", 0);
  talk.sends("B", 1);
  talk.now = talk.session("A").ratchet.MIXED + DAY - 1000;
  await talk.receives("A", 1); // a step with a key: exactly 24 hours have passed
  talk.sends("A", 2);
  talk.sends("A", 3);
  const beforeB = structuredClone(talk.session("B"));
  const invalid = new Uint8Array(1184).fill(0xff);
  const A = talk.session("A");
  talk.refuses("B", "a KEM key that fails the modulus check", carrying(A, { key: invalid }));
  talk.refuses(
    "B",
    "an answer without a key",
    carrying(A, { ciphertext: ciphertextTo(someKey()) }),
  );
  for (const [why, byte] of [["zeros", 0], ["not canonical", 0xff]] as const) {
    const DHs = { secret: source.bytes(32), publicKey: new Uint8Array(32).fill(byte) };
    const forger = { ...A, ratchet: { ...A.ratchet, DHs } };
    talk.refuses("B", `a ratchet key that is ${why}`, forger);
  }
  await talk.receives("B", 3); // a step with the answer, message 2 skipped
  talk.refuses("B", "no KEM part in a chain with a key", carrying(A, {}));
  talk.refuses("B", "another key in a chain with a key", carrying(A, { key: someKey() }));
  await talk.receives("B", 2);
  talk.sends("B", 4);
  talk.sends("B", 5);
  const without = (PARTs: Part) => stepWithoutKem(beforeB, DHof("A"), source.pair(), PARTs);
  talk.refuses("A", "the answer is missing", without({}));
  talk.refuses("A", "a key where the answer should be", without({ key: someKey() }));
  talk.refuses(
    "A",
    "an answer whose secret was not mixed in",
    without({
      ciphertext: ciphertextTo(keyOf("A")),
    }),
  );
  const B = talk.session("B");
  talk.refuses(
    "A",
    "an answer to another key",
    carrying(B, {
      ciphertext: ciphertextTo(someKey()),
    }),
  );
  talk.refuses(
    "A",
    "another answer to the key",
    carrying(B, {
      ciphertext: ciphertextTo(keyOf("A")),
    }),
  );
  talk.refuses("A", "not only zeros behind the answer", B, (header) => header.with(-1, 1));
  await talk.receives("A", 5); // a step with the secret of the answer, message 4 skipped
  talk.refuses(
    "A",
    "another ciphertext in a chain with one",
    carrying(B, {
      ciphertext: ciphertextTo(someKey()),
    }),
  );
  await talk.receives("A", 4);
  talk.sends("A", 6);

  // The second round: B offers a key, first too early by a millisecond.
  talk.now = talk.session("B").ratchet.MIXED + DAY - 1001;
  await talk.receives("B", 6); // a step without a KEM part
  talk.sends("B", 7);
  await talk.receives("A", 7); // a step without a KEM part: A mixed later
  talk.refuses(
    "B",
    "an answer after a chain without a key",
    carrying(talk.session("A"), {
      ciphertext: ciphertextTo(keyOf("A") ?? someKey()),
    }),
  );
  talk.sends("A", 8);
  await talk.receives("B", 8); // a step with a key
  talk.sends("B", 9);
  talk.sends("B", 10);
  await talk.receives("A", 9); // a step with the answer
  talk.sends("A", 11);
  await talk.receives("B", 11); // a step with the secret of the answer
  talk.sends("B", 12);
  await talk.receives("A", 12); // a step without a KEM part
  await talk.receives("A", 10); // late, of the chain with the key

  // The third round: B offers a key because it has sealed and opened 50 messages.
  let number = 13;
  const count = (side: "A" | "B") => talk.session(side).ratchet.COUNT;
  while (count("A") < 49) talk.sends("A", number++, 3, true);
  for (let i = 13; i < number; i++) await talk.receives("B", i, i > 13);
  while (count("B") < 50) talk.sends("B", number++);
  await talk.receives("A", number - 1); // a step without a KEM part: COUNT was 49
  talk.sends("A", number);
  await talk.receives("B", number); // a step with a key: COUNT was 50
  talk.sends("B", ++number);
  await talk.receives("A", number); // a step with the answer
  talk.sends("A", ++number);
  await talk.receives("B", number); // a step with the secret of the answer
  talk.sends("B", ++number);

  // The clock went back: 24 hours count as passed.
  talk.now = talk.session("A").ratchet.MIXED - 1001;
  await talk.receives("A", number); // a step with a key
  talk.sends("A", ++number);
  await talk.receives("B", number); // a step with the answer
  return talk.json();
}

/** The vectors of resets, of safety numbers and of cards. */
import { type Bytes, concat } from "../../../../shared/bytes.ts";
import { ByteSource } from "./basics.ts";
import { card, makeReset, type Person, personOf, safetyDigits, safetyNumber } from "./identity.ts";
import { type Json, json, personJson } from "./vector_json.ts";

const randomPerson = (source: ByteSource) => personOf(source.bytes(32), source.bytes(32));

export async function resetVectors(): Promise<Json> {
  const source = new ByteSource("resets");
  const [sender, receiver] = [await randomPerson(source), await randomPerson(source)];
  const make = async (name: string, time: number, messageIds: number[]) => {
    const reset = await makeReset(sender, receiver.identity, time, messageIds);
    return {
      name,
      time,
      "message IDs": messageIds,
      "signed message": reset.signedMessage,
      signature: reset.signature,
      reset: reset.reset,
    };
  };
  const most = Array.from({ length: 256 }, (_, i) => 1000 + i);
  const { reset } = await makeReset(sender, receiver.identity, 1_800_000_000_000, [1, 2]);
  return json({
    sender: personJson(sender),
    receiver: personJson(receiver),
    resets: [
      await make("no message", 1_800_000_000_000, []),
      await make("one message", 1_800_000_000_001, [7]),
      await make("three messages", 1_800_000_000_002, [1, 0x01020304, 0xffffffff]),
      await make("as many as there can be", 1_800_000_000_003, most),
    ],
    refused: await refusedResets(sender, receiver, reset),
  });
}

async function refusedResets(sender: Person, receiver: Person, reset: Bytes): Promise<object[]> {
  const toItself = await makeReset(sender, sender.identity, 1_800_000_000_000, [1, 2]);
  const byReceiver = await makeReset(receiver, receiver.identity, 1_800_000_000_000, [1, 2]);
  const cases: [string, Bytes][] = [
    ["another time", reset.with(1, reset[1] ^ 1)],
    ["another message ID", reset.with(9, reset[9] ^ 1)],
    ["another signature", reset.with(-1, reset[reset.length - 1] ^ 1)],
    ["another first byte", reset.with(0, 3)],
    ["one message ID less", concat(reset.slice(0, 13), reset.slice(17))],
    ["part of a message ID", concat(reset.slice(0, 15), reset.slice(17))],
    ["for another receiver", toItself.reset],
    ["by another sender", byReceiver.reset],
    ["nothing but a signature", concat(reset.slice(0, 1), reset.slice(-64))],
    ["nothing", reset.slice(0, 0)],
  ];
  return cases.map(([name, reset]) => ({ name, reset }));
}

export async function safetyNumberVectors(): Promise<Json> {
  const source = new ByteSource("safety numbers");
  const cases = [];
  for (const names of [["alice", "bob"], ["dora", "שלום"], ["#1", "a b#c"]]) {
    const persons = [await randomPerson(source), await randomPerson(source)];
    cases.push({
      clients: persons.map((person, i) => {
        const { h, digits } = safetyDigits(person.identity);
        const name = names[i];
        const { identity, id } = person;
        return {
          name,
          identity,
          "client ID": id,
          "last h": h,
          digits,
          card: card(name, identity),
        };
      }),
      "safety number": safetyNumber(persons[0].identity, persons[1].identity),
    });
  }
  return json({ pairs: cases });
}

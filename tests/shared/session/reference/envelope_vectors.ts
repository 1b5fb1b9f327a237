/** The vectors of envelopes. */
import { type Bytes, concat } from "../../../../shared/bytes.ts";
import { Conversation, type Side, stateJson } from "./conversation.ts";
import { encodeContent, type MessageType, pad } from "./content.ts";
import { sealEnvelope } from "./envelope.ts";
import { send, type Session } from "./session.ts";
import { type Json, json, personJson } from "./vector_json.ts";

const DAY = 24 * 3600 * 1000;

export async function envelopeVectors(): Promise<Json> {
  const talk = await Conversation.start("envelopes");
  const { cast: { A, B } } = talk;
  const envelopes: Json[] = [];
  /** What `side` sends next, while the other has what it has. */
  const next = (name: string, side: Side, number: number, type: MessageType) => {
    const receiver = talk.sessions[side === "A" ? "B" : "A"];
    const { initial } = talk.session(side);
    const before = receiver && stateJson(receiver.ratchet);
    const step = talk.sends(side, number, type) as { [key: string]: Json };
    const { state: _, [`${side} sends`]: __, ...sent } = step;
    const way = { name, from: side, to: side === "A" ? "B" : "A", initial };
    envelopes.push(json({ ...way, ...sent, "state of the receiver": before }));
  };
  next("initial", "A", 0, 2);
  await talk.receives("B", 0);
  next("ordinary, the first of a chain", "B", 1, 3);
  const { A: refusing } = structuredClone(talk.sessions);
  const refused = refusedEnvelopes(talk, talk.session("B"));
  talk.now += DAY;
  await talk.receives("A", 1);
  next("ordinary, with a KEM key", "A", 2, 4);
  await talk.receives("B", 2);
  next("ordinary, with a KEM ciphertext", "B", 3, 3);
  await talk.receives("A", 3);
  next("ordinary, without a KEM part again", "A", 4, 3);
  return json({
    A: personJson(A),
    B: personJson(B),
    envelopes,
    "refused by A": refused,
    "state of A": stateJson(refusing.ratchet),
  });
}

/** What A must refuse after B's first message, in the state before it came. */
function refusedEnvelopes(talk: Conversation, session: Session): object[] {
  const { source, cast: { A, B } } = talk;
  const sender = structuredClone(session);
  const padded = pad(encodeContent({ id: source.bytes(16), at: talk.now, text: "no" }));
  const nonces = { headerNonce: source.bytes(12), nonce: source.bytes(12) };
  const good = send(sender, 3, padded, nonces);
  const { envelope, headerBytes } = good;
  const way = { sender: B.identity, receiver: A.identity, type: 3 as const };
  const forged = (header: Bytes, change = {}) => {
    return sealEnvelope({ ...way, ...change }, undefined, good, nonces, header, padded).envelope;
  };
  const long = concat(headerBytes, new Uint8Array(1184));
  const changed = (at: number) => envelope.with(at, envelope[at] ^ 1);
  const cases: [string, Bytes][] = [
    ["nothing", envelope.slice(0, 0)],
    ["the first byte alone", envelope.slice(0, 1)],
    ["the retired form", envelope.with(0, 1)],
    ["no such form", envelope.with(0, 5)],
    ["an initial envelope that is none", envelope.with(0, 2)],
    ["a header size of 56", envelope.with(1, 56)],
    ["a header size of 58", envelope.with(1, 58)],
    ["a header size of 0", envelope.with(1, 0)],
    ["a header size of 1241 where there is none", envelope.with(1, 0xd9).with(2, 4)],
    ["a header size that is big-endian", envelope.with(1, 0).with(2, 57)],
    ["another header nonce", changed(3)],
    ["another header", changed(15)],
    ["another tag of the header", changed(15 + 56)],
    ["another nonce", changed(15 + 57)],
    ["another ciphertext", changed(15 + 57 + 12)],
    ["another tag", changed(envelope.length - 1)],
    ["cut short", envelope.slice(0, -1)],
    ["a byte too many", concat(envelope, new Uint8Array(1))],
    ["of another message type", forged(headerBytes, { type: 4 })],
    ["from A to A", forged(headerBytes, { sender: A.identity })],
    ["from B to B", forged(headerBytes, { receiver: B.identity })],
    ["from A to B", forged(headerBytes, { sender: A.identity, receiver: B.identity })],
    ["a part that is a key, but has no bytes", forged(headerBytes.with(40, 1))],
    ["a part that is a ciphertext, but has no bytes", forged(headerBytes.with(40, 2))],
    ["a part that is nothing, but has bytes", forged(long)],
    ["a part of number 3", forged(long.with(40, 3))],
    ["a header of 40 bytes", forged(headerBytes.slice(0, 40))],
    ["a header of 42 bytes", forged(concat(headerBytes, new Uint8Array(1)))],
  ];
  return cases.map(([name, envelope]) => ({ name, envelope }));
}

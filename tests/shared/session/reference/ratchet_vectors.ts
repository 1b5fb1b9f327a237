/** The vectors of the ratchet and of envelopes: a conversation, and what is refused in it. */
import { type Bytes, equalBytes } from "../../../../shared/bytes.ts";
import { agreementJson, bundleOf, castOf } from "./agreement_vectors.ts";
import { ByteSource, DH, type Pair, Refused } from "./basics.ts";
import { encodeContent, type MessageType, pad } from "./content.ts";
import { readBundle } from "./prekeys.ts";
import { KDF_RK, type Ratchet } from "./ratchet.ts";
import { accept, openEnvelope, send, type Sent, type Session, start } from "./session.ts";
import { type Json, json, pairJson, personJson, prekeyJson } from "./vector_json.ts";

/** The first time, in milliseconds since 1970. */
const TIME = 1_800_000_000_000;

type Side = "A" | "B";

/** `A sends` and the like; then the number of the message, from 0, in the order of sending. */
const CONVERSATION: [Side, "sends" | "receives" | "refuses", number][] = [
  ["A", "sends", 0],
  ["A", "sends", 1],
  ["A", "sends", 2],
  ["B", "receives", 1], // a step, message 0 skipped
  ["B", "refuses", 1],
  ["B", "receives", 0],
  ["B", "refuses", 0],
  ["B", "sends", 3],
  ["B", "sends", 4],
  ["A", "receives", 4], // a step, message 3 skipped
  ["A", "sends", 5],
  ["A", "sends", 6],
  ["B", "receives", 6], // a step, message 2 of the old chain and message 5 of the new one skipped
  ["B", "receives", 2],
  ["B", "refuses", 2],
  ["B", "sends", 7],
  ["A", "receives", 7], // a step
  ["A", "receives", 3],
  ["B", "sends", 8],
  ["A", "sends", 9],
  ["B", "receives", 9], // a step
  ["A", "receives", 8],
  ["B", "receives", 5],
  ["B", "sends", 10],
  ["B", "sends", 11],
  ["B", "sends", 12],
  ["A", "receives", 12], // a step, messages 10 and 11 skipped
  ["A", "receives", 10],
  ["A", "sends", 13],
  ["B", "receives", 13],
  ["A", "receives", 11],
  ["A", "refuses", 12],
];

export async function ratchetVectors(): Promise<Json> {
  const source = new ByteSource("ratchet");
  const { A, B, prekeys } = await castOf(source);
  const { 1: SPKb, 3: OPKb, 4: PQPKb } = prekeys;
  const random = { EKa: source.pair(), coins: source.bytes(32), DHs: source.pair() };
  const bundle = await readBundle(B.identity, bundleOf([SPKb, PQPKb, OPKb]));
  const { session, agreement } = await start(A, B.identity, bundle, random);
  const sessions: { A: Session; B?: Session } = { A: session };
  const firstState = stateJson(session.ratchet);

  const sent: { type: MessageType; padded: Bytes; sent: Sent }[] = [];
  const steps: Json[] = [];
  for (const [i, [side, does, number]] of CONVERSATION.entries()) {
    const now = TIME + 1000 * i;
    if (does === "sends") {
      const session = sessions[side]!;
      const type: MessageType = number === 0 ? 2 : number === 9 ? 4 : 3;
      const content = encodeContent({
        id: source.bytes(16),
        at: now,
        ...type === 3 ? { text: "x".repeat(50 * number) } : {},
        ...type === 4
          ? {
            file: { blob: source.bytes(16), key: source.bytes(32), name: "a.txt", size: 12 },
          }
          : {},
      });
      const padded = pad(content);
      const nonces = { headerNonce: source.bytes(12), nonce: source.bytes(12) };
      const message = send(session, type, padded, nonces);
      sent[number] = { type, padded, sent: message };
      steps.push(json({
        [`${side} sends`]: number,
        "message type": type,
        content,
        "padded content": padded,
        "header nonce": nonces.headerNonce,
        nonce: nonces.nonce,
        ...sentJson(message),
        state: stateJson(session.ratchet),
      }));
      continue;
    }
    const { type, padded, sent: { envelope } } = sent[number];
    let accepted: Json | undefined;
    if (side === "B" && sessions.B === undefined) {
      const { session } = await accept(B, Object.values(prekeys), A.identity, envelope);
      sessions.B = session;
      accepted = stateJson(session.ratchet);
    }
    const session = sessions[side]!;
    const before = structuredClone(session.ratchet);
    if (does === "refuses") {
      mustRefuse(session, type, envelope, now);
      steps.push({ [`${side} refuses`]: number });
      continue;
    }
    const newPair = source.pair();
    const received = openEnvelope(session, type, envelope, () => newPair, now);
    if (!equalBytes(received.padded, padded)) throw new Error("another content");
    steps.push(json({
      [`${side} receives`]: number,
      "state of the new session": accepted,
      time: now,
      "header key": { skipped: "of a skipped message", HKr: "HKr", NHKr: "NHKr" }[received.by],
      step: received.by === "NHKr"
        ? stepJson(before, received.header.ratchetKey, newPair)
        : undefined,
      "message key": received.MK,
      state: stateJson(session.ratchet),
    }));
  }
  return json({
    A: personJson(A),
    B: personJson(B),
    SPKb: prekeyJson(SPKb),
    PQPKb: prekeyJson(PQPKb),
    OPKb: prekeyJson(OPKb),
    EKa: pairJson(random.EKa),
    coins: random.coins,
    DHs: pairJson(random.DHs),
    agreement: agreementJson(agreement),
    "state of A": firstState,
    steps,
  });
}

function mustRefuse(session: Session, type: MessageType, envelope: Bytes, now: number): void {
  const before = JSON.stringify(stateJson(session.ratchet));
  try {
    openEnvelope(session, type, envelope, () => new ByteSource("none").pair(), now);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (JSON.stringify(stateJson(session.ratchet)) !== before) throw new Error("state changed");
    return;
  }
  throw new Error("nothing was refused");
}

function sentJson(sent: Sent): { [key: string]: Json } {
  return {
    "header key": json(sent.HK),
    "message key": json(sent.MK),
    header: {
      "ratchet key": json(sent.header.ratchetKey),
      PN: sent.header.PN,
      number: sent.header.number,
      bytes: json(sent.headerBytes),
    },
    "associated data of the header": json(sent.headerAssociated),
    "encrypted header": json(sent.sealedHeader),
    "associated data": json(sent.associated),
    ciphertext: json(sent.ciphertext),
    envelope: json(sent.envelope),
  };
}

/** The two calls of KDF_RK in a ratchet step. */
function stepJson(before: Ratchet, DHr: Bytes, newPair: Pair): Json {
  const dh = [DH(before.DHs, DHr), DH(newPair, DHr)];
  const [RK, CKr, NHKr] = KDF_RK(before.RK, dh[0]);
  const [nextRK, CKs, NHKs] = KDF_RK(RK, dh[1]);
  return json({
    DHr,
    "first DH(DHs, DHr)": dh[0],
    "first KDF_RK": { RK, CKr, NHKr },
    "new DHs": pairJson(newPair),
    "second DH(DHs, DHr)": dh[1],
    "second KDF_RK": { RK: nextRK, CKs, NHKs },
  });
}

function stateJson({ DHs, skipped, ...rest }: Ratchet): Json {
  const keys = skipped.map(({ HK, number, MK, at }) => {
    return { "header key": HK, number, "message key": MK, "skipped at": at };
  });
  return json({ ...rest, DHs: pairJson(DHs), skipped: keys });
}

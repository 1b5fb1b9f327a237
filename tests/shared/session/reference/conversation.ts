/** A conversation of the reference with itself, written down as vectors. */
import { type Bytes, equalBytes } from "../../../../shared/bytes.ts";
import { agreementJson, bundleOf, type Cast, castOf } from "./agreement_vectors.ts";
import { ByteSource, Refused } from "./basics.ts";
import { encodeContent, type MessageType, pad } from "./content.ts";
import { sealEnvelope } from "./envelope.ts";
import { readBundle } from "./prekeys.ts";
import { encodeHeader, nextToSend, type Random, type Ratchet, type Step } from "./ratchet.ts";
import { accept, openEnvelope, send, type Sent, type Session, start } from "./session.ts";
import { type Json, json, pairJson, personJson, prekeyJson } from "./vector_json.ts";

export type Side = "A" | "B";

export class Conversation {
  /** In milliseconds since 1970; every step takes a second. */
  now = 1_800_000_000_000;
  readonly steps: Json[] = [];
  readonly #sent: { type: MessageType; padded: Bytes; sent: Sent }[] = [];

  private constructor(
    readonly source: ByteSource,
    readonly cast: Cast,
    readonly sessions: { A: Session; B?: Session },
    private beginning: { [key: string]: Json },
  ) {}

  /** A starts a session with all of B's prekeys. */
  static async start(seed: string): Promise<Conversation> {
    const source = new ByteSource(seed);
    const cast = await castOf(source);
    const { A, B, prekeys: { 1: SPKb, 3: OPKb, 4: PQPKb } } = cast;
    const [EKa, coins, DHs] = [source.pair(), source.bytes(32), source.pair()];
    const bundle = await readBundle(B.identity, bundleOf([SPKb, PQPKb, OPKb]));
    const now = 1_800_000_000_000;
    const { session, agreement } = await start(A, B.identity, bundle, { EKa, coins, DHs, now });
    return new Conversation(source, cast, { A: session }, {
      A: personJson(A),
      B: personJson(B),
      SPKb: prekeyJson(SPKb),
      PQPKb: prekeyJson(PQPKb),
      OPKb: prekeyJson(OPKb),
      time: now,
      EKa: pairJson(EKa),
      coins: json(coins),
      DHs: pairJson(DHs),
      agreement: json(agreementJson(agreement)),
      "state of A": stateJson(session.ratchet),
    });
  }

  session(side: Side): Session {
    const session = this.sessions[side];
    if (session === undefined) throw new Error("B has no session yet");
    return session;
  }

  /**
   * `side` sends the message `number` of the conversation. A brief step shows less.
   * Returns the step.
   */
  sends(side: Side, number: number, type: MessageType = 3, brief = false): Json {
    this.now += 1000;
    const { source, now } = this;
    const file = { blob: source.bytes(16), key: source.bytes(32), name: "a.txt", size: 12 };
    const content = encodeContent({
      id: source.bytes(16),
      at: now,
      ...type === 3 ? { text: "x".repeat(number) } : {},
      ...type === 4 ? { file } : {},
    });
    const padded = pad(content);
    const nonces = { headerNonce: source.bytes(12), nonce: source.bytes(12) };
    const sent = send(this.session(side), type, padded, nonces);
    this.#sent[number] = { type, padded, sent };
    const step = json({
      [`${side} sends`]: number,
      "message type": type,
      ...brief ? {} : { content },
      "padded content": padded,
      "header nonce": nonces.headerNonce,
      nonce: nonces.nonce,
      ...brief ? {} : sentJson(sent),
      envelope: sent.envelope,
      ...brief ? {} : { state: stateJson(this.session(side).ratchet) },
    });
    this.steps.push(step);
    return step;
  }

  /** `side` receives the message `number`. */
  async receives(side: Side, number: number, brief = false): Promise<void> {
    this.now += 1000;
    const { type, padded, sent: { envelope } } = this.#sent[number];
    let accepted: Json | undefined;
    if (side === "B" && this.sessions.B === undefined) {
      const { B, A, prekeys } = this.cast;
      const own = Object.values(prekeys);
      this.sessions.B = (await accept(B, own, A.identity, envelope, this.now)).session;
      accepted = stateJson(this.sessions.B.ratchet);
    }
    const session = this.session(side);
    const random: Random = (size) => this.source.bytes(size);
    const received = openEnvelope(session, type, envelope, random, this.now);
    if (!equalBytes(received.padded, padded)) throw new Error("another content");
    this.steps.push(json({
      [`${side} receives`]: number,
      time: this.now,
      ...brief ? {} : {
        "state of the new session": accepted,
        "header key": { skipped: "of a skipped message", HKr: "HKr", NHKr: "NHKr" }[received.by],
        step: received.step && stepJson(received.step),
        "message key": received.MK,
        state: stateJson(session.ratchet),
      },
    }));
  }

  /** `side` refuses the message `number`, which it had already. */
  repeats(side: Side, number: number): void {
    this.now += 1000;
    const { type, sent: { envelope } } = this.#sent[number];
    this.#mustRefuse(side, type, envelope);
    this.steps.push({ [`${side} refuses`]: number, time: this.now });
  }

  /**
   * `side` refuses the next message that the other would send from `forger`'s state, with its
   * header as `changed` returns it.
   */
  refuses(side: Side, why: string, forger: Session, changed = (header: Bytes) => header): void {
    this.now += 1000;
    const { source } = this;
    const nonces = { headerNonce: source.bytes(12), nonce: source.bytes(12) };
    const padded = pad(encodeContent({ id: source.bytes(16), at: this.now, text: why }));
    const { header, ...keys } = nextToSend(structuredClone(forger.ratchet));
    const way = { sender: forger.own, receiver: forger.other, type: 3 as const };
    const headerBytes = changed(encodeHeader(header));
    const { envelope } = sealEnvelope(way, forger.initial, keys, nonces, headerBytes, padded);
    this.#mustRefuse(side, 3, envelope);
    const step = { [`${side} refuses`]: why, time: this.now, "message type": 3, envelope };
    this.steps.push(json(step));
  }

  #mustRefuse(side: Side, type: MessageType, envelope: Bytes): void {
    const session = this.session(side);
    const before = JSON.stringify(stateJson(session.ratchet));
    const random = new ByteSource("refused");
    try {
      openEnvelope(session, type, envelope, (size) => random.bytes(size), this.now);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (JSON.stringify(stateJson(session.ratchet)) !== before) throw new Error("state changed");
      return;
    }
    throw new Error("nothing was refused");
  }

  json(): { [key: string]: Json } {
    return { ...this.beginning, steps: this.steps };
  }
}

function sentJson(sent: Sent): { [key: string]: Json } {
  const { ratchetKey, PN, number, part } = sent.header;
  return {
    "header key": json(sent.HK),
    "message key": json(sent.MK),
    header: json({ "ratchet key": ratchetKey, PN, number, part, bytes: sent.headerBytes }),
    "associated data of the header": json(sent.headerAssociated),
    "encrypted header": json(sent.sealedHeader),
    "associated data": json(sent.associated),
    ciphertext: json(sent.ciphertext),
  };
}

/** A ratchet step, in its order. */
function stepJson({ receiving, sending, newDHs, ...step }: Step): Json {
  const [RK, CKr, NHKr] = receiving.keys;
  const [nextRK, CKs, NHKs] = sending.keys;
  return json({
    DHr: step.DHr,
    PARTr: step.PARTr,
    "first DH(DHs, DHr)": receiving.dh,
    "first SS": receiving.SS,
    "first KDF_RK": { RK, CKr, NHKr },
    "new DHs": pairJson(newDHs),
    coins: step.coins,
    "new SEED": step.SEED,
    PARTs: step.PARTs,
    "second DH(DHs, DHr)": sending.dh,
    "second SS": sending.SS,
    "second KDF_RK": { RK: nextRK, CKs, NHKs },
  });
}

export function stateJson({ DHs, skipped, ...rest }: Ratchet): Json {
  const keys = skipped.map(({ HK, number, MK, at }) => {
    return { "header key": HK, number, "message key": MK, "skipped at": at };
  });
  return json({ ...rest, DHs: pairJson(DHs), skipped: keys });
}

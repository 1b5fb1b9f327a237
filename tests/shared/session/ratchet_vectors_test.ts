/** The product against the vectors of the ratchet and of envelopes, which the reference made. */
import { type Bytes, fromHex, toHex } from "../../../shared/bytes.ts";
import { nobleMlKem } from "../../../shared/crypto/ml_kem_engine.ts";
import { CryptoError } from "../../../shared/errors.ts";
import type { MessageType } from "../../../shared/protocol/codes.ts";
import { decodeContent, encodeContent } from "../../../shared/session/content.ts";
import { verifyBundle } from "../../../shared/session/prekeys.ts";
import {
  acceptSession,
  offerIn,
  openEnvelope,
  type Route,
  sealEnvelope,
  type Session,
  startSession,
} from "../../../shared/session/session.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";
import {
  assertState,
  partyOf,
  prekeysOf,
  ratchetOf,
  scripted,
  secretsOf,
} from "../../support/session/vector_parties.ts";
import {
  type PersonVector,
  type RatchetFile,
  type RatchetStep,
  readVectors,
  type StateVector,
} from "./reference/vector_files.ts";

const vectors = readVectors();

/** After all that happens in the envelopes, in milliseconds since 1970. */
const LATER = 1_800_100_000_000;

type Side = "A" | "B";

/** Who does what in a step, and with which message; the reason, where one is refused. */
function readStep(step: RatchetStep): { side: Side; does: string; what: number | string } {
  for (const side of ["A", "B"] as const) {
    for (const does of ["sends", "receives", "refuses"] as const) {
      const what = step[`${side} ${does}`];
      if (what !== undefined) return { side, does, what };
    }
  }
  throw new Error("nobody does anything");
}

async function routesOf({ A, B }: { A: PersonVector; B: PersonVector }) {
  const parties = { A: await partyOf(A), B: await partyOf(B) };
  const route = (from: Side, type: MessageType): Route => ({
    from: parties[from].identity,
    to: parties[from === "A" ? "B" : "A"].identity,
    type,
  });
  return { parties, route };
}

/** Fails unless the envelope is refused. What the product may draw on the way is not fixed. */
function assertRefused(session: Session, route: Route, envelope: Bytes, now: number): void {
  const open = () => openEnvelope(session, route, envelope, now, (size) => new Uint8Array(size));
  const { code } = assertThrows(open, CryptoError);
  assert(code === "decrypt-failed" || code === "bad-key", code);
}

/** Each side takes every step of the conversation. Returns how many messages were sent. */
async function follow(file: RatchetFile): Promise<number> {
  const { parties, route } = await routesOf(file);
  const bundle = verifyBundle(parties.B.identity, prekeysOf(file));
  const first = scripted(file.EKa.secret, file.coins, file.DHs.secret);
  const { A, B } = parties;
  const started = await startSession(A, B.identity, bundle, file.time, first.random, nobleMlKem);
  first.done();
  assertState(started, file["state of A"]);
  const sessions: { A: Session; B?: Session } = { A: started };

  const sent: { envelope: Bytes; route: Route; padded: string }[] = [];
  for (const step of file.steps) {
    const { side, does, what } = readStep(step);
    if (does === "sends") {
      const to = route(side, step["message type"]!);
      const padded = fromHex(step["padded content"]!);
      const { random, done } = scripted(step["header nonce"], step.nonce);
      const { session, envelope } = sealEnvelope(sessions[side]!, to, padded, random);
      done();
      assertEquals(toHex(envelope), step.envelope);
      sessions[side] = session;
      sent.push({ envelope, route: to, padded: step["padded content"]! });
      const content = decodeContent(padded, to.type);
      assertEquals(toHex(encodeContent(content)), step["padded content"]);
    } else if (does === "refuses") {
      const other = side === "A" ? "B" : "A";
      const { envelope, route: from } = typeof what === "number"
        ? sent[what]
        : { envelope: fromHex(step.envelope!), route: route(other, step["message type"]!) };
      assertRefused(sessions[side]!, from, envelope, step.time!);
    } else {
      const { envelope, route: from, padded } = sent[Number(what)];
      if (side === "B" && sessions.B === undefined) {
        const offer = offerIn(envelope)!;
        const session = acceptSession(B, A.identity, offer, secretsOf(file), step.time!);
        assertState(session, step["state of the new session"]!);
        sessions.B = session;
      }
      const { "new DHs": newDHs, coins, "new SEED": SEED } = step.step ?? {};
      const { random, done } = scripted(newDHs?.secret, coins, SEED);
      const opened = openEnvelope(sessions[side]!, from, envelope, step.time!, random);
      done();
      assertEquals(toHex(opened.content), padded);
      sessions[side] = opened.session;
    }
    if (step.state !== undefined) assertState(sessions[side]!, step.state);
  }
  return sent.length;
}

Deno.test("vectors: a conversation, every state and every envelope", async () => {
  assertEquals(await follow(vectors.ratchet), 14);
});

Deno.test("vectors: a conversation in which four KEM keys are offered and answered", async () => {
  assert(await follow(vectors.kemRatchet) > 60);
});

Deno.test("vectors: envelopes are opened or refused in the given state", async () => {
  const file = vectors.envelopes;
  const { route } = await routesOf(file);
  const sessionOf = (state: StateVector): Session => {
    return { base: new Uint8Array(32), offer: null, ratchet: ratchetOf(state) };
  };
  const ignored = (size: number) => new Uint8Array(size);
  for (const { name, from, envelope, "message type": type, ...vector } of file.envelopes) {
    const offer = offerIn(fromHex(envelope));
    assertEquals(offer?.signedId, vector.initial?.SPKb, name);
    assertEquals(offer?.kemId, vector.initial?.PQPKb, name);
    assertEquals(offer?.oneTimeId, vector.initial?.OPKb, name);
    assertEquals(offer && toHex(offer.ephemeral), vector.initial?.EKa ?? null, name);
    const state = vector["state of the receiver"];
    if (state === undefined) continue;
    const session = sessionOf(state);
    const opened = openEnvelope(session, route(from, type), fromHex(envelope), LATER, ignored);
    assertEquals(toHex(opened.content), vector["padded content"], name);
  }
  for (const { name, envelope } of file["refused by A"]) {
    const session = sessionOf(file["state of A"]);
    try {
      assertRefused(session, route("B", 3), fromHex(envelope), LATER);
    } catch (error) {
      throw new Error(name, { cause: error });
    }
  }
});

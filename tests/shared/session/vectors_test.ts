/** The product against the published vectors, which the reference made. */
import { type Bytes, fromHex, toHex } from "../../../shared/bytes.ts";
import { type Identity, publicIdentity, verifyIdentity } from "../../../shared/crypto/identity.ts";
import { Reader } from "../../../shared/cursor.ts";
import { nobleMlKem } from "../../../shared/crypto/ml_kem_engine.ts";
import { CryptoError, ProtocolError } from "../../../shared/errors.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import type { Prekey } from "../../../shared/protocol/prekey.ts";
import { decodePrekeys, encodePrekey, encodePrekeys } from "../../support/prekeys.ts";
import { initiate, type Offer, respond } from "../../../shared/session/agreement.ts";
import { decodeContent, encodeContent, paddedSize } from "../../../shared/session/content.ts";
import { publicPrekey, verifyBundle } from "../../../shared/session/prekeys.ts";
import type { AgreedKeys, RatchetState } from "../../../shared/session/ratchet.ts";
import { decodeReset, encodeReset } from "../../../shared/session/reset.ts";
import { safetyNumber } from "../../../shared/session/safety_number.ts";
import {
  acceptSession,
  offerIn,
  openEnvelope,
  type Route,
  sealEnvelope,
  type Session,
  startSession,
} from "../../../shared/session/session.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../support/assert.ts";
import { pad } from "./reference/content.ts";
import {
  type AgreementInputs,
  type PersonVector,
  type PrekeyVector,
  type RatchetStep,
  readVectors,
  type StateVector,
} from "./reference/vector_files.ts";

const vectors = readVectors();

const identityOf = ({ identity }: PersonVector) => verifyIdentity(fromHex(identity));

const partyOf = async (person: PersonVector) => ({
  identity: await identityOf(person),
  agreement: fromHex(person["agreement secret"]),
});

/** Randomness that consists of these values, one after the other, and no others. */
function scripted(...values: string[]): { random: (size: number) => Bytes; done: () => void } {
  const left = values.map(fromHex);
  return {
    random(size) {
      const next = left.shift();
      assertEquals(next?.length, size, "the randomness is drawn in another order");
      return next!;
    },
    done: () => assertEquals(left.length, 0, "not all randomness was used"),
  };
}

const none = scripted().random;
/** When A starts the session of the conversation. */
const START = 1_800_000_000_000;

Deno.test("vectors: identities", async () => {
  const { agreement, ratchet, prekeys } = vectors;
  const persons = [...agreement, ratchet].flatMap(({ A, B }) => [A, B]).concat(prekeys.owner);
  for (const person of persons) {
    const secrets = {
      signing: fromHex(person["signing secret"]),
      agreement: fromHex(person["agreement secret"]),
    };
    assertEquals(toHex(await publicIdentity(secrets)), person.identity);
    assertEquals(toHex((await identityOf(person)).clientId), person["client ID"]);
  }
});

Deno.test("vectors: prekeys and their signatures", async () => {
  const { owner, prekeys, bundles } = vectors.prekeys;
  const signing = fromHex(owner["signing secret"]);
  for (const vector of prekeys) {
    const secret = { id: vector["prekey ID"], kind: vector.kind, secret: fromHex(vector.secret) };
    const prekey = await publicPrekey(secret, signing);
    assertEquals(toHex(prekey.key), vector.key);
    assertEquals(toHex(prekey.signature), vector.signature);
    assertEquals(toHex(encodePrekey(prekey)), vector.prekey);
    assertEquals(decodePrekeys(new Reader(fromHex(vector.prekey))), [prekey]);
  }
  for (const { name, bundle } of bundles) {
    const decoded = decodePrekeys(new Reader(fromHex(bundle)));
    const verified = await verifyBundle(await identityOf(owner), decoded);
    assertEquals(verified.oneTime !== null, !/without|no one-time/.test(name), name);
    assertEquals(toHex(encodePrekeys(decoded)), bundle);
  }
});

Deno.test("vectors: bundles that are refused", async () => {
  const owner = await identityOf(vectors.prekeys.owner);
  const own = await partyOf(vectors.ratchet.A);
  const random = (size: number) => new Uint8Array(size).fill(1);
  for (const { name, bundle } of vectors.prekeys["refused bundles"]) {
    const start = async () =>
      initiate(
        own,
        owner,
        await verifyBundle(owner, decodePrekeys(new Reader(fromHex(bundle)))),
        random,
        nobleMlKem,
      );
    const error = await assertRejects(start, Error);
    assert(error instanceof CryptoError || error instanceof ProtocolError, `${name}: ${error}`);
  }
});

const prekeyOf = (vector: PrekeyVector): Prekey => ({
  kind: vector.kind,
  id: vector["prekey ID"],
  key: fromHex(vector.key),
  signature: fromHex(vector.signature),
});

const prekeysOf = ({ SPKb, PQPKb, OPKb }: AgreementInputs) =>
  [SPKb, PQPKb, ...OPKb === undefined ? [] : [OPKb]].map(prekeyOf);

const secretsOf = ({ SPKb, PQPKb, OPKb }: AgreementInputs) => ({
  signed: fromHex(SPKb.secret),
  kem: { seed: fromHex(PQPKb.secret), publicKey: fromHex(PQPKb.key) },
  oneTime: OPKb === undefined ? null : fromHex(OPKb.secret),
});

Deno.test("vectors: the agreement, both sides", async () => {
  for (const vector of vectors.agreement) {
    const [A, B] = [await partyOf(vector.A), await partyOf(vector.B)];
    const { EKa, coins, CT, SPKb, PQPKb, OPKb } = vector;
    const prekeys = decodePrekeys(new Reader(fromHex(vector.bundle)));
    const bundle = await verifyBundle(B.identity, prekeys);
    const { random, done } = scripted(EKa.secret, coins);
    const { keys, offer } = await initiate(A, B.identity, bundle, random, nobleMlKem);
    done();
    const expected: Offer = {
      signedId: SPKb["prekey ID"],
      kemId: PQPKb["prekey ID"],
      oneTimeId: OPKb?.["prekey ID"] ?? 0,
      ephemeral: fromHex(EKa["public key"]),
      ciphertext: fromHex(CT),
    };
    assertEquals(offer, expected);
    for (const agreed of [keys, respond(B, A.identity, offer, secretsOf(vector))]) {
      assertEquals(hexKeys(agreed), [
        vector["root key"],
        vector["header key of A"],
        vector["next header key of B"],
      ]);
    }
    const offered = { ...offer, ephemeral: new Uint8Array(32) };
    const agree = () => respond(B, A.identity, offered, secretsOf(vector));
    assertEquals(assertThrows(agree, CryptoError).code, "bad-key");
  }
});

const hexKeys = ({ root, headerKey, nextHeaderKey }: AgreedKeys) =>
  [root, headerKey, nextHeaderKey].map(toHex);

/** The state as the vectors write it. DHr is needed in the step alone in which it comes. */
function stateOf({ ratchet }: Session): Omit<StateVector, "DHr"> {
  const { own, sending, receiving }: RatchetState = ratchet;
  return {
    RK: toHex(ratchet.root),
    DHs: { secret: toHex(own.secret), "public key": toHex(own.publicKey) },
    ...sending && { CKs: toHex(sending.key), HKs: toHex(sending.headerKey) },
    ...receiving && { CKr: toHex(receiving.key), HKr: toHex(receiving.headerKey) },
    NHKs: toHex(ratchet.nextSending),
    NHKr: toHex(ratchet.nextReceiving),
    Ns: sending?.number ?? 0,
    Nr: receiving?.number ?? 0,
    PN: ratchet.previous,
    skipped: ratchet.skipped.map((skipped) => ({
      "header key": toHex(skipped.headerKey),
      number: skipped.number,
      "message key": toHex(skipped.key),
      "skipped at": skipped.at,
    })),
  };
}

function assertState(session: Session, { DHr: _, ...expected }: StateVector): void {
  assertEquals(stateOf(session), expected);
}

type Side = "A" | "B";

/** Who does what in a step, and with which message. */
function readStep(step: RatchetStep): { side: Side; does: string; number: number } {
  for (const side of ["A", "B"] as const) {
    for (const does of ["sends", "receives", "refuses"] as const) {
      const number = step[`${side} ${does}`];
      if (number !== undefined) return { side, does, number };
    }
  }
  throw new Error("nobody does anything");
}

Deno.test("vectors: a conversation, every state and every envelope", async () => {
  const vector = vectors.ratchet;
  const parties = { A: await partyOf(vector.A), B: await partyOf(vector.B) };
  const route = (from: Side, type: MessageType): Route => ({
    from: parties[from].identity,
    to: parties[from === "A" ? "B" : "A"].identity,
    type,
  });
  const bundle = await verifyBundle(parties.B.identity, prekeysOf(vector));
  const first = scripted(vector.EKa.secret, vector.coins, vector.DHs.secret);
  const { A, B } = parties;
  const started = await startSession(A, B.identity, bundle, START, first.random, nobleMlKem);
  first.done();
  assertState(started, vector["state of A"]);
  const sessions: { A: Session; B?: Session } = { A: started };

  const sent: { envelope: Bytes; route: Route; padded: string }[] = [];
  for (const step of vector.steps) {
    const { side, does, number } = readStep(step);
    if (does === "sends") {
      const to = route(side, step["message type"]!);
      const padded = fromHex(step["padded content"]!);
      const { random, done } = scripted(step["header nonce"]!, step.nonce!);
      const { session, envelope } = sealEnvelope(sessions[side]!, to, padded, random);
      done();
      assertEquals(toHex(envelope), step.envelope);
      sessions[side] = session;
      sent[number] = { envelope, route: to, padded: step["padded content"]! };
      const content = decodeContent(padded, to.type);
      assertEquals(toHex(encodeContent(content)), step["padded content"]);
    } else {
      const { envelope, route, padded } = sent[number];
      if (side === "B" && sessions.B === undefined) {
        const offer = offerIn(envelope)!;
        sessions.B = acceptSession(B, A.identity, offer, secretsOf(vector), step.time!);
        assertState(sessions.B, step["state of the new session"]!);
      }
      const before = sessions[side]!;
      if (does === "refuses") {
        const open = () => openEnvelope(before, route, envelope, 0, none);
        assertEquals(assertThrows(open, CryptoError).code, "decrypt-failed");
        continue;
      }
      const { random, done } = scripted(...step.step ? [step.step["new DHs"].secret] : []);
      const opened = openEnvelope(before, route, envelope, step.time!, random);
      done();
      assertEquals(toHex(opened.content), padded);
      sessions[side] = opened.session;
    }
    assertState(sessions[side]!, step.state!);
  }
});

Deno.test("vectors: contents", () => {
  for (const { name, "message type": type, value, padded } of vectors.contents.contents) {
    const { id, at, text, file } = value;
    const content = {
      id: fromHex(id),
      at,
      ...text === undefined ? {} : { text },
      ...file === undefined
        ? {}
        : { file: { ...file, blob: fromHex(file.blob), key: fromHex(file.key) } },
    };
    assertEquals(toHex(encodeContent(content)), padded, name);
    assertEquals(decodeContent(fromHex(padded), type), content, name);
  }
});

Deno.test("vectors: contents that are refused", () => {
  for (const { name, "message type": type, content } of vectors.contents.refused) {
    const error = assertThrows(() => decodeContent(pad(fromHex(content)), type), Error);
    assert(error instanceof ProtocolError && error.code === "malformed", `${name}: ${error}`);
  }
});

Deno.test("vectors: padding", () => {
  const { "P(L)": lengths, contents, refused, "padded to another length": others } =
    vectors.padding;
  for (const { L, "P(L)": P } of lengths) assertEquals(paddedSize(L), P, `P(${L})`);
  for (const { padded } of contents) {
    const content = decodeContent(fromHex(padded), MessageType.text);
    assertEquals(toHex(encodeContent(content)), padded);
  }
  for (const { name, padded } of [...refused, ...others]) {
    const error = assertThrows(() => decodeContent(fromHex(padded), MessageType.text), Error);
    assert(error instanceof ProtocolError && error.code === "malformed", `${name}: ${error}`);
  }
});

Deno.test("vectors: resets", async () => {
  const { sender, receiver, resets, refused } = vectors.resets;
  const [from, to]: Identity[] = [await identityOf(sender), await identityOf(receiver)];
  const signing = fromHex(sender["signing secret"]);
  for (const { time, "message IDs": messageIds, reset } of resets) {
    assertEquals(toHex(await encodeReset({ time, messageIds }, from, to, signing)), reset);
    assertEquals(await decodeReset(fromHex(reset), from, to), { time, messageIds });
  }
  for (const { name, reset } of refused) {
    const error = await assertRejects(() => decodeReset(fromHex(reset), from, to), Error);
    assert(error instanceof CryptoError && error.code === "decrypt-failed", `${name}: ${error}`);
  }
});

Deno.test("vectors: safety numbers", async () => {
  for (const { clients, "safety number": number } of vectors.safetyNumbers) {
    const [one, other] = await Promise.all(
      clients.map(({ identity }) => verifyIdentity(fromHex(identity))),
    );
    assertEquals(safetyNumber(one, other), number);
    assertEquals(safetyNumber(other, one), number);
  }
});

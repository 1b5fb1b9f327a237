/** The reference itself: that its parts are right, and that it can talk. */
import { type Bytes, concat, fromHex, toHex } from "../../../shared/bytes.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../support/assert.ts";
import { agreeAsA, agreeAsB } from "./reference/agreement.ts";
import { bundleOf, castOf } from "./reference/agreement_vectors.ts";
import { ByteSource, integer, integerOf, Refused } from "./reference/basics.ts";
import { decodeCbor, encodeCbor, type Value } from "./reference/cbor.ts";
import { paddedLength } from "./reference/content.ts";
import { checkIdentity, personOf } from "./reference/identity.ts";
import { readBundle } from "./reference/prekeys.ts";
import type { Random } from "./reference/ratchet.ts";
import { accept, openEnvelope, send, type Session, start } from "./reference/session.ts";

Deno.test("reference: the identity of the specification's worked example", async () => {
  const [signing, agreement] = [
    "404142434445464748494a4b4c4d4e4f404142434445464748494a4b4c4d4e4f",
    "505152535455565758595a5b5c5d5e5f505152535455565758595a5b5c5d5e5f",
  ];
  const person = await personOf(fromHex(signing), fromHex(agreement));
  assertEquals(toHex(person.id), "9a4535b59daefdc2443a5011e0a1937a");
  await checkIdentity(person.identity);
  for (let at = 0; at < 160; at++) {
    const changed = person.identity.with(at, person.identity[at] ^ 1);
    await assertRejects(() => checkIdentity(changed), Refused);
  }
});

Deno.test("reference: integers are little-endian", () => {
  assertEquals(toHex(integer(0x0102, 4)), "02010000");
  assertEquals(toHex(integer(1_800_000_000_000, 8)), "0050" + "5c18a3010000");
  for (const value of [0, 1, 255, 256, 0xffffffff, 2 ** 53 - 1]) {
    assertEquals(integerOf(integer(value, 8)), value);
  }
});

/** RFC 8949, appendix A. */
const RFC_8949: [Value, string][] = [
  [0, "00"],
  [23, "17"],
  [24, "1818"],
  [1000, "1903e8"],
  [1000000, "1a000f4240"],
  [1000000000000, "1b000000e8d4a51000"],
  [fromHex("01020304"), "4401020304"],
  ["", "60"],
  ["IETF", "6449455446"],
  ["水", "63e6b0b4"],
  [{}, "a0"],
  [{ a: "A", b: "B", c: "C", d: "D", e: "E" }, "a56161614161626142616361436164614461656145"],
];

Deno.test("reference: CBOR as in RFC 8949, appendix A", () => {
  for (const [value, hex] of RFC_8949) {
    assertEquals(toHex(encodeCbor(value)), hex);
    assertEquals(decodeCbor(fromHex(hex)), value);
  }
});

Deno.test("reference: what is padded is at most 12 % longer above 256 bytes", () => {
  for (let L = 1; L < 70_000; L++) {
    const P = paddedLength(L);
    assert(P >= L && (L <= 256 ? P === 256 : P < 1.12 * L), `${L}`);
  }
  // Each with a head of S bits: the lengths of one power of two are few.
  const lengths = Array.from({ length: 65_536 }, (_, i) => paddedLength(65_536 + i));
  assertEquals(new Set(lengths).size, 33);
});

Deno.test("reference: agreement on keys of small order is refused by B, too", async () => {
  const { A, B, prekeys: { 1: SPKb, 4: PQPKb } } = await castOf(new ByteSource("small"));
  const bundle = await readBundle(B.identity, bundleOf([SPKb, PQPKb]));
  const source = new ByteSource("small order");
  const { CT } = await agreeAsA(A, B.identity, bundle, source.pair(), source.bytes(32));
  const zero = new Uint8Array(32);
  const agree = () => agreeAsB(B, A.identity, { SPKb, PQPKb }, zero, CT);
  await assertRejects(agree, Refused);
});

const NOW = 1_800_000_000_000;

const randomOf = (source: ByteSource): Random => (size) => source.bytes(size);

/** A session of two, in which both have received. */
async function connected(source: ByteSource): Promise<{ A: Session; B: Session }> {
  const { A, B, prekeys } = await castOf(source);
  const bundle = await readBundle(B.identity, bundleOf([prekeys[1], prekeys[4], prekeys[3]]));
  const random = { EKa: source.pair(), coins: source.bytes(32), DHs: source.pair(), now: NOW };
  const started = (await start(A, B.identity, bundle, random)).session;
  const first = sendNext(started, source);
  const own = Object.values(prekeys);
  const { session } = await accept(B, own, A.identity, first, NOW);
  openEnvelope(session, 3, first, randomOf(source), NOW);
  const back = sendNext(session, source);
  openEnvelope(started, 3, back, randomOf(source), NOW);
  return { A: started, B: session };
}

function sendNext(session: Session, source: ByteSource, content?: Bytes): Bytes {
  const nonces = { headerNonce: source.bytes(12), nonce: source.bytes(12) };
  return send(session, 3, content ?? source.bytes(20), nonces).envelope;
}

Deno.test("reference: a thousand keys may be skipped at once, and not one more", async () => {
  const source = new ByteSource("skips");
  const { A, B } = await connected(source);
  const envelopes = Array.from({ length: 1003 }, () => sendNext(A, source));
  const before = structuredClone(B);
  const open = (i: number, now = NOW) => openEnvelope(B, 3, envelopes[i], randomOf(source), now);
  assertThrows(() => open(1001), Refused);
  assertEquals(B, before);
  open(1000);
  assertEquals(B.ratchet.skipped.length, 1000);
  for (const i of [999, 0, 500]) open(i);
  for (const i of [999, 1000, 0]) assertThrows(() => open(i), Refused);
  const days = 24 * 3600 * 1000;
  open(7, NOW + 30 * days);
  assertThrows(() => open(8, NOW + 30 * days + 1), Refused);
  open(1002);
});

Deno.test("reference: any changed bit of an envelope is refused and changes nothing", async () => {
  const source = new ByteSource("bits");
  const { A, B } = await connected(source);
  const envelope = sendNext(A, source, new Uint8Array(3));
  const before = structuredClone(B);
  for (let bit = 0; bit < 8 * envelope.length; bit++) {
    const changed = envelope.with(bit >> 3, envelope[bit >> 3] ^ 1 << (bit & 7));
    assertThrows(() => openEnvelope(B, 3, changed, randomOf(source), NOW), Refused);
  }
  for (const other of [envelope.slice(0, -1), concat(envelope, new Uint8Array(1))]) {
    assertThrows(() => openEnvelope(B, 3, other, randomOf(source), NOW), Refused);
  }
  assertThrows(() => openEnvelope(B, 4, envelope, randomOf(source), NOW), Refused);
  assertEquals(B, before);
  openEnvelope(B, 3, envelope, randomOf(source), NOW);
});

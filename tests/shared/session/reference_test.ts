/** The reference itself: that it is what the published vectors say, and that it can talk. */
import { type Bytes, concat, fromHex, toHex } from "../../../shared/bytes.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../support/assert.ts";
import { agreeAsA, agreeAsB } from "./reference/agreement.ts";
import { bundleOf, castOf } from "./reference/agreement_vectors.ts";
import { ByteSource, integer, integerOf, Refused } from "./reference/basics.ts";
import { decodeCbor, encodeCbor, type Value } from "./reference/cbor.ts";
import { decodeContent, encodeContent, paddedLength, unpad } from "./reference/content.ts";
import { checkIdentity, personOf, readReset } from "./reference/identity.ts";
import { makeVectors } from "./reference/make_vectors.ts";
import { readBundle } from "./reference/prekeys.ts";
import { accept, openEnvelope, send, type Session, start } from "./reference/session.ts";
import { readVectors, readVectorText } from "./reference/vector_files.ts";

const vectors = readVectors();

Deno.test("reference: the published vectors are what it makes", async () => {
  for (const [name, text] of await makeVectors()) {
    assert(readVectorText(name) === text, `${name} differs`);
  }
});

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

Deno.test("reference: what the vectors call refused is refused", async () => {
  const { prekeys, contents, padding, resets } = vectors;
  const { A, B } = await castOf(new ByteSource("prekeys"));
  assertEquals(toHex(B.identity), prekeys.owner.identity);
  const source = new ByteSource("refused");
  for (const { name, bundle } of prekeys["refused bundles"]) {
    const agree = async () =>
      await agreeAsA(
        A,
        B.identity,
        await readBundle(B.identity, fromHex(bundle)),
        source.pair(),
        source.bytes(32),
      );
    const error = await assertRejects(agree, Error, "");
    assert(error instanceof Refused, `${name}: ${error}`);
  }
  for (const { name, "message type": type, content } of contents.refused) {
    const error = assertThrows(() => decodeContent(type, fromHex(content)), Error);
    assert(error instanceof Refused, `${name}: ${error}`);
  }
  for (const { padded } of [...padding.refused, ...padding["padded to another length"]]) {
    assertThrows(() => unpad(fromHex(padded)), Refused);
  }
  const [sender, receiver] = [resets.sender.identity, resets.receiver.identity].map(fromHex);
  for (const { reset } of resets.refused) {
    await assertRejects(() => readReset(sender, receiver, fromHex(reset)), Refused);
  }
});

Deno.test("reference: what the vectors hold can be read", async () => {
  for (const { "message type": type, value, content, padded } of vectors.contents.contents) {
    const decoded = decodeContent(type, unpad(fromHex(padded)));
    assertEquals(toHex(encodeContent(decoded)), content);
    assertEquals([toHex(decoded.id), decoded.at], [value.id, value.at]);
    assertEquals([decoded.text, decoded.file?.name], [value.text, value.file?.name]);
  }
  const { sender, receiver, resets } = vectors.resets;
  for (const { time, "message IDs": messageIds, reset } of resets) {
    const [from, to] = [sender.identity, receiver.identity].map(fromHex);
    assertEquals(await readReset(from, to, fromHex(reset)), { time, messageIds });
  }
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

/** A session of two, in which both have received. */
async function connected(source: ByteSource): Promise<{ A: Session; B: Session }> {
  const { A, B, prekeys } = await castOf(source);
  const bundle = await readBundle(B.identity, bundleOf([prekeys[1], prekeys[4], prekeys[3]]));
  const random = { EKa: source.pair(), coins: source.bytes(32), DHs: source.pair() };
  const started = (await start(A, B.identity, bundle, random)).session;
  const first = sendNext(started, source);
  const own = Object.values(prekeys);
  const { session } = await accept(B, own, A.identity, first);
  openEnvelope(session, 3, first, () => source.pair(), NOW);
  const back = sendNext(session, source);
  openEnvelope(started, 3, back, () => source.pair(), NOW);
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
  const open = (i: number, now = NOW) => openEnvelope(B, 3, envelopes[i], () => source.pair(), now);
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
    assertThrows(() => openEnvelope(B, 3, changed, () => source.pair(), NOW), Refused);
  }
  for (const other of [envelope.slice(0, -1), concat(envelope, new Uint8Array(1))]) {
    assertThrows(() => openEnvelope(B, 3, other, () => source.pair(), NOW), Refused);
  }
  assertThrows(() => openEnvelope(B, 4, envelope, () => source.pair(), NOW), Refused);
  assertEquals(B, before);
  openEnvelope(B, 3, envelope, () => source.pair(), NOW);
});

/** Records that somebody changes at random, and what a reader makes of them. */
import fc from "fast-check";
import { concat, toHex } from "../../../shared/bytes.ts";
import { CryptoError, ProtocolError } from "../../../shared/errors.ts";
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { runs } from "../fuzz.ts";
import { readOut, recordReader, records, sample, source } from "./channel_fixture.ts";

/** What an attacker does to records on the wire. Places are fractions of the whole, from 0 to 1. */
type Attack =
  | { kind: "flip" | "cut" | "remove"; at: number; size: number }
  | { kind: "insert"; at: number; bytes: Uint8Array }
  | { kind: "swap" | "repeat" | "drop"; at: number; to: number };

const share = fc.double({ min: 0, max: 1, noNaN: true });
const attack: fc.Arbitrary<Attack> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("flip" as const, "cut" as const, "remove" as const),
    at: share,
    size: fc.integer({ min: 1, max: 40 }),
  }),
  fc.record({
    kind: fc.constant("insert" as const),
    at: share,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  }),
  fc.record({
    kind: fc.constantFrom("swap" as const, "repeat" as const, "drop" as const),
    at: share,
    to: share,
  }),
);

const contents = fc.array(
  fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 1, max: 90 }) },
    { weight: 2, arbitrary: fc.integer({ min: 3_900, max: 5_000 }) },
    { weight: 1, arbitrary: fc.constantFrom(4_095, 4_096, 4_097, 65_518, 65_519) },
  ),
  { maxLength: 6 },
);

function carryOut(attack: Attack, parts: Uint8Array[]): Uint8Array[] {
  const index = (share: number) => Math.min(parts.length - 1, Math.floor(share * parts.length));
  const [at, to] = [index(attack.at), "to" in attack ? index(attack.to) : 0];
  if (attack.kind === "swap") {
    return parts.map((part, i) => i === at ? parts[to] : i === to ? parts[at] : part);
  }
  if (attack.kind === "repeat") return parts.toSpliced(to, 0, parts[at]);
  if (attack.kind === "drop") return parts.toSpliced(at, 1);
  const stream = concat(...parts);
  const place = Math.min(stream.length - 1, Math.floor(attack.at * stream.length));
  switch (attack.kind) {
    case "flip":
      stream[place] ^= 1 << (attack.size & 7);
      return [stream];
    case "cut":
      return [stream.subarray(0, place)];
    case "remove":
      return [stream.subarray(0, place), stream.subarray(place + attack.size)];
    case "insert":
      return [stream.subarray(0, place), attack.bytes, stream.subarray(place)];
  }
}

/** Tries `count` attacks: only whole genuine records come out. */
export async function attackRecords(count: number): Promise<void> {
  const property = fc.asyncProperty(
    contents,
    fc.option(attack),
    fc.integer({ min: 1, max: 5_000 }),
    fc.integer({ min: 1, max: 5_000 }),
    async (sizes, attack, pieceSize, bufferSize) => {
      const plain = [...sizes.map(sample), new Uint8Array(0)];
      const sealed = records(plain);
      const genuine = concat(...sealed);
      const stream = attack === null ? genuine : concat(...carryOut(attack, sealed));

      let same = 0;
      while (same < genuine.length && genuine[same] === stream[same]) same++;
      let [intact, size] = [0, 0];
      while (intact < sealed.length && size + sealed[intact].length <= same) {
        size += sealed[intact++].length;
      }

      const reader = recordReader(source(stream, pieceSize));
      const { content, failure } = await readOut(reader, bufferSize);
      assertEquals(toHex(content), toHex(concat(...plain.slice(0, intact))));
      assertEquals(failure === null, intact === sealed.length);
      if (failure !== null) {
        assert(failure instanceof ProtocolError || failure instanceof CryptoError);
        assert(failure === await assertRejects(() => reader.read(new Uint8Array(1)), Error));
      }
    },
  );
  await fc.assert(property, runs(count));
}

/** Tries `count` streams of any bytes, each of which is refused. */
export async function refuseAnyBytes(count: number): Promise<void> {
  const property = fc.asyncProperty(
    fc.uint8Array({ maxLength: 200 }),
    fc.integer({ min: 1, max: 60 }),
    async (stream, pieceSize) => {
      const { content, failure } = await readOut(recordReader(source(stream, pieceSize)), 100);
      assertEquals(content.length, 0);
      assert(failure instanceof ProtocolError || failure instanceof CryptoError);
    },
  );
  await fc.assert(property, runs(count));
}

/** What must hold for the codec of every kind of frame. */
import fc from "fast-check";
import { type Bytes, toHex } from "../../../shared/bytes.ts";
import { ProtocolError } from "../../../shared/errors.ts";
import { assert, assertEquals } from "../assert.ts";
import { bytes, mutated, runs } from "../fuzz.ts";

/** Registers the tests of one direction of a protocol; `mutations` is how many changed frames. */
export function testCodec<T>(
  name: string,
  decode: (bytes: Uint8Array) => T,
  encode: (value: T) => Bytes,
  value: fc.Arbitrary<T>,
  mutations = 2000,
): void {
  const frame = value.map(encode);

  /**
   * Reports whether `bytes` decode; fails if they then do not come back, or do not fail cleanly.
   */
  function decodes(bytes: Bytes): boolean {
    let decoded: T;
    try {
      decoded = decode(bytes);
    } catch (error) {
      assert(error instanceof ProtocolError, `not a ProtocolError: ${error}`);
      assert(error.code === "malformed" || error.code === "unsupported", error.code);
      return false;
    }
    assertEquals(toHex(encode(decoded)), toHex(bytes));
    return true;
  }

  Deno.test(`${name}: every value survives (property)`, () => {
    const survives = (value: T) => assertEquals(decode(encode(value)), value);
    fc.assert(fc.property(value, survives), runs(500));
  });

  Deno.test(`${name}: any bytes come back or fail cleanly (property)`, () => {
    fc.assert(fc.property(bytes(0, 600), (bytes) => void decodes(bytes)), runs(500));
  });

  Deno.test(`${name}: changed frames come back or fail cleanly (property)`, () => {
    fc.assert(fc.property(mutated(frame), (bytes) => void decodes(bytes)), runs(mutations));
  });

  Deno.test(`${name}: of two frames in one, neither is dropped (property)`, () => {
    const joined = fc.tuple(frame, frame).map((frames) =>
      new Uint8Array(frames.flatMap((f) => [...f]))
    );
    fc.assert(fc.property(joined, (bytes) => assert(!decodes(bytes))), runs(200));
  });

  Deno.test(`${name}: each byte of a frame changed comes back or fails cleanly`, () => {
    const outcomes = { decoded: 0, refused: 0 };
    for (const sample of fc.sample(frame, { seed: 1, numRuns: 12 })) {
      for (let at = 0; at < sample.length; at++) {
        for (const change of [0x01, 0x80, sample[at], sample[at] ^ 0xff]) {
          const changed = sample.slice();
          changed[at] ^= change;
          outcomes[decodes(changed) ? "decoded" : "refused"]++;
        }
      }
    }
    assert(outcomes.decoded > 100 && outcomes.refused > 100, JSON.stringify(outcomes));
  });
}

import { decode, encode, rfc8949EncodeOptions } from "cborg";
import fc from "fast-check";
import { concat, equalBytes, fromHex, toHex, utf8 } from "../../shared/bytes.ts";
import { type CborValue, decodeCbor, decodeOwnCbor, encodeCbor } from "../../shared/cbor.ts";
import { ProtocolError } from "../../shared/errors.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { runs } from "../support/fuzz.ts";

const key = fc.string({ unit: "binary", maxLength: 40 }).filter((name) => name !== "__proto__");
const { value } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.maxSafeInteger(),
    fc.integer({ min: -300, max: 70_000 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((it) => !Object.is(it, -0)),
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie("value"), { maxLength: 30 }),
    fc.dictionary(key, tie("value"), { maxKeys: 30 }),
  ),
}));

/** What the reference makes of `bytes`; undefined if it refuses them. */
function referenceOf(bytes: Uint8Array): unknown {
  try {
    const options = { allowIndefinite: false, allowUndefined: false, allowBigInt: false };
    const value = decode(bytes, { ...options, allowInfinity: false, allowNaN: false });
    return equalBytes(encode(value, rfc8949EncodeOptions), bytes) ? value : undefined;
  } catch {
    return undefined;
  }
}

Deno.test("CBOR: values are encoded as cborg does it, and come back", () => {
  fc.assert(
    fc.property(value, (value) => {
      const encoded = encodeCbor(value);
      assertEquals(toHex(encoded), toHex(encode(value, rfc8949EncodeOptions)));
      assertEquals(encodeCbor(decodeCbor(encoded)), encoded);
      assertEquals(encodeCbor(decodeOwnCbor(encoded)), encoded);
    }),
    runs(500),
  );
});

Deno.test("CBOR: of changed encodings those are taken that cborg takes", () => {
  const change = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) });
  fc.assert(
    fc.property(value, fc.array(change, { maxLength: 3 }), fc.nat(3), (value, changes, cut) => {
      const bytes = encodeCbor(value);
      for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
      const given = bytes.subarray(0, bytes.length - cut);
      const expected = referenceOf(given);
      if (expected === undefined) {
        assertEquals(assertThrows(() => decodeCbor(given), ProtocolError).code, "malformed");
      } else assertEquals(decodeCbor(given), expected);
    }),
    runs(2_000),
  );
});

Deno.test("CBOR: the examples of RFC 8949, appendix A", () => {
  const examples: [CborValue, string][] = [
    [0, "00"],
    [23, "17"],
    [24, "1818"],
    [255, "18ff"],
    [256, "190100"],
    [1_000_000, "1a000f4240"],
    [1_000_000_000_000, "1b000000e8d4a51000"],
    [-1, "20"],
    [-1000, "3903e7"],
    [1.5, "f93e00"],
    [100_000.5, "fa47c35040"],
    [1.1, "fb3ff199999999999a"],
    [5.960464477539063e-8, "f90001"],
    [-4.1, "fbc010666666666666"],
    [false, "f4"],
    [true, "f5"],
    [null, "f6"],
    [fromHex("01020304"), "4401020304"],
    ["", "60"],
    ["\u00fc", "62c3bc"],
    ["\ud800\udd51", "64f0908591"],
    [[1, [2, 3], [4, 5]], "8301820203820405"],
    [{ a: 1, b: [2, 3] }, "a26161016162820203"],
  ];
  for (const [value, hex] of examples) {
    assertEquals(toHex(encodeCbor(value)), hex);
    assertEquals(decodeCbor(fromHex(hex)), value);
  }
});

Deno.test("CBOR: what is no deterministic encoding is refused", () => {
  const refused = {
    "nothing": "",
    "a longer head than needed": "1800",
    "eight bytes for a number that fits into four": "1b0000000000000001",
    "a number above 2^53 - 1": "1b0020000000000000",
    "one below -(2^53 - 1)": "3b001fffffffffffff",
    "a float that is an integer": "f93c00",
    "a longer float than needed": "fa3fc00000",
    "not a number": "f97e00",
    "infinity": "f97c00",
    "undefined": "f7",
    "a simple value": "f0",
    "a tag": "c000",
    "an item without an end": "9f00ff",
    "a reserved head": "1c",
    "a text that is not UTF-8": "61ff",
    "a long one": `7821${"61".repeat(32)}ff`,
    "bytes that are cut off": "4201",
    "more elements than there are": "9bffffffffffffffff00",
    "keys in another order": "a2616200616100",
    "a key twice": "a2616100616101",
    "a key that is no text": "a10000",
    "a key that would be no property": `a169${toHex(utf8("__proto__"))}a0`,
    "something behind it": "0000",
    "values that lie too deep": `${"81".repeat(100_000)}00`,
  };
  for (const [what, hex] of Object.entries(refused)) {
    const { code } = assertThrows(() => decodeCbor(fromHex(hex)), ProtocolError);
    assertEquals(code, "malformed", what);
  }
});

Deno.test("CBOR: texts and bytes of every size around those of heads, and large ones", () => {
  for (const size of [0, 23, 24, 31, 32, 33, 255, 256, 65_535, 65_536, 300_000]) {
    for (const text of ["x".repeat(size), `${"x".repeat(Math.max(0, size - 2))}ü`]) {
      const encoded = encodeCbor([text, utf8(text)]);
      assertEquals(encoded, encode([text, utf8(text)], rfc8949EncodeOptions));
      assertEquals(decodeCbor(encoded), [text, utf8(text)]);
    }
  }
  const bytes = new Uint8Array(8).fill(7);
  const encoded = encodeCbor(bytes);
  const decoded = decodeOwnCbor(concat(encoded)) as Uint8Array;
  encoded.fill(0);
  assert(equalBytes(decoded, bytes), "a copy");
});

Deno.test("CBOR: what is no value of it is refused", () => {
  for (const value of [undefined, NaN, Infinity, 1n, { a: undefined }]) {
    assertThrows(() => encodeCbor(value as unknown as CborValue), TypeError);
  }
  assertEquals(encodeCbor([1]), fromHex("8101"));
});

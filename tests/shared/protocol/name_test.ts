import fc from "fast-check";
import { concat, toHex, utf8 } from "../../../shared/bytes.ts";
import { ProtocolError } from "../../../shared/errors.ts";
import { MAX_NAME_SIZE, NAME_FIELD_SIZE } from "../../../shared/limits.ts";
import { checkNewName, decodeName, encodeName } from "../../../shared/protocol/name.ts";
import { assertEquals, assertThrows } from "../../support/assert.ts";
import { bytes, name, runs } from "../../support/fuzz.ts";

function assertMalformed(fn: () => unknown, message: string): void {
  assertEquals(assertThrows(fn, ProtocolError, message).code, "malformed");
}

/** A field that starts with `bytes` and goes on with zeros. */
function field(bytes: Uint8Array): Uint8Array {
  return concat(bytes, new Uint8Array(NAME_FIELD_SIZE - bytes.length));
}

Deno.test("name: UTF-8, padded with zeros to 255 bytes", () => {
  const encoded = encodeName("naïve 👋");
  assertEquals(encoded.length, 255);
  assertEquals(toHex(encoded), "6e61c3af766520f09f918b" + "00".repeat(244));
  assertEquals(decodeName(encoded), "naïve 👋");
});

Deno.test("name: from 2 characters on, however many bytes they have", () => {
  for (const short of ["", "a", "é", "👋"]) {
    assertMalformed(() => encodeName(short), "at least 2 characters");
    assertMalformed(() => decodeName(field(utf8(short))), "at least 2 characters");
  }
  for (const enough of ["ab", "é1", "👋👋", "e\u0301", " ."]) {
    assertEquals(decodeName(encodeName(enough)), enough);
  }
});

Deno.test("name: up to 254 bytes", () => {
  for (const character of ["a", "é", "€", "👋"]) {
    const fits = Math.floor(MAX_NAME_SIZE / utf8(character).length);
    for (const count of [fits - 1, fits]) {
      const long = character.repeat(count);
      assertEquals(decodeName(encodeName(long)), long);
    }
    assertMalformed(() => encodeName(character.repeat(fits + 1)), "at most 254 bytes");
  }
  const exact = "é".repeat(127);
  assertEquals(utf8(exact).length, MAX_NAME_SIZE);
  assertEquals(encodeName(exact)[MAX_NAME_SIZE], 0);
  assertMalformed(() => encodeName(exact + "a"), "at most 254 bytes");
});

Deno.test("name: half a surrogate pair is refused, not replaced", () => {
  for (const lone of ["ab\ud83d", "\udc4bab", "a\udc4b\ud83db"]) {
    assertMalformed(() => encodeName(lone), "not valid Unicode");
  }
  // The same as bytes that pretend to be UTF-8.
  const surrogate = new Uint8Array([0x61, 0x62, 0xed, 0xa0, 0xbd]);
  assertMalformed(() => decodeName(field(surrogate)), "not UTF-8");
});

Deno.test("name: a zero character is refused", () => {
  for (const holed of ["a\0b", "\0ab", "ab\0"]) {
    assertMalformed(() => encodeName(holed), "zero character");
  }
});

Deno.test("name: a field without a zero is refused", () => {
  assertMalformed(() => decodeName(new Uint8Array(NAME_FIELD_SIZE).fill(0x61)), "not terminated");
});

Deno.test("name: anything but zeros behind the first zero is refused", () => {
  const clean = encodeName("ab");
  for (let at = 3; at < NAME_FIELD_SIZE; at++) {
    const dirty = clean.slice();
    dirty[at] = 1;
    assertMalformed(() => decodeName(dirty), "not padded with zeros");
  }
});

Deno.test("name: bytes that are not UTF-8 are refused", () => {
  for (const bad of [[0x61, 0xff], [0x61, 0xc3], [0xc0, 0x80, 0x61], [0x61, 0x62, 0x80]]) {
    assertMalformed(() => decodeName(field(new Uint8Array(bad))), "not UTF-8");
  }
});

Deno.test("name: a byte order mark is part of it", () => {
  assertEquals(decodeName(encodeName("\ufeffab")), "\ufeffab");
});

Deno.test("name: every name survives (property)", () => {
  fc.assert(
    fc.property(name, (name) => assertEquals(decodeName(encodeName(name)), name)),
    runs(300),
  );
});

Deno.test("name: a field decodes and encodes to itself, or is malformed (property)", () => {
  const printable = fc.array(fc.integer({ min: 0x20, max: 0x7e }), { maxLength: 254 });
  const start = fc.oneof(bytes(0, 12), printable.map((codes) => new Uint8Array(codes)));
  fc.assert(
    fc.property(fc.oneof(bytes(NAME_FIELD_SIZE), start.map(field)), (field) => {
      let name: string;
      try {
        name = decodeName(field);
      } catch (error) {
        assertEquals(error instanceof ProtocolError && error.code, "malformed");
        return;
      }
      assertEquals(toHex(encodeName(name)), toHex(field));
    }),
    runs(500),
  );
});

Deno.test("name: what no new client can be called", () => {
  const unseen = [
    ...[0x00, 0x1f, 0x7f, 0x9f, 0xad, 0x61c, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028],
    ...[0x2029, 0x202a, 0x202e, 0x2060, 0x2066, 0x2069, 0x206a, 0xfeff, 0x34f, 0x115f, 0x3164],
    ...[0xfe0f, 0xe0100, 0xe0061, 0xe000, 0xf0000, 0x378, 0xfffe, 0x2800],
  ];
  for (const code of unseen) {
    const mark = String.fromCodePoint(code);
    for (const name of [`${mark}ab`, `a${mark}b`, `ab${mark}`]) {
      assertMalformed(() => checkNewName(name), code.toString(16).toUpperCase());
    }
  }
  for (const space of ["\u00a0", "\u1680", "\u2000", "\u200a", "\u202f", "\u205f", "\u3000"]) {
    assertMalformed(() => checkNewName(`a${space}b`), "no space but the usual one");
  }
  for (const name of [" ab", "ab ", "a  b"]) {
    assertMalformed(() => checkNewName(name), "begin or end with a space");
  }
  assertMalformed(() => checkNewName("\u0301ab"), "combining mark");
  assertMalformed(() => checkNewName("a\u0308b"), "normal form NFC");
  for (const code of [0x20, 0x7e, 0xa1, 0xe4, 0x301, 0x2010, 0x2027, 0x2030, 0x3042, 0x1f44b]) {
    checkNewName(`a${String.fromCodePoint(code)}x`.normalize("NFC"));
  }
});

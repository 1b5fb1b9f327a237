import {
  concat,
  concatAll,
  equalBytes,
  fromHex,
  fromUtf8,
  toHex,
  utf8,
} from "../../shared/bytes.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";

Deno.test("UTF-8: every kind of character comes back", () => {
  for (const text of ["", "plain", "naïve", "שלום", "👋🏽", "\0", "\u{10ffff}", "e\u0301"]) {
    assertEquals(fromUtf8(utf8(text)), text);
  }
  assertEquals(toHex(utf8("aé€👋")), "61c3a9e282acf09f918b");
});

Deno.test("UTF-8: a byte order mark stays", () => {
  const bytes = fromHex("efbbbf61");
  assertEquals(fromUtf8(bytes), "\ufeffa");
  assertEquals(utf8(fromUtf8(bytes)), bytes);
});

Deno.test("UTF-8: what is none is refused", () => {
  // A lone continuation, a cut character, an overlong zero, a surrogate, and past the last one.
  for (const hex of ["80", "c3", "e282", "c080", "eda080", "f4908080", "ff"]) {
    assertThrows(() => fromUtf8(fromHex(hex)), TypeError);
  }
});

Deno.test("concat: joins in order, into memory of its own", () => {
  const a = new Uint8Array([1, 2]);
  const view = new Uint8Array([9, 3, 4, 9]).subarray(1, 3);
  const joined = concat(a, new Uint8Array(0), view);
  assertEquals(joined, new Uint8Array([1, 2, 3, 4]));
  a[0] = 7;
  assertEquals(joined[0], 1);
  assertEquals(concat(), new Uint8Array(0));
});

Deno.test("concat: one part is copied, too", () => {
  const part = new Uint8Array([1]);
  const joined = concat(part);
  part[0] = 2;
  assertEquals(joined, new Uint8Array([1]));
});

Deno.test("equalBytes: sees every single difference", () => {
  const bytes = new Uint8Array([0, 1, 127, 128, 255]);
  assert(equalBytes(bytes, bytes.slice()));
  assert(equalBytes(new Uint8Array(0), new Uint8Array(0)));
  for (let at = 0; at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const other = bytes.slice();
      other[at] ^= 1 << bit;
      assert(!equalBytes(bytes, other), `byte ${at}, bit ${bit}`);
    }
  }
});

Deno.test("equalBytes: a different length differs", () => {
  const bytes = new Uint8Array([1, 2, 3]);
  assert(!equalBytes(bytes, bytes.subarray(0, 2)));
  assert(!equalBytes(bytes.subarray(0, 2), bytes));
  assert(!equalBytes(new Uint8Array(0), new Uint8Array(1)));
});

Deno.test("hex: all bytes, lower case out, either case in", () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  const hex = toHex(all);
  assertEquals(hex.slice(0, 8), "00010203");
  assertEquals(hex.slice(-4), "feff");
  assertEquals(fromHex(hex), all);
  assertEquals(fromHex(hex.toUpperCase()), all);
  assertEquals(fromHex(""), new Uint8Array(0));
  assertEquals(toHex(new Uint8Array(0)), "");
});

Deno.test("hex: what is none is refused", () => {
  for (const text of ["0", "abc", "0g", "g0", "0x", " 00", "00 ", "-1", "1.", "00\n", "é1"]) {
    assertThrows(() => fromHex(text), TypeError);
  }
});

Deno.test("bytes: any number of parts is joined", () => {
  const parts = Array.from({ length: 300_000 }, (_, i) => new Uint8Array([i & 0xff]));
  const joined = concatAll(parts);
  assertEquals([joined.length, joined[255], joined[299_999]], [300_000, 255, 299_999 & 0xff]);
});

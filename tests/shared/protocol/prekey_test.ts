import fc from "fast-check";
import { concat, toHex } from "../../../shared/bytes.ts";
import { Reader } from "../../../shared/cursor.ts";
import { ProtocolError } from "../../../shared/errors.ts";
import { MAX_PREKEYS_PUBLISHED } from "../../../shared/limits.ts";
import {
  isPrekeyKind,
  MAX_BUNDLE_SIZE,
  type Prekey,
  PrekeyKind,
  prekeySize,
} from "../../../shared/protocol/prekey.ts";
import {
  decodeSecureRequest,
  encodeSecureRequest,
} from "../../../shared/protocol/secure/requests.ts";
import { assertEquals, assertThrows } from "../../support/assert.ts";
import { prekey, runs } from "../../support/fuzz.ts";
import {
  decodePrekeys,
  encodePrekey,
  encodePrekeys,
  prekeyOf,
  prekeysOf,
} from "../../support/prekeys.ts";

const KINDS = Object.values(PrekeyKind);

function assertMalformed(decode: () => unknown): void {
  assertEquals(assertThrows(decode, ProtocolError).code, "malformed");
}

Deno.test("prekey: each byte of each kind is where it must be", () => {
  for (
    const [kind, first, size] of [[1, "01", 101], [2, "02", 1253], [3, "03", 101], [
      4,
      "04",
      1253,
    ]] as const
  ) {
    const prekey = { ...prekeyOf(kind, 1), id: 0x0a0b0c0d };
    const bytes = encodePrekey(prekey);
    assertEquals(toHex(bytes), `${first}0d0c0b0a${toHex(prekey.key)}${toHex(prekey.signature)}`);
    assertEquals([bytes.length, prekeySize(kind)], [size, size]);
    assertEquals(decodePrekeys(new Reader(bytes)), [prekey]);
  }
  assertEquals(MAX_BUNDLE_SIZE, 101 + 1253 + 101);
});

Deno.test("prekey: many of all kinds survive (property)", () => {
  const survive = (prekeys: Prekey[]) =>
    assertEquals(decodePrekeys(new Reader(encodePrekeys(prekeys))), prekeys);
  fc.assert(fc.property(fc.array(prekey, { maxLength: 6 }), survive), runs(200));
});

Deno.test("prekey: kinds and IDs that there are not", () => {
  assertEquals([0, 1, 2, 3, 4, 5, 255].filter(isPrekeyKind), [...KINDS]);
  const bytes = encodePrekey(prekeyOf(PrekeyKind.signed, 1));
  for (const kind of [0, 2, 4, 5, 255]) {
    assertMalformed(() => decodePrekeys(new Reader(bytes.with(0, kind))));
  }
  assertMalformed(() => decodePrekeys(new Reader(bytes.with(1, 0))));
  assertThrows(() => encodePrekey({ ...prekeyOf(PrekeyKind.signed, 1), id: 0 }), RangeError);
});

Deno.test("prekey: a part of one is an error, wherever it ends", () => {
  for (const kind of KINDS) {
    const bytes = encodePrekey(prekeyOf(kind, 7));
    for (let size = 1; size < bytes.length; size++) {
      assertMalformed(() => decodePrekeys(new Reader(bytes.subarray(0, size))));
      assertMalformed(() => decodePrekeys(new Reader(concat(bytes, bytes.subarray(0, size)))));
    }
  }
});

Deno.test("prekey: keys and signatures of another size are not written", () => {
  for (const kind of KINDS) {
    const prekey = prekeyOf(kind, 1);
    for (const size of [0, 31, 33, 1183, 1185]) {
      assertThrows(() => encodePrekey({ ...prekey, key: new Uint8Array(size) }), RangeError);
    }
    for (const size of [0, 63, 65]) {
      assertThrows(() => encodePrekey({ ...prekey, signature: new Uint8Array(size) }), RangeError);
    }
  }
});

Deno.test("prekeys published: as many as there may be, and no more", () => {
  const decode = (replace: number, prekeys: Prekey[]) => () => {
    const payload = concat(new Uint8Array([replace]), encodePrekeys(prekeys));
    const header = { clientId: new Uint8Array(16), version: 3, code: 107, size: payload.length };
    return decodeSecureRequest(header, payload);
  };
  const most = MAX_PREKEYS_PUBLISHED;
  for (const kind of [PrekeyKind.oneTime, PrekeyKind.oneTimeKem]) {
    const prekeys = prekeysOf(kind, 1, most);
    assertEquals(decode(1, prekeys)(), { kind: "publish-prekeys", replace: true, prekeys });
    assertMalformed(decode(1, prekeysOf(kind, 1, most + 1)));
  }
  const one = prekeysOf(PrekeyKind.oneTime, 1, 1);
  assertMalformed(decode(0, []));
  for (const replace of [2, 255]) assertMalformed(decode(replace, one));
  const frame = encodeSecureRequest({ kind: "publish-prekeys", replace: false, prekeys: one });
  assertEquals(frame.length, 22 + 1 + 101);
});

import { fromHex, toHex, utf8 } from "../../../shared/bytes.ts";
import { hkdfSha256, hmacSha256, sha256, sha512 } from "../../../shared/crypto/hash.ts";
import { assertEquals, assertThrows } from "../../support/assert.ts";
import { assertVerdict, describe, wycheproofTest } from "../../support/vectors.ts";

type HmacVector = { key: string; msg: string; tag: string };

wycheproofTest<{ tagSize: number }, HmacVector>(
  "HMAC-SHA-256",
  "hmac_sha256.json",
  () => true,
  (cases) => {
    for (const { group, vector } of cases) {
      const tag = hmacSha256(fromHex(vector.key), fromHex(vector.msg));
      assertVerdict(vector, toHex(tag).slice(0, group.tagSize / 4) === vector.tag);
    }
  },
);

type HkdfVector = { ikm: string; salt: string; info: string; size: number; okm: string };

wycheproofTest<unknown, HkdfVector>(
  "HKDF-SHA-256",
  "hkdf_sha256.json",
  () => true,
  (cases) => {
    for (const { vector } of cases) {
      const [salt, ikm, info] = [vector.salt, vector.ikm, vector.info].map(fromHex);
      const derive = () => hkdfSha256(salt, ikm, info, vector.size);
      if (vector.result === "invalid") assertThrows(derive, RangeError);
      else assertEquals(toHex(derive()), vector.okm, describe(vector));
    }
  },
);

Deno.test("the examples of FIPS 180-4 and RFC 5869", () => {
  const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assertEquals(toHex(sha256(utf8("abc"))), abc);
  assertEquals(toHex(sha256(utf8("a"), new Uint8Array(0), utf8("bc"))), abc);
  assertEquals(
    toHex(sha256()),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
  const okm = hkdfSha256(
    fromHex("000102030405060708090a0b0c"),
    new Uint8Array(22).fill(0x0b),
    fromHex("f0f1f2f3f4f5f6f7f8f9"),
    42,
  );
  const expected =
    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
  assertEquals(toHex(okm), expected);
});

Deno.test("HMAC over parts is HMAC over the whole", () => {
  const key = utf8("key");
  assertEquals(hmacSha256(key, utf8("one"), utf8("two")), hmacSha256(key, utf8("onetwo")));
});

Deno.test("SHA-512: the example of FIPS 180-4, in one part or several", () => {
  const abc = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" +
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
  assertEquals(toHex(sha512(utf8("abc"))), abc);
  assertEquals(toHex(sha512(utf8("a"), new Uint8Array(0), utf8("bc"))), abc);
});

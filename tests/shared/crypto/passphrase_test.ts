import { passphraseBytes, unwrapKey, wrapKey } from "../../../shared/crypto/passphrase.ts";
import { WRAPPED_KEY_SIZE } from "../../../shared/crypto/passphrase.ts";
import { randomBytes } from "../../../shared/crypto/random.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../support/assert.ts";

const PASSPHRASE = "correct horse";
const KEY = new Uint8Array(32).fill(7);
/** Not what these tests are about. */
const CHEAP = { logN: 10, r: 8, p: 1 };
const wrapped = await wrapKey(PASSPHRASE, KEY, randomBytes, CHEAP);

Deno.test("passphrase: trying one costs 128 MiB", async () => {
  const costly = await wrapKey(PASSPHRASE, KEY, randomBytes);
  assertEquals([...costly.subarray(0, 4)], [2, 17, 8, 1]);
  assertEquals(await unwrapKey(PASSPHRASE, costly), KEY);
});

Deno.test("passphrase: the right one, and no other, returns the key", async () => {
  assertEquals(wrapped.length, WRAPPED_KEY_SIZE);
  assertEquals(await unwrapKey(PASSPHRASE, wrapped), KEY);
  for (const wrong of ["Correct horse", ""]) {
    const { code } = await assertRejects(() => unwrapKey(wrong, wrapped), CryptoError);
    assertEquals(code, "decrypt-failed");
  }
});

Deno.test("passphrase: the same key looks different each time", async () => {
  const again = await wrapKey(PASSPHRASE, KEY, randomBytes, CHEAP);
  for (let at = 4; at + 16 <= WRAPPED_KEY_SIZE; at += 16) {
    assert(again.slice(at, at + 16).toHex() !== wrapped.slice(at, at + 16).toHex(), `${at}`);
  }
});

Deno.test("passphrase: changed or too costly parameters are refused before any work", async () => {
  const changes: [number, number][] = [[0, 1], [0, 3], [1, 0], [1, 21], [1, 63], [1, 255], [2, 0], [
    2,
    255,
  ]];
  for (const [at, value] of [...changes, [3, 0], [3, 5], [3, 255]]) {
    const changed = wrapped.slice();
    changed[1] = 17; // as at full cost
    changed[at] = value;
    const { code } = await assertRejects(() => unwrapKey(PASSPHRASE, changed), CryptoError);
    assertEquals(code, "bad-key", `${at}: ${value}`);
  }
  for (const size of [0, WRAPPED_KEY_SIZE - 1]) {
    const short = wrapped.slice(0, size);
    assertEquals((await assertRejects(() => unwrapKey("", short), CryptoError)).code, "bad-key");
  }
  for (const at of [3, 5, 20, WRAPPED_KEY_SIZE - 1]) {
    const changed = wrapped.slice();
    changed[at] ^= 3;
    const { code } = await assertRejects(() => unwrapKey(PASSPHRASE, changed), CryptoError);
    assertEquals(code, "decrypt-failed");
  }
});

Deno.test("passphrase: is the same whatever keyboard it comes from", () => {
  assertEquals(passphraseBytes("A\u030angstro\u0308m"), passphraseBytes("\u212bngstr\u00f6m"));
});

Deno.test("passphrase: too short and too long ones are told of, and not quoted", () => {
  const eight = "\u{1f511}".repeat(8);
  assertEquals(passphraseBytes(eight).length, 32);
  assertEquals(passphraseBytes("x".repeat(1024)).length, 1024);
  const wrong = {
    "secret7": "at least 8",
    ["é".repeat(513)]: "at most 1024",
    "\ud800abcdefgh": "",
  };
  for (const [passphrase, message] of Object.entries(wrong)) {
    const error = assertThrows(() => passphraseBytes(passphrase), TypeError, message);
    assert(!error.message.includes(passphrase));
  }
});

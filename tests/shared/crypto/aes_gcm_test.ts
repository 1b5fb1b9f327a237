import { type Bytes, fromHex, toHex } from "../../../shared/bytes.ts";
import { AesGcmKey } from "../../../shared/crypto/aes_gcm.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../support/assert.ts";
import { assertVerdict, describe, wycheproofTest } from "../../support/vectors.ts";

interface Vector {
  key: string;
  iv: string;
  aad: string;
  msg: string;
  ct: string;
  tag: string;
}

const GCM = "aes_gcm.json";

wycheproofTest<unknown, Vector>("AES-256-GCM, both engines", GCM, () => true, async (cases) => {
  for (const { vector } of cases) {
    const key = new AesGcmKey(fromHex(vector.key));
    const [nonce, aad, msg] = [vector.iv, vector.aad, vector.msg].map(fromHex);
    const sealed = fromHex(vector.ct + vector.tag);
    const results = [
      await attempt(() => key.openSync(nonce, aad, sealed)),
      await attempt(() => key.open(nonce, aad, sealed)),
    ];
    for (const plaintext of results) {
      assertVerdict(vector, plaintext !== null);
      if (plaintext === null) continue;
      assertEquals(toHex(plaintext), vector.msg, describe(vector));
      assertEquals(key.sealSync(nonce, aad, msg), sealed, describe(vector));
      assertEquals(await key.seal(nonce, aad, msg), sealed, describe(vector));
    }
  }
});

/** What `open` returns, or null if it fails as it should. */
async function attempt(open: () => Bytes | Promise<Bytes>): Promise<Bytes | null> {
  try {
    return await open();
  } catch (error) {
    assert(error instanceof CryptoError && error.code === "decrypt-failed", `${error}`);
    return null;
  }
}

const key = new AesGcmKey(new Uint8Array(32).fill(7));
const nonce = new Uint8Array(12).fill(9);
const aad = new Uint8Array(20).fill(5);

Deno.test("both engines produce the same bytes at every size", async () => {
  for (const size of [0, 1, 15, 16, 17, 4095, 4096, 4097, 65_518, 65_519]) {
    const plaintext = new Uint8Array(size).map((_, i) => i * 7);
    for (const associated of [new Uint8Array(0), aad]) {
      const sealed = key.sealSync(nonce, associated, plaintext);
      assertEquals(toHex(await key.seal(nonce, associated, plaintext)), toHex(sealed));
      assertEquals(toHex(key.openSync(nonce, associated, sealed)), toHex(plaintext));
      assertEquals(toHex(await key.open(nonce, associated, sealed)), toHex(plaintext));
    }
  }
});

Deno.test("a changed bit, a lost byte and a missing tag are refused by both engines", async () => {
  const sealed = key.sealSync(nonce, aad, new Uint8Array(40));
  const refuse = async (nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array) => {
    const sync = assertThrows(() => key.openSync(nonce, aad, sealed), CryptoError);
    const web = await assertRejects(() => key.open(nonce, aad, sealed), CryptoError);
    assertEquals([sync.code, web.code], ["decrypt-failed", "decrypt-failed"]);
  };
  for (let bit = 0; bit < sealed.length * 8; bit++) await refuse(nonce, aad, flip(sealed, bit));
  for (let size = 0; size < sealed.length; size++) await refuse(nonce, aad, sealed.slice(0, size));
  await refuse(flip(nonce, 95), aad, sealed);
  await refuse(nonce, flip(aad, 0), sealed);
  await refuse(nonce, new Uint8Array(0), sealed);
});

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = bytes.slice();
  changed[bit >> 3] ^= 1 << (bit & 7);
  return changed;
}

Deno.test("what is given to Web Crypto may change as soon as the call has returned", async () => {
  const fresh = new AesGcmKey(new Uint8Array(32).fill(7));
  for (let round = 0; round < 3; round++) { // the first round imports the key
    const [n, a, p] = [nonce.slice(), aad.slice(), new Uint8Array(10_000).fill(3)];
    const sealing = fresh.seal(n, a, p);
    for (const array of [n, a, p]) array.fill(0);
    const sealed = await sealing;
    assertEquals(toHex(sealed), toHex(key.sealSync(nonce, aad, new Uint8Array(10_000).fill(3))));
    const opener = round === 0 ? new AesGcmKey(new Uint8Array(32).fill(7)) : fresh;
    const opening = opener.open(nonce, aad, sealed);
    sealed.fill(0);
    assertEquals(await opening, new Uint8Array(10_000).fill(3));
  }
});

Deno.test("keys and nonces of another size are refused, wiped keys too", async () => {
  for (const size of [0, 16, 24, 31, 33]) {
    const error = assertThrows(() => new AesGcmKey(new Uint8Array(size)), CryptoError);
    assertEquals(error.code, "bad-key");
  }
  for (const size of [0, 11, 13, 16]) {
    const bad = new Uint8Array(size);
    assertThrows(() => key.sealSync(bad, aad, aad), RangeError);
    await assertRejects(() => key.seal(bad, aad, aad), RangeError);
  }
  const wiped = new AesGcmKey(new Uint8Array(32));
  const pending = wiped.seal(nonce, aad, aad);
  wiped.wipe();
  await pending;
  assertThrows(() => wiped.sealSync(nonce, aad, aad), TypeError);
  assertThrows(() => wiped.openSync(nonce, aad, aad), TypeError);
  await assertRejects(() => wiped.seal(nonce, aad, aad), TypeError);
  await assertRejects(() => wiped.open(nonce, aad, aad), TypeError);
});

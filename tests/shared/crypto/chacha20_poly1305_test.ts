import { chacha20poly1305, xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { type Bytes, concat, fromHex, toHex } from "../../../shared/bytes.ts";
import {
  ChaChaKey,
  LONG_NONCE_SIZE,
  NONCE_SIZE,
  TAG_SIZE,
  XChaChaKey,
} from "../../../shared/crypto/chacha20_poly1305.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { assertVerdict, describe, wycheproofTest } from "../../support/vectors.ts";

interface Vector {
  key: string;
  iv: string;
  aad: string;
  msg: string;
  ct: string;
  tag: string;
}

const CIPHERS = [
  {
    name: "ChaCha20-Poly1305",
    vectors: "chacha20_poly1305.json",
    Key: ChaChaKey,
    nonceSize: NONCE_SIZE,
    noble: chacha20poly1305,
  },
  {
    name: "XChaCha20-Poly1305",
    vectors: "xchacha20_poly1305.json",
    Key: XChaChaKey,
    nonceSize: LONG_NONCE_SIZE,
    noble: xchacha20poly1305,
  },
];

for (const { name, vectors, Key, nonceSize, noble } of CIPHERS) {
  const secret = sampleBytes(32, 1);
  const key = new Key(secret);
  const nonce = sampleBytes(nonceSize, 2);
  const associated = sampleBytes(20, 3);

  // The first vector is that of RFC 8439 §2.8.2, or of the draft for XChaCha20-Poly1305, §A.3.1.
  wycheproofTest<unknown, Vector>(name, vectors, () => true, (cases) => {
    for (const { vector } of cases) {
      const key = new Key(fromHex(vector.key));
      const [nonce, associated, msg] = [vector.iv, vector.aad, vector.msg].map(fromHex);
      const sealed = fromHex(vector.ct + vector.tag);
      if (nonce.length !== nonceSize) {
        assertThrows(() => key.seal(nonce, associated, msg), RangeError);
        assertThrows(() => key.open(nonce, associated, sealed), RangeError);
        assertVerdict(vector, false);
        continue;
      }
      const plaintext = attempt(() => key.open(nonce, associated, sealed));
      assertVerdict(vector, plaintext !== null);
      if (plaintext === null) continue;
      assertEquals(toHex(plaintext), vector.msg, describe(vector));
      assertEquals(key.seal(nonce, associated, msg), sealed, describe(vector));
    }
  });

  Deno.test(`${name}: the same bytes as those of @noble/ciphers, at every size`, () => {
    const blocks = [63, 64, 65, 127, 128, 129, 4_095, 4_096, 4_097, 65_519, 1_048_576];
    for (const [i, size] of [0, 1, 15, 16, 17, ...blocks].entries()) {
      for (const associatedSize of [0, 1, 16, 19, 300]) {
        const nonce = sampleBytes(nonceSize, 10 + i);
        const associated = sampleBytes(associatedSize, 20 + i);
        const plaintext = sampleBytes(size, 30 + i);
        const other = noble(secret, nonce, associated);
        const sealed = key.seal(nonce, associated, plaintext);
        assertSame(sealed, other.encrypt(plaintext));
        assertSame(key.open(nonce, associated, sealed), plaintext);
        assertSame(other.decrypt(sealed), plaintext);
      }
    }
  });

  Deno.test(`${name}: a changed bit, a lost byte and a missing tag are refused`, () => {
    const sealed = key.seal(nonce, associated, new Uint8Array(40));
    const refuse = (nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array) => {
      const error = assertThrows(() => key.open(nonce, associated, sealed), CryptoError);
      assertEquals(error.code, "decrypt-failed");
    };
    for (let bit = 0; bit < 8 * sealed.length; bit++) refuse(nonce, associated, flip(sealed, bit));
    for (let bit = 0; bit < 8 * nonceSize; bit++) refuse(flip(nonce, bit), associated, sealed);
    for (let size = 0; size < sealed.length; size++) {
      refuse(nonce, associated, sealed.slice(0, size));
    }
    refuse(nonce, associated, concat(sealed, new Uint8Array(1)));
    refuse(nonce, flip(associated, 0), sealed);
    refuse(nonce, new Uint8Array(0), sealed);
    const other = new Key(flip(secret, 255));
    assertThrows(() => other.open(nonce, associated, sealed), CryptoError);
  });

  Deno.test(`${name}: keys and nonces of another size are refused`, () => {
    for (const size of [0, 16, 24, 31, 33, 64]) {
      const error = assertThrows(() => new Key(new Uint8Array(size)), CryptoError);
      assertEquals(error.code, "bad-key");
    }
    for (const size of [0, 8, 11, 12, 13, 23, 24, 25]) {
      if (size === nonceSize) continue;
      const bad = new Uint8Array(size);
      assertThrows(() => key.seal(bad, associated, associated), RangeError);
      assertThrows(() => key.open(bad, associated, new Uint8Array(TAG_SIZE)), RangeError);
    }
  });

  Deno.test(`${name}: a key is a copy, and after wiping it does nothing any more`, () => {
    const given = secret.slice();
    const copy = new Key(given);
    given.fill(0);
    const sealed = key.seal(nonce, associated, associated);
    assertEquals(copy.seal(nonce, associated, associated), sealed);
    copy.wipe();
    copy.wipe();
    assertThrows(() => copy.seal(nonce, associated, associated), TypeError);
    assertThrows(() => copy.open(nonce, associated, sealed), TypeError);
  });

  Deno.test(`${name}: what is given stays as it is, wherever it lies in memory`, () => {
    for (const offset of [1, 2, 3, 5]) {
      const at = (bytes: Uint8Array) =>
        concat(sampleBytes(offset, 7), bytes, sampleBytes(9, 8))
          .subarray(offset, offset + bytes.length);
      const parts = [secret, nonce, associated, sampleBytes(100)];
      const [key, n, a, plaintext] = parts.map(at);
      const sealed = new Key(key).seal(n, a, plaintext);
      assertEquals(toHex(new Key(key).open(n, a, at(sealed))), toHex(plaintext));
      assertEquals([key, n, a, plaintext].map(toHex), parts.map(toHex));
    }
  });

  Deno.test(`${name}: results own their memory, and no two share any`, () => {
    const results: Bytes[] = [];
    for (const size of [0, 1, 10, 100, 2_000, 4_095, 4_096, 5_000]) {
      const sealed = key.seal(nonce, associated, sampleBytes(size));
      results.push(sealed, key.open(nonce, associated, sealed));
    }
    for (const { length, byteOffset, buffer } of results) {
      assertEquals([byteOffset, buffer.byteLength], [0, length]);
    }
    assertEquals(new Set(results.map(({ buffer }) => buffer)).size, results.length);
  });
}

Deno.test("ChaCha20-Poly1305: sealing into memory of the caller writes no further", () => {
  const [nonce, associated] = [sampleBytes(NONCE_SIZE, 2), sampleBytes(20, 3)];
  for (const size of [0, 1, 300, 4_096, 4_097, 65_519]) {
    const key = new ChaChaKey(sampleBytes(32, 1));
    const plaintext = sampleBytes(size, 4);
    const sealed = key.seal(nonce, associated, plaintext);
    const into = new Uint8Array(size + TAG_SIZE + 3).fill(0xee);
    assertEquals(key.sealInto(nonce, associated, plaintext, into.subarray(1)), sealed.length);
    assertSame(into, concat(fromHex("ee"), sealed, fromHex("eeee")));
    const short = new Uint8Array(size + TAG_SIZE - 1);
    assertThrows(() => key.sealInto(nonce, associated, plaintext, short), RangeError);
    assertSame(short, new Uint8Array(short.length));
    key.wipe();
    assertThrows(() => key.sealInto(nonce, associated, plaintext, into), TypeError);
  }
});

Deno.test("ChaCha20-Poly1305: seals and opens in place, and wipes what does not open", () => {
  const [nonce, associated] = [sampleBytes(NONCE_SIZE, 2), sampleBytes(20, 3)];
  const key = new ChaChaKey(sampleBytes(32, 1));
  for (const size of [0, 1, 4_096, 65_535, 65_536, 65_537, 200_000]) {
    const plaintext = sampleBytes(size, 4);
    const bytes = concat(plaintext, new Uint8Array(TAG_SIZE));
    const place = bytes.subarray(0, size);
    assertEquals(key.sealInto(nonce, associated, place, bytes), size + TAG_SIZE);
    assertSame(bytes, key.seal(nonce, associated, plaintext));
    const into = new Uint8Array(size + 2).fill(0xee);
    assertEquals(key.openInto(nonce, associated, bytes, into.subarray(1)), size);
    assertSame(into, concat(fromHex("ee"), plaintext, fromHex("ee")));
    const damaged = bytes.with(size, bytes[size] ^ 1);
    assertThrows(() => key.openInto(nonce, associated, damaged, damaged), CryptoError);
    assertSame(damaged.subarray(0, size), new Uint8Array(size));
    if (size > 0) {
      const short = new Uint8Array(size - 1);
      assertThrows(() => key.openInto(nonce, associated, bytes, short), RangeError);
    }
    assertEquals(key.openInto(nonce, associated, bytes, bytes), size);
    assertSame(place, plaintext);
  }
  const cut = new Uint8Array(TAG_SIZE - 1);
  assertThrows(() => key.openInto(nonce, associated, cut, cut), CryptoError);
  key.wipe();
  const tag = new Uint8Array(TAG_SIZE);
  assertThrows(() => key.openInto(nonce, associated, tag, tag), TypeError);
});

/** Returns what `open` does, or null if it fails as it should. */
function attempt(open: () => Bytes): Bytes | null {
  try {
    return open();
  } catch (error) {
    assert(error instanceof CryptoError && error.code === "decrypt-failed", `${error}`);
    return null;
  }
}

function flip(bytes: Uint8Array, bit: number): Bytes {
  const changed = new Uint8Array(bytes);
  changed[bit >> 3] ^= 1 << (bit & 7);
  return changed;
}

/** Like `assertEquals`, for much. */
function assertSame(a: Uint8Array, b: Uint8Array): void {
  assertEquals(a.length, b.length);
  assert(a.every((byte, i) => byte === b[i]), `${a.length} bytes differ`);
}

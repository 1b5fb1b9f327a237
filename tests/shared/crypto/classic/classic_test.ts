import { type Bytes, concat, equalBytes, fromHex, toHex, utf8 } from "../../../../shared/bytes.ts";
import { cbcSize, encryptCbc } from "../../../../shared/crypto/classic/aes_cbc.ts";
import {
  decryptText,
  encryptText,
  generateClassicKeyPair,
  generateSymmetricKey,
  SYMMETRIC_KEY_SIZE,
  trimDer,
  unwrapSymmetricKey,
  WRAPPED_KEY_SIZE,
  wrapSymmetricKey,
} from "../../../../shared/crypto/classic/classic.ts";
import { CryptoError, type CryptoErrorCode } from "../../../../shared/errors.ts";
import { PUBLIC_KEY_SIZE } from "../../../../shared/limits.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../../support/assert.ts";

const KEY = fromHex("000102030405060708090a0b0c0d0e0f");
const alice = await generateClassicKeyPair();
const bob = await generateClassicKeyPair();

async function assertRefused(fn: () => Promise<unknown>, code: CryptoErrorCode): Promise<void> {
  assertEquals((await assertRejects(fn, CryptoError)).code, code);
}

/** The SubjectPublicKeyInfo of a new RSA-OAEP key of `bits`. */
async function publicKeyOf(bits: number, exponent: number[]): Promise<Bytes> {
  const parameters = { name: "RSA-OAEP", hash: "SHA-1", modulusLength: bits };
  const publicExponent = new Uint8Array(exponent);
  const usages: KeyUsage[] = ["encrypt", "decrypt"];
  const pair = await crypto.subtle.generateKey({ ...parameters, publicExponent }, true, usages);
  return new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
}

Deno.test("key pair: 160 bytes of SubjectPublicKeyInfo with the exponent 3", () => {
  for (const { publicKey, privateKey } of [alice, bob]) {
    assertEquals(publicKey.length, PUBLIC_KEY_SIZE);
    // SEQUENCE, rsaEncryption, BIT STRING, SEQUENCE, then the modulus with its leading zero.
    const start = "30819d300d06092a864886f70d010101050003818b0030818702818100";
    assertEquals(toHex(publicKey.slice(0, start.length / 2)), start);
    assertEquals(toHex(publicKey.slice(-3)), "020103");
    assert(privateKey.length > 600 && privateKey.length < 1000, `${privateKey.length} bytes`);
    assertEquals(trimDer(privateKey), privateKey);
  }
  assert(!equalBytes(alice.publicKey, bob.publicKey));
});

Deno.test("symmetric key: comes to the owner of the public key, and to no one else", async () => {
  const wrapped = await wrapSymmetricKey(alice.publicKey, KEY);
  assertEquals(wrapped.length, WRAPPED_KEY_SIZE);
  assertEquals(await unwrapSymmetricKey(alice.privateKey, wrapped), KEY);
  await assertRefused(() => unwrapSymmetricKey(bob.privateKey, wrapped), "decrypt-failed");
});

Deno.test("symmetric key: wrapped twice it looks different", async () => {
  const once = await wrapSymmetricKey(alice.publicKey, KEY);
  assert(!equalBytes(once, await wrapSymmetricKey(alice.publicKey, KEY)));
});

Deno.test("symmetric key: changed or cut on its way it fails", async () => {
  const wrapped = await wrapSymmetricKey(alice.publicKey, KEY);
  for (let at = 0; at < wrapped.length; at += 9) {
    const changed = wrapped.slice();
    changed[at] ^= 1 << at % 8;
    await assertRefused(() => unwrapSymmetricKey(alice.privateKey, changed), "decrypt-failed");
  }
  for (const size of [0, 1, 16, 127]) {
    const cut = wrapped.slice(0, size);
    await assertRefused(() => unwrapSymmetricKey(alice.privateKey, cut), "decrypt-failed");
  }
  const longer = concat(wrapped, new Uint8Array(1));
  await assertRefused(() => unwrapSymmetricKey(alice.privateKey, longer), "decrypt-failed");
});

Deno.test("symmetric key: new ones are 16 bytes and differ", () => {
  const keys = new Set(Array.from({ length: 100 }, () => toHex(generateSymmetricKey())));
  assertEquals(keys.size, 100);
  for (const key of keys) assertEquals(key.length, 2 * SYMMETRIC_KEY_SIZE);
});

Deno.test("public key: what is none of RSA-1024 is refused", async () => {
  const other = await crypto.subtle.generateKey("X25519", true, ["deriveBits"]);
  assert("publicKey" in other);
  const x25519 = new Uint8Array(await crypto.subtle.exportKey("spki", other.publicKey));
  const refused = [
    new Uint8Array(0),
    new Uint8Array(PUBLIC_KEY_SIZE),
    alice.publicKey.slice(0, -1),
    alice.privateKey,
    x25519,
    await publicKeyOf(2048, [3]),
  ];
  for (const publicKey of refused) {
    await assertRefused(() => wrapSymmetricKey(publicKey, KEY), "bad-key");
  }
});

Deno.test("public key: RSA-1024 with the usual exponent has 162 bytes and works", async () => {
  const publicKey = await publicKeyOf(1024, [1, 0, 1]);
  assertEquals(publicKey.length, 162);
  assertEquals((await wrapSymmetricKey(publicKey, KEY)).length, WRAPPED_KEY_SIZE);
});

Deno.test("private key: what is none is refused", async () => {
  const wrapped = await wrapSymmetricKey(alice.publicKey, KEY);
  for (const key of [new Uint8Array(0), alice.publicKey, alice.privateKey.slice(0, -1)]) {
    await assertRefused(() => unwrapSymmetricKey(key, wrapped), "bad-key");
  }
});

Deno.test("trimDer: takes padding of any size away", () => {
  for (const size of [0, 1, 1000 - alice.privateKey.length]) {
    assertEquals(trimDer(concat(alice.privateKey, new Uint8Array(size))), alice.privateKey);
  }
});

Deno.test("trimDer: a start that is no long SEQUENCE, or more than is there, is refused", () => {
  const refused = ["", "30", "3082", "308200", "30820001", "3082ffff00", "30810100", "31820000"];
  for (const hex of refused) {
    assertEquals(assertThrows(() => trimDer(fromHex(hex)), CryptoError).code, "bad-key", hex);
  }
  const cut = alice.privateKey.slice(0, -1);
  assertEquals(assertThrows(() => trimDer(cut), CryptoError).code, "bad-key");
});

Deno.test("text: comes back, whatever its length and characters", async () => {
  const texts = ["", "a", "x".repeat(14), "x".repeat(15), "x".repeat(16), "x".repeat(5000)];
  for (const text of [...texts, "naïve שלום 👋", "\ufeffmark", "line\r\nline\n"]) {
    const ciphertext = await encryptText(KEY, text);
    assertEquals(ciphertext.length, cbcSize(utf8(text).length + 1));
    assertEquals(await decryptText(KEY, ciphertext), text);
  }
});

Deno.test("text: one zero byte ends its plaintext", async () => {
  assertEquals(await encryptText(KEY, "hi"), await encryptCbc(KEY, fromHex("686900")));
});

Deno.test("text: a plaintext that is no text fails", async () => {
  // Empty; no zero; two; one in the middle; not UTF-8; cut UTF-8.
  for (const hex of ["", "6869", "68690000", "680069", "680069" + "00", "ff00", "c300"]) {
    const ciphertext = await encryptCbc(KEY, fromHex(hex));
    await assertRefused(() => decryptText(KEY, ciphertext), "decrypt-failed");
  }
});

Deno.test("text: none of 1,000 wrong keys yields a text", async () => {
  // Some pass the padding: the zero at the end and the UTF-8 must catch them.
  const ciphertext = await encryptText(KEY, "hello bob, this is alice");
  for (let i = 1; i <= 1000; i++) {
    const wrong = KEY.slice();
    new DataView(wrong.buffer).setUint32(0, i);
    if (equalBytes(wrong, KEY)) continue;
    await assertRefused(() => decryptText(wrong, ciphertext), "decrypt-failed");
  }
});

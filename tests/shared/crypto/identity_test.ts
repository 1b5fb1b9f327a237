import { concat, toHex, utf8 } from "../../../shared/bytes.ts";
import { ed25519PublicKey, sign, verify } from "../../../shared/crypto/ed25519.ts";
import { sha256 } from "../../../shared/crypto/hash.ts";
import {
  claimsToBeSecure,
  generateIdentity,
  publicIdentity,
  secureClientId,
  signLogin,
  verifyIdentity,
  verifyLogin,
} from "../../../shared/crypto/identity.ts";
import { X25519KeyPair } from "../../../shared/crypto/x25519.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";

const HASH = sampleBytes(32);

function assertNoIdentity(publicKey: Uint8Array<ArrayBuffer>, what: string): void {
  const error = assertThrows(() => verifyIdentity(publicKey), CryptoError);
  assertEquals(error.code, "bad-key", what);
}

Deno.test("identity: 160 bytes, each where it must be", async () => {
  const secrets = generateIdentity();
  const publicKey = await publicIdentity(secrets);
  assertEquals(publicKey.length, 160);
  assertEquals(toHex(publicKey.slice(0, 4)), "4d533301");
  const signing = publicKey.slice(4, 36);
  const agreement = publicKey.slice(36, 68);
  assertEquals(signing, await ed25519PublicKey(secrets.signing));
  assertEquals(agreement, new X25519KeyPair(secrets.agreement).publicKey);
  const signed = concat(utf8("messaging-system/3 identity"), signing, agreement);
  assert(verify(signing, publicKey.slice(68, 132), signed));
  assertEquals(publicKey.slice(132), new Uint8Array(28));
  const clientId = sha256(utf8("messaging-system/3 client id"), publicKey).slice(0, 16);
  assertEquals(verifyIdentity(publicKey), { publicKey, clientId, signing, agreement });
  assertEquals(secureClientId(publicKey), clientId);
  assertEquals(await publicIdentity(secrets), publicKey);
});

Deno.test("identity: every changed bit is refused, and changes the ID", async () => {
  const publicKey = await publicIdentity(generateIdentity());
  const ids = new Set([toHex(secureClientId(publicKey))]);
  for (let bit = 0; bit < 8 * publicKey.length; bit++) {
    const changed = publicKey.with(bit >> 3, publicKey[bit >> 3] ^ 1 << (bit & 7));
    assertNoIdentity(changed, `bit ${bit}`);
    ids.add(toHex(secureClientId(changed)));
  }
  assertEquals(ids.size, 1 + 8 * 160);
});

Deno.test("identity: other sizes are refused", async () => {
  const publicKey = await publicIdentity(generateIdentity());
  for (const size of [0, 3, 4, 131, 132, 159]) assertNoIdentity(publicKey.slice(0, size), "");
  assertNoIdentity(concat(publicKey, new Uint8Array(1)), "longer");
});

Deno.test("identity: the parts of two make none", async () => {
  const [one, two] = [
    await publicIdentity(generateIdentity()),
    await publicIdentity(generateIdentity()),
  ];
  for (const [from, to] of [[4, 36], [36, 68], [68, 132], [4, 68], [36, 132]]) {
    const mixed = one.slice();
    mixed.set(two.subarray(from, to), from);
    assertNoIdentity(mixed, `${from} to ${to}`);
  }
});

Deno.test("identity: a signature for something else makes none", async () => {
  const { signing, agreement } = generateIdentity();
  const publicKey = await publicIdentity({ signing, agreement });
  const keys = publicKey.slice(4, 68);
  for (const label of ["", "messaging-system/3 login", "messaging-system/4 identity"]) {
    const forged = publicKey.slice();
    forged.set(await sign(signing, concat(utf8(label), keys)), 68);
    assertNoIdentity(forged, label);
  }
});

Deno.test("identity: what it was made from may change afterwards", async () => {
  const publicKey = await publicIdentity(generateIdentity());
  const copy = publicKey.slice();
  const identity = verifyIdentity(publicKey);
  publicKey.fill(0);
  assertEquals([identity.publicKey, identity.signing], [copy, copy.slice(4, 36)]);
});

Deno.test("identity: what claims to be secure, and what does not", async () => {
  const publicKey = await publicIdentity(generateIdentity());
  assert(claimsToBeSecure(publicKey));
  for (let version = 0; version <= 0xff; version++) {
    assert(claimsToBeSecure(publicKey.with(3, version)));
  }
  for (const at of [0, 1, 2]) assert(!claimsToBeSecure(publicKey.with(at, publicKey[at] ^ 1)));
  for (const size of [0, 1, 2]) assert(!claimsToBeSecure(publicKey.slice(0, size)));
  assert(!claimsToBeSecure(new Uint8Array(160).fill(0x30)));
});

Deno.test("identity: a login is its owner's, for one channel", async () => {
  const [alice, bob] = [generateIdentity(), generateIdentity()];
  const identity = verifyIdentity(await publicIdentity(alice));
  const signature = await signLogin(alice, HASH);
  assert(verifyLogin(identity, HASH, signature));
  for (let bit = 0; bit < 256; bit++) {
    const other = HASH.with(bit >> 3, HASH[bit >> 3] ^ 1 << (bit & 7));
    assert(!verifyLogin(identity, other, signature), `bit ${bit}`);
  }
  assert(!verifyLogin(identity, HASH, await signLogin(bob, HASH)));
  assert(!verifyLogin(verifyIdentity(await publicIdentity(bob)), HASH, signature));
  for (const label of ["", "messaging-system/3 identity", "messaging-system/3 logi"]) {
    const other = await sign(alice.signing, concat(utf8(label), HASH));
    assert(!verifyLogin(identity, HASH, other), label);
  }
  assert(verify(identity.signing, signature, concat(utf8("messaging-system/3 login"), HASH)));
});

Deno.test("identity: each is different", async () => {
  const keys = await Promise.all(
    Array.from({ length: 20 }, async () => toHex(await publicIdentity(generateIdentity()))),
  );
  assertEquals(new Set(keys).size, 20);
});

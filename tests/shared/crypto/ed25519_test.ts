import { ED25519_TORSION_SUBGROUP } from "@noble/curves/ed25519.js";
import { fromHex, toHex, utf8 } from "../../../shared/bytes.ts";
import {
  ed25519PublicKey,
  generateEd25519Secret,
  sign,
  verify,
} from "../../../shared/crypto/ed25519.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { assertVerdict, describe, wycheproofTest } from "../../support/vectors.ts";

/** RFC 8032 §7.1, tests 1 to 3: secret key, public key, message, signature. */
const RFC_8032 = [
  [
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974" +
    "d873e065224901555fb8821590a33bacc61e39701cf9b46b" +
    "d25bf5f0595bbe24655141438e7a100b",
  ],
  [
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8f" +
    "b3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c" +
    "387b2eaeb4302aeeb00d291612bb0c00",
  ],
  [
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a44" +
    "5e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659" +
    "4a7c15e9716ed28dc027beceea1ec40a",
  ],
];

Deno.test("Ed25519: the vectors of RFC 8032", async () => {
  for (const [secret, publicKey, message, signature] of RFC_8032) {
    const key = fromHex(secret);
    assertEquals(toHex(await ed25519PublicKey(key)), publicKey);
    assertEquals(toHex(await sign(key, fromHex(message))), signature);
    assert(verify(fromHex(publicKey), fromHex(signature), fromHex(message)));
    assertEquals(toHex(key), secret);
  }
});

Deno.test("Ed25519: every changed bit of message, key and signature is refused", async () => {
  const secret = generateEd25519Secret();
  const publicKey = await ed25519PublicKey(secret);
  const message = utf8("message");
  const signature = await sign(secret, message);
  assert(verify(publicKey, signature, message));
  for (const [i, part] of [publicKey, signature, message].entries()) {
    for (let bit = 0; bit < 8 * part.length; bit++) {
      const parts = [publicKey, signature, message];
      parts[i] = part.with(bit >> 3, part[bit >> 3] ^ 1 << (bit & 7));
      assert(!verify(parts[0], parts[1], parts[2]), `part ${i}, bit ${bit}`);
    }
  }
});

Deno.test("Ed25519: sizes that are none are refused", async () => {
  const secret = generateEd25519Secret();
  const [publicKey, message] = [await ed25519PublicKey(secret), utf8("message")];
  const signature = await sign(secret, message);
  for (const size of [0, 31, 33, 63]) {
    assert(!verify(new Uint8Array(size), signature, message));
    assert(!verify(publicKey, new Uint8Array(size), message));
  }
  for (const size of [0, 31, 33, 64]) {
    const key = new Uint8Array(size);
    for (const operation of [() => sign(key, message), () => ed25519PublicKey(key)]) {
      assertEquals((await assertRejects(operation, CryptoError)).code, "bad-key");
    }
  }
});

Deno.test("Ed25519: secrets differ", () => {
  const secrets = Array.from({ length: 100 }, () => toHex(generateEd25519Secret()));
  assertEquals(new Set(secrets).size, 100);
});

Deno.test("Ed25519: the keys of small order of @noble/curves are refused, too", () => {
  const forged = new Uint8Array(64);
  forged[0] = 1;
  assertEquals(ED25519_TORSION_SUBGROUP.length, 8);
  for (const key of ED25519_TORSION_SUBGROUP) {
    for (let i = 0; i < 64; i++) {
      assert(!verify(fromHex(key), forged, new Uint8Array([i])), key);
    }
  }
});

// For such a key anyone can sign anything without a secret (RFC 8032 §5.1.7 lets a verifier accept
// it).
Deno.test("Ed25519: keys of small order are refused", () => {
  const orders = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080", // and not canonical
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  ];
  const forged = new Uint8Array(64);
  forged[0] = 1; // R is the neutral point, S is zero
  for (const key of orders) {
    for (let i = 0; i < 64; i++) {
      assert(!verify(fromHex(key), forged, new Uint8Array([i])), key);
    }
  }
});

interface Group {
  pk: string;
}

interface Vector {
  msg: string;
  sig: string;
}

wycheproofTest<Group, Vector>("Ed25519", "ed25519.json", () => true, (cases) => {
  for (const { group, vector } of cases) {
    const accepted = verify(
      fromHex(group.pk),
      fromHex(vector.sig),
      fromHex(vector.msg),
    );
    assertVerdict(vector, accepted);
    assertEquals(accepted, vector.result === "valid", describe(vector));
  }
});

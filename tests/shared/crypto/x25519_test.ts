import { fromHex, toHex } from "../../../shared/bytes.ts";
import { generateX25519Secret, X25519KeyPair } from "../../../shared/crypto/x25519.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";
import { describe, wycheproofTest } from "../../support/vectors.ts";

type Vector = { public: string; private: string; shared: string };

wycheproofTest<unknown, Vector>("X25519", "x25519.json", () => true, (cases) => {
  let refused = 0;
  for (const { vector } of cases) {
    const pair = new X25519KeyPair(fromHex(vector.private));
    const publicKey = fromHex(vector.public);
    if (/^0*$/.test(vector.shared)) {
      const error = assertThrows(() => pair.agree(publicKey), CryptoError);
      assertEquals(error.code, "bad-key");
      refused++;
    } else {
      assertEquals(toHex(pair.agree(publicKey)), vector.shared, describe(vector));
    }
  }
  assert(refused > 10);
});

Deno.test("the example of RFC 7748 §6.1", () => {
  const alice = new X25519KeyPair(
    fromHex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
  );
  const bob = new X25519KeyPair(
    fromHex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"),
  );
  const shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
  assertEquals(toHex(alice.agree(bob.publicKey)), shared);
  assertEquals(toHex(bob.agree(alice.publicKey)), shared);
});

Deno.test("a generated pair agrees with another, and with its stored secret", () => {
  const [a, b] = [X25519KeyPair.generate(), X25519KeyPair.generate()];
  assertEquals(a.agree(b.publicKey), b.agree(a.publicKey));
  const secret = generateX25519Secret();
  const [first, second] = [new X25519KeyPair(secret), new X25519KeyPair(secret)];
  secret.fill(0);
  assertEquals(first.publicKey, second.publicKey);
  assertEquals(first.agree(a.publicKey), a.agree(second.publicKey));
  assert(toHex(X25519KeyPair.generate().publicKey) !== toHex(a.publicKey));
});

Deno.test("keys of another size are refused", () => {
  const pair = X25519KeyPair.generate();
  for (const size of [0, 31, 33, 64]) {
    const key = new Uint8Array(size).fill(9);
    assertEquals(assertThrows(() => new X25519KeyPair(key), CryptoError).code, "bad-key");
    assertEquals(assertThrows(() => pair.agree(key), CryptoError).code, "bad-key");
  }
});

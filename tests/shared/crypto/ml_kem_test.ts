import { type Bytes, fromHex, toHex } from "../../../shared/bytes.ts";
import { sha256 } from "../../../shared/crypto/hash.ts";
import {
  ML_KEM_CIPHERTEXT_SIZE,
  ML_KEM_COINS_SIZE,
  ML_KEM_KEY_SIZE,
  ML_KEM_SEED_SIZE,
  mlKemDecapsulate,
  mlKemEncapsulate,
  mlKemPublicKey,
} from "../../../shared/crypto/ml_kem.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";
import { assertVerdict, describe, wycheproofTest } from "../../support/vectors.ts";

/** The vectors have the SHA-256 of the public key that belongs to the seed. */
type DecapsulationVector = { seed: string; ekSha256: string; c: string; K: string };

wycheproofTest<unknown, DecapsulationVector>(
  "ML-KEM-768, decapsulation",
  "mlkem_768.json",
  () => true,
  (cases) => {
    for (const { vector } of cases) {
      const [seed, ciphertext] = [vector.seed, vector.c].map(fromHex);
      const secret = attempt(() => mlKemDecapsulate(seed, ciphertext));
      assertVerdict(vector, secret !== null);
      if (secret === null) continue;
      assertEquals(toHex(secret), vector.K, describe(vector));
      assertEquals(toHex(sha256(mlKemPublicKey(seed))), vector.ekSha256, describe(vector));
    }
  },
);

/** The vectors have the SHA-256 of the ciphertext. */
type EncapsulationVector = { ek: string; m: string; cSha256: string; K: string };

wycheproofTest<unknown, EncapsulationVector>(
  "ML-KEM-768, encapsulation",
  "mlkem_768_encaps.json",
  () => true,
  (cases) => {
    for (const { vector } of cases) {
      const result = attempt(() => mlKemEncapsulate(fromHex(vector.ek), fromHex(vector.m)));
      assertVerdict(vector, result !== null);
      if (result === null) continue;
      assertEquals(toHex(sha256(result.ciphertext)), vector.cSha256, describe(vector));
      assertEquals(toHex(result.secret), vector.K, describe(vector));
    }
  },
);

/** What `operation` returns, or null if it refuses its input as it should. */
function attempt<T>(operation: () => T): T | null {
  try {
    return operation();
  } catch (error) {
    assert(error instanceof CryptoError && error.code === "bad-key", `${error}`);
    return null;
  }
}

const seed = counting(ML_KEM_SEED_SIZE);
const coins = counting(ML_KEM_COINS_SIZE);

Deno.test("ML-KEM-768: what is encapsulated comes out, and no input is changed", () => {
  const publicKey = mlKemPublicKey(seed);
  assertEquals(publicKey.length, ML_KEM_KEY_SIZE);
  const { ciphertext, secret } = mlKemEncapsulate(publicKey, coins);
  assertEquals([ciphertext.length, secret.length], [ML_KEM_CIPHERTEXT_SIZE, 32]);
  assertEquals(toHex(mlKemDecapsulate(seed, ciphertext)), toHex(secret));
  assertEquals(seed, counting(ML_KEM_SEED_SIZE));
  assertEquals(coins, counting(ML_KEM_COINS_SIZE));
  assertEquals(publicKey, mlKemPublicKey(seed));
});

Deno.test("ML-KEM-768: a changed or foreign ciphertext yields another secret", () => {
  const { ciphertext, secret } = mlKemEncapsulate(mlKemPublicKey(seed), coins);
  const other = counting(ML_KEM_SEED_SIZE).reverse();
  const secrets = [secret, mlKemDecapsulate(other, ciphertext)];
  for (const at of [0, 500, ciphertext.length - 1]) {
    secrets.push(mlKemDecapsulate(seed, ciphertext.with(at, ciphertext[at] ^ 1)));
  }
  assertEquals(new Set(secrets.map(toHex)).size, secrets.length);
});

Deno.test("ML-KEM-768: inputs of another size are refused", () => {
  const publicKey = mlKemPublicKey(seed);
  const { ciphertext } = mlKemEncapsulate(publicKey, coins);
  for (const change of [-1, 1]) {
    const wrong = (bytes: Bytes) => counting(bytes.length + change);
    for (
      const operation of [
        () => mlKemPublicKey(wrong(seed)),
        () => mlKemEncapsulate(wrong(publicKey), coins),
        () => mlKemEncapsulate(publicKey, wrong(coins)),
        () => mlKemDecapsulate(wrong(seed), ciphertext),
        () => mlKemDecapsulate(seed, wrong(ciphertext)),
      ]
    ) assertEquals(assertThrows(operation, CryptoError).code, "bad-key");
  }
});

function counting(size: number): Bytes {
  return new Uint8Array(size).map((_, i) => i);
}

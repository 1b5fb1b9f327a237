/** The published vectors are tried in `ml_kem_engine_test.ts`. */
import { type Bytes, toHex } from "../../../shared/bytes.ts";
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
import { assertEquals, assertThrows } from "../../support/assert.ts";

const seed = counting(ML_KEM_SEED_SIZE);
const coins = counting(ML_KEM_COINS_SIZE);

Deno.test("ML-KEM-768: what is encapsulated comes out, and no input is changed", () => {
  const publicKey = mlKemPublicKey(seed);
  assertEquals(publicKey.length, ML_KEM_KEY_SIZE);
  const { ciphertext, secret } = mlKemEncapsulate(publicKey, coins);
  assertEquals([ciphertext.length, secret.length], [ML_KEM_CIPHERTEXT_SIZE, 32]);
  assertEquals(toHex(mlKemDecapsulate(seed, ciphertext).secret), toHex(secret));
  assertEquals(seed, counting(ML_KEM_SEED_SIZE));
  assertEquals(coins, counting(ML_KEM_COINS_SIZE));
  assertEquals(publicKey, mlKemPublicKey(seed));
});

Deno.test("ML-KEM-768: a changed or foreign ciphertext yields another secret", () => {
  const { ciphertext, secret } = mlKemEncapsulate(mlKemPublicKey(seed), coins);
  const other = counting(ML_KEM_SEED_SIZE).reverse();
  const secrets = [secret, mlKemDecapsulate(other, ciphertext).secret];
  for (const at of [0, 500, ciphertext.length - 1]) {
    secrets.push(mlKemDecapsulate(seed, ciphertext.with(at, ciphertext[at] ^ 1)).secret);
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

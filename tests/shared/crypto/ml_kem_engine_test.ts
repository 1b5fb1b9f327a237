/** Both engines against the published vectors and against each other. */
import { fromHex, toHex } from "../../../shared/bytes.ts";
import { sha256 } from "../../../shared/crypto/hash.ts";
import {
  ML_KEM_CIPHERTEXT_SIZE,
  ML_KEM_KEY_SIZE,
  ML_KEM_SEED_SIZE,
} from "../../../shared/crypto/ml_kem.ts";
import {
  fastestMlKem,
  type MlKemEngine,
  nobleMlKem,
  webMlKem,
} from "../../../shared/crypto/ml_kem_engine.ts";
import { randomBytes } from "../../../shared/crypto/random.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { assertVerdict, describe, wycheproofTest } from "../../support/vectors.ts";

/** The engines that work here. Runtimes without ML-KEM in Web Crypto have one. */
const engines: [name: string, engine: MlKemEngine][] = [["noble", nobleMlKem]];
if (await fastestMlKem() === webMlKem) engines.push(["Web Crypto", webMlKem]);

Deno.test("ML-KEM engines: Web Crypto is used where it knows ML-KEM-768", async () => {
  const imported = crypto.subtle.importKey(
    "raw-seed" as "raw",
    new Uint8Array(ML_KEM_SEED_SIZE),
    "ML-KEM-768",
    false,
    ["decapsulateBits" as KeyUsage],
  );
  const known = await imported.then(() => true, () => false);
  assertEquals(engines.length, known ? 2 : 1);
});

/** The vectors have the SHA-256 of the public key that belongs to the seed. */
type DecapsulationVector = { seed: string; ekSha256: string; c: string; K: string };
/** The vectors have the SHA-256 of the ciphertext. */
type EncapsulationVector = { ek: string; m: string; cSha256: string; K: string };

for (const [name, engine] of engines) {
  wycheproofTest<unknown, DecapsulationVector>(
    `ML-KEM by ${name}, decapsulation`,
    "mlkem_768.json",
    () => true,
    async (cases) => {
      for (const { vector } of cases) {
        const [seed, ciphertext] = [vector.seed, vector.c].map(fromHex);
        const secret = await attempt(() => engine.decapsulate(seed, ciphertext));
        assertVerdict(vector, secret !== null);
        if (secret === null) continue;
        assertEquals(toHex(secret), vector.K, describe(vector));
        const key = await engine.publicKey(seed);
        assertEquals(toHex(sha256(key)), vector.ekSha256, describe(vector));
      }
    },
  );

  wycheproofTest<unknown, EncapsulationVector>(
    `ML-KEM by ${name}, encapsulation`,
    "mlkem_768_encaps.json",
    () => true,
    async (cases) => {
      for (const { vector } of cases) {
        const random = () => fromHex(vector.m);
        const result = await attempt(() => engine.encapsulate(fromHex(vector.ek), random));
        assertVerdict(vector, result !== null);
        // Web Crypto draws the 32 bytes of `m` itself.
        if (result === null || engine === webMlKem) continue;
        assertEquals(toHex(sha256(result.ciphertext)), vector.cSha256, describe(vector));
        assertEquals(toHex(result.secret), vector.K, describe(vector));
      }
    },
  );

  Deno.test(`ML-KEM by ${name}: a coefficient of 3329 or more is refused`, async () => {
    const key = await engine.publicKey(randomBytes(ML_KEM_SEED_SIZE));
    // Coefficients have 12 bits each, two in 3 bytes, and 768 of them precede 32 other bytes.
    const first = key.with(0, 0x01).with(1, key[1] & 0xf0 | 0x0d);
    const last = key.with(1150, key[1150] & 0x0f | 0x10).with(1151, 0xd0);
    for (const bad of [first, last]) {
      const error = await assertRejects(() => engine.encapsulate(bad, randomBytes), CryptoError);
      assertEquals(error.code, "bad-key");
    }
    // One less is a coefficient.
    await engine.encapsulate(first.with(0, 0), randomBytes);
  });

  Deno.test(`ML-KEM by ${name}: inputs of another size are refused`, async () => {
    const random = randomBytes;
    for (const change of [-1, 1]) {
      const wrong = (size: number) => new Uint8Array(size + change);
      for (
        const operation of [
          () => engine.publicKey(wrong(ML_KEM_SEED_SIZE)),
          () => engine.encapsulate(wrong(ML_KEM_KEY_SIZE), random),
          () => engine.decapsulate(wrong(ML_KEM_SEED_SIZE), new Uint8Array(ML_KEM_CIPHERTEXT_SIZE)),
          () => engine.decapsulate(new Uint8Array(ML_KEM_SEED_SIZE), wrong(ML_KEM_CIPHERTEXT_SIZE)),
        ]
      ) assertEquals((await assertRejects(operation, CryptoError)).code, "bad-key");
    }
  });
}

Deno.test("ML-KEM engines: each opens what the other one made, and what nobody made", async () => {
  for (const [, one] of engines) {
    for (const [, other] of engines) {
      for (let round = 0; round < 20; round++) {
        const seed = randomBytes(ML_KEM_SEED_SIZE);
        const key = await one.publicKey(seed);
        assertEquals(key, await other.publicKey(seed));
        const { ciphertext, secret } = await other.encapsulate(key, randomBytes);
        assertEquals(await one.decapsulate(seed, ciphertext), secret);
        assertEquals(await other.decapsulate(seed, ciphertext), secret);
        // Implicit rejection (FIPS 203 §6.3): both make up the same secret.
        const changed = ciphertext.with(round, ciphertext[round] ^ 1);
        const rejected = await one.decapsulate(seed, changed);
        assertEquals(await other.decapsulate(seed, changed), rejected);
        assert(toHex(rejected) !== toHex(secret));
      }
    }
  }
});

/** What `operation` returns, or null if it refuses its input as it should. */
async function attempt<T>(operation: () => Promise<T>): Promise<T | null> {
  try {
    return await operation();
  } catch (error) {
    assert(error instanceof CryptoError && error.code === "bad-key", `${error}`);
    return null;
  }
}

/**
 * ML-KEM-768 (FIPS 203) for whoever can wait: by Web Crypto where the runtime has it, which takes a
 * tenth of the time, and else as in `ml_kem.ts`. Both produce the same bytes, and have the seed of
 * 64 bytes as their secret key.
 */
import { type Bytes, equalBytes } from "../bytes.ts";
import { CryptoError } from "../errors.ts";
import {
  checkKemSize,
  ML_KEM_CIPHERTEXT_SIZE,
  ML_KEM_COINS_SIZE,
  ML_KEM_KEY_SIZE,
  ML_KEM_SEED_SIZE,
  mlKemDecapsulate,
  mlKemEncapsulate,
  mlKemPublicKey,
} from "./ml_kem.ts";
import type { Random } from "./random.ts";

/** Reports the same errors as the functions of `ml_kem.ts`. */
export interface MlKemEngine {
  /** See {@link mlKemPublicKey}. */
  publicKey(seed: Bytes): Promise<Bytes>;
  /** See {@link mlKemEncapsulate}. Web Crypto does not use `random`, but its own. */
  encapsulate(
    publicKey: Bytes,
    random: Random,
  ): Promise<{ ciphertext: Bytes; secret: Bytes }>;
  /** Returns the secret of {@link mlKemDecapsulate}. */
  decapsulate(seed: Bytes, ciphertext: Bytes): Promise<Bytes>;
}

/** What some runtimes lack: "Modern Algorithms in the Web Cryptography API" (W3C draft). */
interface KemCrypto {
  importKey(
    format: "raw-seed" | "raw-public",
    key: Bytes,
    algorithm: string,
    extractable: boolean,
    usages: string[],
  ): Promise<CryptoKey>;
  exportKey(format: "raw-public", key: CryptoKey): Promise<ArrayBuffer>;
  getPublicKey(key: CryptoKey, usages: string[]): Promise<CryptoKey>;
  encapsulateBits(
    algorithm: string,
    key: CryptoKey,
  ): Promise<{ ciphertext: ArrayBuffer; sharedKey: ArrayBuffer }>;
  decapsulateBits(algorithm: string, key: CryptoKey, ciphertext: Bytes): Promise<ArrayBuffer>;
}

const ALGORITHM = "ML-KEM-768";
const ENCAPSULATE = ["encapsulateBits"];
const DECAPSULATE = ["decapsulateBits"];
const subtle = crypto.subtle as unknown as KemCrypto;

/** By Web Crypto. */
export const webMlKem: MlKemEngine = {
  async publicKey(seed) {
    checkKemSize(seed, ML_KEM_SEED_SIZE);
    const secretKey = await subtle.importKey("raw-seed", seed, ALGORITHM, false, DECAPSULATE);
    const publicKey = await subtle.getPublicKey(secretKey, ENCAPSULATE);
    return new Uint8Array(await subtle.exportKey("raw-public", publicKey));
  },

  async encapsulate(publicKey) {
    checkKemSize(publicKey, ML_KEM_KEY_SIZE);
    try {
      const key = await subtle.importKey("raw-public", publicKey, ALGORITHM, false, ENCAPSULATE);
      const { ciphertext, sharedKey } = await subtle.encapsulateBits(ALGORITHM, key);
      return { ciphertext: new Uint8Array(ciphertext), secret: new Uint8Array(sharedKey) };
    } catch (error) {
      throw new CryptoError("bad-key", "the ML-KEM key cannot be used", { cause: error });
    }
  },

  async decapsulate(seed, ciphertext) {
    checkKemSize(seed, ML_KEM_SEED_SIZE);
    checkKemSize(ciphertext, ML_KEM_CIPHERTEXT_SIZE);
    const key = await subtle.importKey("raw-seed", seed, ALGORITHM, false, DECAPSULATE);
    return new Uint8Array(await subtle.decapsulateBits(ALGORITHM, key, ciphertext));
  },
};

/** By @noble/post-quantum. */
export const nobleMlKem: MlKemEngine = {
  // deno-lint-ignore require-await -- what is thrown must become a rejection
  async publicKey(seed) {
    return mlKemPublicKey(seed);
  },

  // deno-lint-ignore require-await
  async encapsulate(publicKey, random) {
    const coins = random(ML_KEM_COINS_SIZE);
    try {
      return mlKemEncapsulate(publicKey, coins);
    } finally {
      coins.fill(0);
    }
  },

  // deno-lint-ignore require-await
  async decapsulate(seed, ciphertext) {
    return mlKemDecapsulate(seed, ciphertext).secret;
  },
};

let fastest: Promise<MlKemEngine> | null = null;

/** Returns the fastest engine that works here. */
export function fastestMlKem(): Promise<MlKemEngine> {
  return fastest ??= works(webMlKem).then((does) => does ? webMlKem : nobleMlKem);
}

/** Reports whether `engine` agrees with `ml_kem.ts`, and refuses what it has to. */
async function works(engine: MlKemEngine): Promise<boolean> {
  const seed = new Uint8Array(ML_KEM_SEED_SIZE).fill(1);
  const key = mlKemPublicKey(seed);
  const own = mlKemEncapsulate(key, seed.subarray(0, ML_KEM_COINS_SIZE));
  const noRandom = () => new Uint8Array(ML_KEM_COINS_SIZE);
  try {
    if (!equalBytes(await engine.publicKey(seed), key)) return false;
    const { ciphertext, secret } = await engine.encapsulate(key, noRandom);
    if (!equalBytes(mlKemDecapsulate(seed, ciphertext).secret, secret)) return false;
    if (!equalBytes(await engine.decapsulate(seed, own.ciphertext), own.secret)) return false;
  } catch {
    return false;
  }
  const invalid = new Uint8Array(ML_KEM_KEY_SIZE).fill(0xff);
  return await engine.encapsulate(invalid, noRandom).then(() => false, () => true);
}

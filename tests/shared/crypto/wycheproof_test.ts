import { type Bytes, concat, fromHex, toHex } from "../../../shared/bytes.ts";
import {
  BLOCK_SIZE,
  cbcDecryptStream,
  cbcEncryptStream,
  decryptCbc,
  encryptCbc,
} from "../../../shared/crypto/classic/aes_cbc.ts";
import { unwrapSymmetricKey, wrapSymmetricKey } from "../../../shared/crypto/classic/classic.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { cut, through } from "../../support/pieces.ts";
import { assertVerdict, describe, wycheproofTest } from "../../support/vectors.ts";

interface CbcGroup {
  keySize: number;
}

interface CbcVector {
  key: string;
  iv: string;
  msg: string;
  ct: string;
}

const CBC = "aes_cbc_pkcs5.json";
const ours = ({ keySize }: CbcGroup) => keySize === 128;
const others = ({ keySize }: CbcGroup) => keySize !== 128;

/** What `decrypt` returns, or null if it fails as it should. */
async function attempt(decrypt: () => Promise<Bytes>): Promise<Bytes | null> {
  try {
    return await decrypt();
  } catch (error) {
    assert(error instanceof CryptoError, `not a CryptoError: ${error}`);
    assertEquals(error.code, "decrypt-failed");
    return null;
  }
}

wycheproofTest<CbcGroup, CbcVector>("AES-128-CBC, whole", CBC, ours, async (cases) => {
  for (const { vector } of cases) {
    const [key, iv, ct] = [vector.key, vector.iv, vector.ct].map(fromHex);
    const plaintext = await attempt(() => decryptCbc(key, ct, iv));
    assertVerdict(vector, plaintext !== null);
    if (plaintext === null) continue;
    assertEquals(toHex(plaintext), vector.msg, describe(vector));
    assertEquals(toHex(await encryptCbc(key, plaintext, iv)), vector.ct, describe(vector));
  }
});

// The streams have an IV of zeros. With the vector's IV put in front as one more block of
// ciphertext, the blocks behind it decrypt just as they do under that IV.
wycheproofTest<CbcGroup, CbcVector>("AES-128-CBC, as streams", CBC, ours, async (cases) => {
  for (const { vector } of cases) {
    const key = fromHex(vector.key);
    const ciphertext = concat(fromHex(vector.iv), fromHex(vector.ct));
    for (const sizes of [[ciphertext.length], [1], [5, 16, 11]]) {
      const pieces = cut(ciphertext, sizes);
      const plaintext = await attempt(() => through(pieces, cbcDecryptStream(key)));
      assertVerdict(vector, plaintext !== null);
      if (plaintext === null) continue;
      assertEquals(toHex(plaintext.slice(BLOCK_SIZE)), vector.msg, describe(vector));
      const encrypted = await through(cut(plaintext, sizes), cbcEncryptStream(key));
      assertEquals(toHex(encrypted), toHex(ciphertext), describe(vector));
    }
  }
});

wycheproofTest<CbcGroup, CbcVector>("AES-CBC, other key sizes", CBC, others, async (cases) => {
  for (const { vector } of cases) {
    const [key, iv, msg, ct] = [vector.key, vector.iv, vector.msg, vector.ct].map(fromHex);
    const errors = [
      await assertRejects(() => encryptCbc(key, msg, iv), CryptoError),
      await assertRejects(() => decryptCbc(key, ct, iv), CryptoError),
      await assertRejects(async () => await through([msg], cbcEncryptStream(key)), CryptoError),
      await assertRejects(async () => await through([msg], cbcDecryptStream(key)), CryptoError),
    ];
    for (const { code } of errors) assertEquals(code, "bad-key", describe(vector));
  }
});

interface OaepGroup {
  privateKeyPkcs8: string;
  /** The public key, as in a JWK. */
  n: string;
  e: string;
}

interface OaepVector {
  msg: string;
  ct: string;
  label: string;
}

const OAEP = "rsa_oaep_1024_sha1.json";
const RSA = { name: "RSA-OAEP", hash: "SHA-1" };
const all = () => true;

// Messages of other than 16 bytes are no keys to us. That one was refused for its size alone, and
// so decrypted, shows in the error: it has no cause.
wycheproofTest<OaepGroup, OaepVector>("RSA-OAEP, unwrapping", OAEP, all, async (cases) => {
  for (const { group, vector } of cases) {
    const privateKey = fromHex(group.privateKeyPkcs8);
    const ct = fromHex(vector.ct);
    if (vector.msg.length === 32 && vector.label === "") {
      const key = await attempt(() => unwrapSymmetricKey(privateKey, ct));
      assertVerdict(vector, key !== null);
      if (key) assertEquals(toHex(key), vector.msg, describe(vector));
    } else {
      const error = await assertRejects(() => unwrapSymmetricKey(privateKey, ct), CryptoError);
      assertEquals(error.code, "decrypt-failed");
      if (vector.label === "") assertVerdict(vector, error.cause === undefined);
    }
    const changed = ct.with(vector.tcId, ct[vector.tcId] ^ 1);
    const error = await assertRejects(() => unwrapSymmetricKey(privateKey, changed), CryptoError);
    assertEquals([error.code, error.cause !== undefined], ["decrypt-failed", true]);
  }
});

// The messages themselves, from the primitive with our parameters.
wycheproofTest<OaepGroup, OaepVector>("RSA-OAEP, the primitive", OAEP, all, async (cases) => {
  for (const { group, vector } of cases) {
    const pkcs8 = fromHex(group.privateKeyPkcs8);
    const key = await crypto.subtle.importKey("pkcs8", pkcs8, RSA, false, ["decrypt"]);
    const parameters = { name: "RSA-OAEP", label: fromHex(vector.label) };
    const result = crypto.subtle.decrypt(parameters, key, fromHex(vector.ct));
    const msg = await result.then((bytes) => toHex(new Uint8Array(bytes)), () => null);
    assertVerdict(vector, msg !== null);
    if (msg !== null) assertEquals(msg, vector.msg, describe(vector));
  }
});

wycheproofTest<OaepGroup, OaepVector>("RSA-OAEP, the vectors' key", OAEP, all, async (cases) => {
  for (const { group } of cases.slice(0, 1)) {
    const { n, e } = group;
    const jwk = { kty: "RSA", n, e };
    const key = await crypto.subtle.importKey("jwk", jwk, RSA, true, ["encrypt"]);
    const publicKey = new Uint8Array(await crypto.subtle.exportKey("spki", key));
    const symmetricKey = fromHex("000102030405060708090a0b0c0d0e0f");
    const wrapped = await wrapSymmetricKey(publicKey, symmetricKey);
    const privateKey = fromHex(group.privateKeyPkcs8);
    assertEquals(await unwrapSymmetricKey(privateKey, wrapped), symmetricKey);
  }
});

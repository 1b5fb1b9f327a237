import { openAesGcm } from "../../../../client/profile/version_03/aes_gcm.ts";
import { type Bytes, fromHex, toHex } from "../../../../shared/bytes.ts";
import { CryptoError } from "../../../../shared/errors.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";
import { assertVerdict, describe, wycheproofTest } from "../../../support/vectors.ts";

interface Vector {
  key: string;
  iv: string;
  aad: string;
  msg: string;
  ct: string;
  tag: string;
}

wycheproofTest<unknown, Vector>("AES-256-GCM", "aes_gcm.json", () => true, (cases) => {
  for (const { vector } of cases) {
    const [key, nonce, aad] = [vector.key, vector.iv, vector.aad].map(fromHex);
    const plaintext = attempt(() => openAesGcm(key, nonce, aad, fromHex(vector.ct + vector.tag)));
    assertVerdict(vector, plaintext !== null);
    if (plaintext) assertEquals(toHex(plaintext), vector.msg, describe(vector));
  }
});

/** What `open` returns, or null if it fails as it should. */
function attempt(open: () => Bytes): Bytes | null {
  try {
    return open();
  } catch (error) {
    assert(error instanceof CryptoError && error.code === "decrypt-failed", `${error}`);
    return null;
  }
}

Deno.test("AES-256-GCM: what is too short is refused", () => {
  const key = new Uint8Array(32);
  for (const [nonceSize, size] of [[12, 0], [12, 15], [11, 16], [0, 16], [16, 16]]) {
    const open = () =>
      openAesGcm(key, new Uint8Array(nonceSize), new Uint8Array(0), new Uint8Array(size));
    assertEquals(assertThrows(open, CryptoError).code, "decrypt-failed");
  }
});

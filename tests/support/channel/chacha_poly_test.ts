/** The library's ChaCha20-Poly1305, which the tests take as a second opinion, with long nonces. */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { fromHex, toHex } from "../../../shared/bytes.ts";
import { assertEquals } from "../assert.ts";
import { assertVerdict, describe, wycheproofTest } from "../vectors.ts";

interface Vector {
  key: string;
  iv: string;
  aad: string;
  msg: string;
  ct: string;
  tag: string;
}

wycheproofTest<unknown, Vector>(
  "XChaCha20-Poly1305",
  "xchacha20_poly1305.json",
  () => true,
  (cases) => {
    for (const { vector } of cases) {
      const [key, nonce, aad] = [vector.key, vector.iv, vector.aad].map(fromHex);
      const cipher = xchacha20poly1305(key, nonce, aad);
      const sealed = vector.ct + vector.tag;
      const opened = attempt(() => cipher.decrypt(fromHex(sealed)));
      assertVerdict(vector, opened !== null);
      if (opened === null) continue;
      assertEquals(toHex(opened), vector.msg, describe(vector));
      assertEquals(toHex(cipher.encrypt(fromHex(vector.msg))), sealed, describe(vector));
    }
  },
);

function attempt(open: () => Uint8Array): Uint8Array<ArrayBuffer> | null {
  try {
    return new Uint8Array(open());
  } catch {
    return null;
  }
}

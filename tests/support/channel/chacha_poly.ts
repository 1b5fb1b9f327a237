/** ChaChaPoly, for the test vectors that use it: a second check of everything around the cipher. */
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import type { CipherFunctions } from "../../../shared/channel/cipher_state.ts";

/** Nonce: 32 zero bits and the counter as 64 bits, little-endian (Noise §12.3). */
export const CHACHA_POLY: CipherFunctions = {
  name: "ChaChaPoly",
  key(bytes) {
    const key = bytes.slice();
    return {
      sealSync: (nonce, associated, plaintext) =>
        chacha20poly1305(key, nonce, associated).encrypt(plaintext),
      openSync: (nonce, associated, sealed) =>
        chacha20poly1305(key, nonce, associated).decrypt(sealed),
      seal(nonce, associated, plaintext) {
        return Promise.resolve(this.sealSync(nonce, associated, plaintext));
      },
      open(nonce, associated, sealed) {
        return Promise.resolve(this.openSync(nonce, associated, sealed));
      },
      wipe: () => void key.fill(0),
    };
  },
  nonce(counter) {
    const nonce = new Uint8Array(12);
    new DataView(nonce.buffer).setBigUint64(4, BigInt(counter), true);
    return nonce;
  },
};

/** Vaults without a profile. */
import { Vault } from "../../../client/profile/sealing/vault.ts";
import type { Bytes } from "../../../shared/bytes.ts";

/** A vault under the key that is made of `number`; keeps the lasting tags of `before`. */
export function vaultOf(number: number, before?: Vault): Vault {
  return new Vault(new Uint8Array(32).fill(number), randomBytes, before?.lasting);
}

/** That many random bytes. */
export function randomBytes(size: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(size));
}

/** The keys of a profile of version 0.3, whose rows AES-256-GCM sealed. */
import type { Database } from "@db/sqlite";
import { type Bytes, utf8 } from "../../../shared/bytes.ts";
import { decodeCbor } from "../../../shared/cbor.ts";
import { hkdfSha256 } from "../../../shared/crypto/hash.ts";
import { costOf, type PassphraseCost, passphraseKey } from "../../../shared/crypto/passphrase.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { KEYRING_ROW, readKeyring } from "../sealing/keyring.ts";
import { damagedRow, type RowOpener, VAULT_KEY_SIZE } from "../sealing/vault.ts";
import { NONCE_SIZE, openAesGcm, TAG_SIZE } from "./aes_gcm.ts";

/**
 * A key under a passphrase: `01` · log2 N 1 · r 1 · p 1 · salt 16 · nonce 12 · sealed key 32 ·
 * tag 16. All bytes before the nonce are associated data.
 */
const VERSION = 1;
const HEADER_SIZE = 4 + 16;
const WRAPPED_KEY_SIZE = HEADER_SIZE + NONCE_SIZE + VAULT_KEY_SIZE + TAG_SIZE;

const NO_SALT = new Uint8Array(0);
const ROWS_LABEL = utf8("messaging-client/profile rows");

/** Opens rows: nonce 12 · ciphertext · tag 16, with the row's context as associated data. */
export class OldVault implements RowOpener {
  readonly #rows: Bytes;
  /** The key of lasting tags, 32 bytes. */
  readonly lasting: Bytes;

  /**
   * For a data key of 32 bytes, and what the keyring says of lasting tags.
   * @throws {ClientError} `bad-profile` if that was changed
   */
  constructor(key: Bytes, sealedLasting: Bytes) {
    this.#rows = hkdfSha256(NO_SALT, key, ROWS_LABEL, VAULT_KEY_SIZE);
    this.lasting = this.open(KEYRING_ROW, sealedLasting);
  }

  /** @throws {ClientError} `bad-profile` if anything of the row was changed */
  open(context: string, sealed: Uint8Array): Bytes {
    try {
      return openSealed(this.#rows, utf8(context), sealed);
    } catch (error) {
      throw damagedRow(context, error);
    }
  }

  /** @throws {ClientError} as {@link open} */
  openRow<Row extends object>(context: string, sealed: Uint8Array): Row {
    return decodeCbor(this.open(context, sealed)) as unknown as Row;
  }

  wipe(): void {
    this.#rows.fill(0);
    this.lasting.fill(0);
  }
}

/** What opens an old database, and what protects it. */
export interface OldKeyring {
  readonly vault: OldVault;
  /** Null if its data key is in the clear. */
  readonly passphrase: string | null;
  /** What one guess of the passphrase costs. */
  readonly cost?: PassphraseCost;
}

/**
 * Opens the keyring of an old database; `passphrase` is called if it is needed.
 * @throws {ClientError} `wrong-passphrase`, `bad-profile` if the keyring is damaged
 */
export async function openOldKeyring(
  database: Database,
  passphrase: () => Promise<string>,
): Promise<OldKeyring> {
  let given: string | null = null;
  const { key, isProtected, stored, sealedLasting } = await readKeyring(database, async (key) => {
    given = await passphrase();
    return await unwrapOldKey(given, key);
  });
  try {
    const vault = new OldVault(key, sealedLasting);
    return { vault, passphrase: given, cost: isProtected ? costOf(stored) : undefined };
  } finally {
    key.fill(0);
  }
}

/** @throws {CryptoError} `bad-key` if `wrapped` is malformed, `decrypt-failed` */
async function unwrapOldKey(passphrase: string, wrapped: Bytes): Promise<Bytes> {
  if (wrapped.length !== WRAPPED_KEY_SIZE || wrapped[0] !== VERSION) {
    throw new CryptoError("bad-key", "not a key under a passphrase");
  }
  const header = wrapped.slice(0, HEADER_SIZE);
  const key = await passphraseKey(passphrase, header);
  try {
    return openSealed(key, header, wrapped.subarray(HEADER_SIZE));
  } finally {
    key.fill(0);
  }
}

function openSealed(key: Bytes, associated: Uint8Array, sealed: Uint8Array): Bytes {
  const nonce = sealed.subarray(0, NONCE_SIZE);
  return openAesGcm(key, nonce, associated, sealed.subarray(NONCE_SIZE));
}

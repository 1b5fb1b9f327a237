/** The data key of a profile, in its database: in the clear, or under a passphrase. */
import type { Database } from "@db/sqlite";
import type { Bytes } from "../../../shared/bytes.ts";
import type { Random } from "../../../shared/crypto/random.ts";
import { type PassphraseCost, unwrapKey, wrapKey } from "../../../shared/crypto/passphrase.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { ClientError } from "../../errors.ts";
import { damagedRow, rowOf, Vault, VAULT_KEY_SIZE } from "./vault.ts";

/** The SQL that creates its table. */
export const KEYRING = `
    -- The data key, under which everything else is sealed.
    CREATE TABLE keyring (
      one       INTEGER PRIMARY KEY CHECK (one = 1), -- there is but one
      protected INTEGER NOT NULL, -- 1: the key is under a passphrase, 0: it is in the clear
      key       BLOB NOT NULL,
      lasting   BLOB NOT NULL     -- sealed: the key of tags that stay when the data key changes
    ) STRICT;
  `;
/** The context of its row. */
export const KEYRING_ROW = rowOf("keyring", 1);

/** A data key as it is in the database, and the vault that it opens. */
export interface Keyring {
  readonly vault: Vault;
  /** Whether the key is under a passphrase. */
  readonly isProtected: boolean;
  /** The key, or what {@link wrapKey} made of it. */
  readonly stored: Bytes;
}

/**
 * Makes a new data key, under `passphrase` unless that is null. `lasting` comes from the vault that
 * this one replaces.
 * @throws {ClientError} `bad-passphrase`
 */
export async function newKeyring(
  random: Random,
  passphrase: string | null,
  { lasting, cost }: { lasting?: Bytes; cost?: PassphraseCost } = {},
): Promise<Keyring> {
  const key = random(VAULT_KEY_SIZE);
  const isProtected = passphrase !== null;
  try {
    const stored = isProtected ? await wrapKey(passphrase, key, random, cost) : key.slice();
    return { vault: new Vault(key, random, lasting), isProtected, stored };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ClientError("bad-passphrase", `this passphrase cannot be used: ${error.message}`);
  } finally {
    key.fill(0);
  }
}

/** Makes a new data key, in the clear. */
export function plainKeyring(random: Random): Keyring {
  const stored = random(VAULT_KEY_SIZE);
  return { vault: new Vault(stored, random), isProtected: false, stored };
}

/** Puts the keyring into an empty database. */
export function writeKeyring(database: Database, { vault, isProtected, stored }: Keyring): void {
  database.exec(
    "INSERT INTO keyring (one, protected, key, lasting) VALUES (1, ?, ?, ?)",
    isProtected ? 1 : 0,
    stored,
    vault.seal(KEYRING_ROW, vault.lasting),
  );
}

/**
 * Opens the keyring of a database; `passphrase` is called if it is needed.
 * @throws {ClientError} `wrong-passphrase`, `bad-profile` if the keyring is damaged
 */
export async function openKeyring(
  database: Database,
  passphrase: () => Promise<string>,
  random: Random,
): Promise<Keyring> {
  const unwrap = async (wrapped: Bytes) => await unwrapKey(await passphrase(), wrapped);
  const { key, isProtected, stored, sealedLasting } = await readKeyring(database, unwrap);
  const temporary = new Vault(key, random);
  try {
    const vault = new Vault(key, random, temporary.open(KEYRING_ROW, sealedLasting));
    return { vault, isProtected, stored };
  } finally {
    temporary.wipe();
    key.fill(0);
  }
}

/**
 * Returns what the keyring of a database holds, with the data key in the clear. `unwrap` is called
 * with what is under a passphrase.
 * @throws {ClientError} as {@link openKeyring}, for the errors of {@link unwrapKey}
 */
export async function readKeyring(
  database: Database,
  unwrap: (wrapped: Bytes) => Promise<Bytes>,
): Promise<Pick<Keyring, "isProtected" | "stored"> & { key: Bytes; sealedLasting: Bytes }> {
  const row = database.prepare("SELECT protected, key, lasting FROM keyring")
    .get<{ protected: number; key: Bytes; lasting: Bytes }>();
  if (!row) throw damagedRow(KEYRING_ROW);
  const isProtected = row.protected !== 0;
  const key = isProtected ? await unwrap(row.key).catch(asClientError) : row.key.slice();
  if (key.length !== VAULT_KEY_SIZE) throw damagedRow(KEYRING_ROW);
  return { key, isProtected, stored: row.key, sealedLasting: row.lasting };
}

function asClientError(error: unknown): never {
  if (!(error instanceof CryptoError)) throw error;
  if (error.code !== "decrypt-failed") throw damagedRow(KEYRING_ROW, error);
  throw new ClientError("wrong-passphrase", "the passphrase is wrong");
}

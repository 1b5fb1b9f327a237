/** The tables of a profile, without a profile. */
import { Database } from "@db/sqlite";
import { prepareDatabase } from "../../../client/profile/migrations.ts";
import { Vault, VAULT_KEY_SIZE } from "../../../client/profile/sealing/vault.ts";
import type { Bytes } from "../../../shared/bytes.ts";
import { randomBytes } from "../../../shared/crypto/random.ts";
import { CLIENT_ID_SIZE } from "../../../shared/limits.ts";

/** Empty tables in memory. */
export function emptyTables(): Database {
  const database = new Database(":memory:");
  prepareDatabase(database);
  return database;
}

/** A vault, another one for each `number`. */
export function testVault(number = 1): Vault {
  return new Vault(new Uint8Array(VAULT_KEY_SIZE).fill(number), randomBytes);
}

/** The ID of some client, another one for each `number`. */
export function idOf(number: number): Bytes {
  return new Uint8Array(CLIENT_ID_SIZE).fill(number);
}

/** A symmetric key, another one for each `number`. */
export function keyOf(number: number): Bytes {
  const key = new Uint8Array(16);
  new DataView(key.buffer).setUint32(3, number);
  return key;
}

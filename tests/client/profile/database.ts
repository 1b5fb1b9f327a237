/** The tables of a profile, without a profile. */
import { Database } from "@db/sqlite";
import { prepareDatabase } from "../../../client/profile/schema.ts";
import type { Bytes } from "../../../shared/bytes.ts";
import { CLIENT_ID_SIZE } from "../../../shared/limits.ts";

/** Empty tables in memory. */
export function emptyTables(): Database {
  const database = new Database(":memory:");
  prepareDatabase(database);
  return database;
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

/** Request 101: everybody but the asker. */
import type { Bytes } from "../../shared/bytes.ts";
import { StorageError } from "../../shared/errors.ts";
import { MAX_U32 } from "../../shared/limits.ts";
import { classicEntry } from "../../shared/protocol/classic/requests.ts";
import { encode, list as listOf } from "../../shared/protocol/layout.ts";
import { secureEntry } from "../../shared/protocol/secure/directory.ts";
import type { Client } from "../storage/storage.ts";
import type { Listing } from "../wire/listing.ts";
import type { Services } from "../services.ts";

/** How the entries of each protocol look. */
const ENTRIES = {
  classic: {
    entrySize: classicEntry.max,
    encode: (page: readonly Client[]) => encode(listOf(classicEntry), [...page]),
  },
  secure: {
    entrySize: secureEntry.max,
    encode: (page: readonly Client[]) => encode(listOf(secureEntry), [...page]),
  },
};

/** @throws {StorageError} `failed` where the list is longer than a response */
export async function clientList(
  { clientId }: { clientId: Bytes },
  protocol: keyof typeof ENTRIES,
  { storage }: Services,
): Promise<Listing> {
  const { entrySize, encode } = ENTRIES[protocol];
  const list = await storage.clientsExcept(clientId);
  const size = list.count * entrySize;
  if (size > MAX_U32) throw new StorageError("failed", "the client list is too long");
  return { kind: "listing", list, encode, size };
}

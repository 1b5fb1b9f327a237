/** Request 101: everybody but the asker. */
import type { Bytes } from "../../shared/bytes.ts";
import { StorageError } from "../../shared/errors.ts";
import { MAX_U32 } from "../../shared/limits.ts";
import { CLIENT_ENTRY_SIZE, encodeClientEntries } from "../../shared/protocol/response.ts";
import { encodeSecureEntries, SECURE_ENTRY_SIZE } from "../../shared/protocol/secure_response.ts";
import type { Listing } from "../wire/listing.ts";
import type { Services } from "../services.ts";

/** How the entries of each protocol look. */
const ENTRIES = {
  classic: { entrySize: CLIENT_ENTRY_SIZE, encode: encodeClientEntries },
  secure: { entrySize: SECURE_ENTRY_SIZE, encode: encodeSecureEntries },
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

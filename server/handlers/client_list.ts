/** Request 101: everybody but the asker. */
import type { Bytes } from "../../shared/bytes.ts";
import { StorageError } from "../../shared/errors.ts";
import { MAX_U32 } from "../../shared/limits.ts";
import { CLIENT_ENTRY_SIZE } from "../../shared/protocol/response.ts";
import type { Listing } from "../listing.ts";
import type { Services } from "../services.ts";

/** @throws {StorageError} `failed` where the list is longer than a response */
export async function clientList(
  { clientId }: { clientId: Bytes },
  { storage }: Services,
): Promise<Listing> {
  const list = await storage.clientsExcept(clientId);
  const size = list.count * CLIENT_ENTRY_SIZE;
  if (size > MAX_U32) throw new StorageError("failed", "the client list is too long");
  return { kind: "listing", list, size };
}

/** Request 107: prekeys of the asker, for those who will start a session with it. */
import type { Bytes } from "../../shared/bytes.ts";
import type { Prekey } from "../../shared/protocol/prekey.ts";
import type { SecureResponse } from "../../shared/protocol/secure/responses.ts";
import type { Services } from "../services.ts";

/**
 * Signatures are left to those who fetch: they trust nobody else with them.
 * @throws {StorageError} `prekeys-full`
 */
export async function publishPrekeys(
  { replace, prekeys }: { replace: boolean; prekeys: readonly Prekey[] },
  owner: Bytes,
  { storage }: Services,
): Promise<SecureResponse & { kind: "prekeys-published" }> {
  await storage.prekeys.publish(owner, prekeys, { replace });
  return { kind: "prekeys-published" };
}

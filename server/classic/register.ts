/** Request 100: a new client. */
import type { Bytes } from "../../shared/bytes.ts";
import { claimsToBeSecure } from "../../shared/crypto/identity.ts";
import { CLIENT_ID_SIZE } from "../../shared/limits.ts";
import type { ClassicReply } from "../../shared/protocol/classic/requests.ts";
import type { Services } from "../services.ts";
import { Refusal } from "../wire/error_replies.ts";

/**
 * @throws {StorageError} `name-taken`, `clients-full`
 * @throws {Refusal} `forbidden` for the key of a secure client
 */
export async function register(
  { name, publicKey }: { name: string; publicKey: Bytes },
  _asker: Bytes,
  { storage, random }: Services,
): Promise<ClassicReply<"register">> {
  if (claimsToBeSecure(publicKey)) {
    throw new Refusal("forbidden", "a secure client registers on a secure channel");
  }
  const clientId = random(CLIENT_ID_SIZE);
  await storage.register({ id: clientId, name, publicKey });
  return { kind: "registered", clientId };
}

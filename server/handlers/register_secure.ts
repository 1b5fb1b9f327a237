/** Request 100 on a channel: the identity that has logged in becomes a client. */
import { type Bytes, equalBytes } from "../../shared/bytes.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import type { SecureResponse } from "../../shared/protocol/secure/responses.ts";
import { Refusal } from "../wire/refusals.ts";
import type { Services } from "../services.ts";

/**
 * A repeat, after an answer that got lost, gets the same answer.
 * @throws {Refusal} `forbidden` for another key, or another name than before
 * @throws {StorageError} `name-taken`, `clients-full`
 */
export async function registerSecure(
  { name, publicKey }: { name: string; publicKey: Bytes },
  identity: Identity,
  { storage }: Services,
): Promise<SecureResponse & { kind: "registered" }> {
  const { clientId } = identity;
  if (!equalBytes(publicKey, identity.publicKey)) {
    throw new Refusal("forbidden", "only the key that has logged in can be registered");
  }
  let registered = await storage.client(clientId);
  if (!registered) {
    try {
      await storage.register({ id: clientId, name, publicKey });
      return { kind: "registered", clientId };
    } catch (error) {
      // The first attempt may have been under way still, on a connection that was lost.
      registered = await storage.client(clientId);
      if (!registered) throw error;
    }
  }
  if (registered.name === name) return { kind: "registered", clientId };
  throw new Refusal("forbidden", "this identity is registered under another name");
}

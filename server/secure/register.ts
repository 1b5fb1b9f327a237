/** Request 100 on a channel: the identity that has logged in becomes a client. */
import { type Bytes, equalBytes } from "../../shared/bytes.ts";
import type { RequestOf, SecureReply } from "../../shared/protocol/secure/requests.ts";
import type { Services } from "../services.ts";
import type { Client } from "../storage/storage.ts";
import { Refusal } from "../wire/error_replies.ts";
import type { SecurePeer } from "./secure_peer.ts";

/**
 * A repeat, after an answer that got lost, gets the same answer.
 * @throws {Refusal} `forbidden` for another key, or another name than before
 * @throws {StorageError} `name-taken`, `clients-full`
 */
export async function register(
  { name, publicKey }: RequestOf<"register">,
  clientId: Bytes,
  services: Services,
  peer: SecurePeer,
): Promise<SecureReply<"register">> {
  if (!peer.identity || !equalBytes(publicKey, peer.identity.publicKey)) {
    throw new Refusal("forbidden", "only the key that has logged in can be registered");
  }
  const client = await find({ id: clientId, name, publicKey }, services);
  if (client.name !== name) {
    throw new Refusal("forbidden", "this identity is registered under another name");
  }
  peer.registered = true;
  return { kind: "registered", clientId };
}

/** Returns the client with the ID of `wanted`, which is stored if there is none. */
async function find(wanted: Client, { storage }: Services): Promise<Client> {
  const before = await storage.client(wanted.id);
  if (before) return before;
  try {
    await storage.register(wanted);
    return wanted;
  } catch (error) {
    // A first attempt may still have been under way, on a connection that was lost.
    const meanwhile = await storage.client(wanted.id);
    if (meanwhile) return meanwhile;
    throw error;
  }
}

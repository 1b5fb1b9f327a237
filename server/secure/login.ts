/** Request 112: who is at the other end of this channel. */
import type { Bytes } from "../../shared/bytes.ts";
import { verifyIdentity, verifyLogin } from "../../shared/crypto/identity.ts";
import { CryptoError } from "../../shared/errors.ts";
import type { SecureResponse } from "../../shared/protocol/secure/responses.ts";
import { checkHeaderId, Refusal } from "../wire/refusals.ts";
import type { SecurePeer } from "./secure_session.ts";
import type { Services } from "../services.ts";

/**
 * Makes the identity whose signature over this channel is right the one of `peer`. `clientId` is
 * what the header claims.
 * @throws {Refusal} `unauthenticated`, `forbidden` where the channel has one already
 */
export async function login(
  { clientId }: { clientId: Bytes },
  { publicKey, signature }: { publicKey: Bytes; signature: Bytes },
  peer: SecurePeer,
  { storage }: Services,
): Promise<SecureResponse & { kind: "logged-in" }> {
  if (peer.identity) throw new Refusal("forbidden", "this channel has logged in before");
  const identity = await verifyIdentity(publicKey).catch((error) => {
    if (error instanceof CryptoError) throw new Refusal("unauthenticated", error.message);
    throw error;
  });
  if (!await verifyLogin(identity, peer.handshakeHash, signature)) {
    throw new Refusal("unauthenticated", "the signature is not one for this channel");
  }
  checkHeaderId(clientId, identity);
  const client = await storage.client(identity.clientId);
  peer.identity = identity;
  peer.registered = client !== undefined;
  return { kind: "logged-in", registered: peer.registered };
}

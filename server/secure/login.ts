/** Request 112: who is at the other end of this channel. */
import type { Bytes } from "../../shared/bytes.ts";
import { verifyIdentity, verifyLogin } from "../../shared/crypto/identity.ts";
import { CryptoError } from "../../shared/errors.ts";
import type { RequestOf, SecureReply } from "../../shared/protocol/secure/requests.ts";
import type { Services } from "../services.ts";
import { Refusal } from "../wire/error_replies.ts";
import { checkHeaderId, type SecurePeer } from "./secure_peer.ts";

/**
 * Sets the identity of `peer`, which has signed this channel. `claimed` is the ID in the header.
 * @throws {Refusal} `unauthenticated`; `forbidden` if the channel has an identity
 */
export async function login(
  { publicKey, signature }: RequestOf<"login">,
  claimed: Bytes,
  { storage }: Services,
  peer: SecurePeer,
): Promise<SecureReply<"login">> {
  if (peer.identity) throw new Refusal("forbidden", "this channel has logged in before");
  const identity = await verifyIdentity(publicKey).catch((error) => {
    if (error instanceof CryptoError) throw new Refusal("unauthenticated", error.message);
    throw error;
  });
  if (!await verifyLogin(identity, peer.handshakeHash, signature)) {
    throw new Refusal("unauthenticated", "the signature is not one for this channel");
  }
  checkHeaderId(claimed, identity);
  const client = await storage.client(identity.clientId);
  peer.identity = identity;
  peer.registered = client !== undefined;
  return { kind: "logged-in", registered: peer.registered };
}

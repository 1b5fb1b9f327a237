/** Who may register, and under which names: request 100 of both protocols. */
import type { Bytes } from "../../shared/bytes.ts";
import { checkNewName } from "../../shared/protocol/name.ts";
import type { PeerAddress } from "../limits/peer_address.ts";
import type { Services } from "../services.ts";
import { inviteHash } from "../storage/invites.ts";
import type { Client } from "../storage/storage.ts";
import { Refusal, tooFast } from "../wire/error_replies.ts";

/**
 * Makes `client` one, if the operator lets it. Where everyone may register, an invite is not used.
 * @throws {ProtocolError} `malformed` for a name that no new client can have
 * @throws {Refusal} `forbidden`, `rate-limited`
 * @throws {StorageError} as `Storage.register`
 */
export async function registerNew(
  client: Client,
  invite: Bytes | undefined,
  address: PeerAddress,
  { registration, storage, rates }: Services,
): Promise<void> {
  checkNewName(client.name);
  // Also bounds how fast names and invite codes can be tried.
  const wait = rates.registrations.take(address);
  if (wait > 0) throw tooFast("registrations", wait);
  switch (registration) {
    case "closed":
      throw new Refusal("forbidden", "this server takes no new clients");
    case "open":
      return await storage.register(client);
    case "invite":
      if (invite) return await storage.register(client, inviteHash(invite));
      throw new Refusal(
        "forbidden",
        "this server takes only who has an invite: register NAME --invite CODE",
      );
  }
}

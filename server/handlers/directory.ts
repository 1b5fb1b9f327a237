/** Requests 101 and 102: the other clients, and their public keys. */
import type { Layout } from "../../shared/protocol/layout.ts";
import type { ClientEntry } from "../../shared/protocol/message.ts";
import { known } from "../storage/storage.ts";
import type { Handler, Streamed } from "../wire/handler.ts";
import { listing } from "../wire/listing.ts";

/** Returns the handler of a protocol that shows each client as an `entry`: all but the asker. */
export function clientList(entry: Layout<ClientEntry>): Handler<"client-list", Streamed> {
  return async (_request, asker, { storage }) => listing(await storage.clientsExcept(asker), entry);
}

export const publicKey: Handler<"public-key"> = async ({ target }, _asker, { storage }) => {
  const client = known(await storage.client(target));
  return { kind: "public-key", clientId: client.id, publicKey: client.publicKey };
};

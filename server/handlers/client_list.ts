/** Request 101: everyone but the asker. */
import type { Layout } from "../../shared/protocol/layout.ts";
import type { ClientEntry } from "../../shared/protocol/message.ts";
import type { Handler, Streamed } from "../wire/handler.ts";
import { listing } from "../wire/listing.ts";

/** Returns the handler of a protocol that shows each client as an `entry`. */
export function clientList(entry: Layout<ClientEntry>): Handler<"client-list", Streamed> {
  return async (_request, asker, { storage }) => listing(await storage.clientsExcept(asker), entry);
}

/** Requests 101 and 102: the other clients, and their public keys. */
import { concat } from "../../shared/bytes.ts";
import { StorageError } from "../../shared/errors.ts";
import { MAX_U32 } from "../../shared/limits.ts";
import { encode, type Layout, list } from "../../shared/protocol/layout.ts";
import type { ClientEntry } from "../../shared/protocol/message.ts";
import { secureClients } from "../../shared/protocol/secure/directory.ts";
import { type ClientList, known } from "../storage/storage.ts";
import type { Handler, Streamed } from "../wire/handler.ts";

/** Returns the handler of a protocol that shows each client as an `entry`: all but the asker. */
export function clientList(entry: Layout<ClientEntry>): Handler<"client-list", Streamed> {
  return async (_request, asker, { storage }) => listing(await storage.clientsExcept(asker), entry);
}

export const publicKey: Handler<"public-key"> = async ({ target }, _asker, { storage }) => {
  const client = known(await storage.client(target));
  return { kind: "public-key", clientId: client.id, publicKey: client.publicKey };
};

/**
 * Returns the response with `clients`, each written as an `entry` of fixed size; at most one page
 * of it is in memory. Writing fails if the list does not have the length that it claimed.
 */
export function listing(clients: ClientList, entry: Layout<ClientEntry>): Streamed {
  const size = clients.count * entry.max;
  if (size > MAX_U32) throw new StorageError("failed", "the client list is too long");
  return {
    kind: "streamed",
    code: secureClients.code,
    size,
    async write(header, sink) {
      let unwritten = header;
      let left = size;
      for await (const page of clients.pages) {
        const entries = encode(list(entry), page);
        left -= entries.length;
        if (left < 0) break;
        await sink.write(concat(unwritten, entries));
        unwritten = new Uint8Array(0);
      }
      if (left !== 0) throw new StorageError("failed", "the client list changed its length");
      await sink.write(unwritten);
    },
  };
}

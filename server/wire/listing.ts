/** The client list as a response; at most one page of it is in memory. */
import { concat } from "../../shared/bytes.ts";
import { StorageError } from "../../shared/errors.ts";
import { MAX_U32 } from "../../shared/limits.ts";
import { encode, type Layout, list } from "../../shared/protocol/layout.ts";
import type { ClientEntry } from "../../shared/protocol/message.ts";
import { secureClients } from "../../shared/protocol/secure/directory.ts";
import type { ClientList } from "../storage/storage.ts";
import type { Streamed } from "./handler.ts";

/**
 * Returns the response with `clients`, each written as an `entry` of fixed size. Writing fails if
 * the list does not have the length that it claimed.
 * @throws {StorageError} `failed` if the list is longer than a response
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

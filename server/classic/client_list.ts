/** Request 101: all clients but the asker, in one answer. */
import { concat } from "../../shared/bytes.ts";
import { StorageError } from "../../shared/errors.ts";
import { MAX_U32 } from "../../shared/limits.ts";
import { classicClients, classicEntry } from "../../shared/protocol/classic/requests.ts";
import { encode, list } from "../../shared/protocol/layout.ts";
import type { ClientList } from "../storage/storage.ts";
import type { Streamed } from "../wire/handler.ts";

/**
 * Returns the response with `clients`; at most one page of it is in memory. Writing fails if the
 * list does not have the length that it claimed.
 */
export function listing(clients: ClientList): Streamed {
  const size = clients.count * classicEntry.max;
  if (size > MAX_U32) throw new StorageError("failed", "the client list is too long");
  return {
    kind: "streamed",
    code: classicClients.code,
    size,
    async write(header, sink) {
      let unwritten = header;
      let left = size;
      for await (const page of clients.pages) {
        const entries = encode(list(classicEntry), page);
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

/** Writes the client list as the payload of one response, without holding more than a page of it. */
import { type Bytes, concat } from "../../shared/bytes.ts";
import { StorageError } from "../../shared/errors.ts";
import type { ByteSink } from "../../shared/io.ts";
import type { Client, ClientList } from "../storage/storage.ts";

/** What a request for the client list is answered with. */
export interface Listing {
  kind: "listing";
  list: ClientList;
  /** The bytes of some of its clients. */
  encode: (clients: readonly Client[]) => Bytes;
  /** Bytes that its entries make. */
  size: number;
}

/**
 * Writes `header`, then all clients.
 * @throws {StorageError} `failed` where the list is not as long as it said; part of it may be written
 * by then
 */
export async function writeListing(
  header: Bytes,
  { list, encode, size }: Listing,
  sink: ByteSink,
): Promise<void> {
  let unwritten = header;
  let left = size;
  for await (const page of list.pages) {
    const entries = encode(page);
    left -= entries.length;
    if (left < 0) break;
    await sink.write(concat(unwritten, entries));
    unwritten = new Uint8Array(0);
  }
  if (left !== 0) throw new StorageError("failed", "the client list changed its length");
  await sink.write(unwritten);
}

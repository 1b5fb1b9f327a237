import type { Streamed } from "../../../server/wire/handler.ts";
import { listing } from "../../../server/classic/client_list.ts";
import type { Client } from "../../../server/storage/storage.ts";
import { type Bytes, concat } from "../../../shared/bytes.ts";
import { StorageError } from "../../../shared/errors.ts";
import { decodeResponse } from "../../support/protocol/frames.ts";
import { encodeResponseHeader } from "../../../shared/protocol/frame.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";

const CLIENT_ENTRY_SIZE = 16 + 255;

function client(number: number): Client {
  const id = new Uint8Array(16).fill(number);
  return { id, name: `client ${number}`, publicKey: new Uint8Array(160) };
}

/** A list that says that it has `count` clients and has those on the `pages`. */
function listOf(count: number, pages: Client[][]): Streamed {
  return listing({ count, pages: ReadableStream.from(pages) });
}

/** Writes a list. Returns the writes. */
async function write(list: Streamed, writes: Bytes[] = []): Promise<Bytes[]> {
  const header = encodeResponseHeader({ version: 2, code: 1001, size: list.size });
  const sink = {
    write: (bytes: Uint8Array) => {
      writes.push(bytes.slice() as Bytes);
      return Promise.resolve();
    },
  };
  await list.write(header, sink);
  return writes;
}

Deno.test("listing: pages make one response, each written by itself", async () => {
  const pages = [[client(1), client(2)], [], [client(3)]];
  const writes = await write(listOf(3, pages));
  assertEquals(decodeResponse(concat(...writes)), {
    version: 2,
    kind: "client-list",
    clients: pages.flat().map(({ id, name }) => ({ id, name })),
  });
  assertEquals(writes[0].length, 7 + 2 * CLIENT_ENTRY_SIZE); // the header goes with the first
});

Deno.test("listing: no page, and an empty one, are an empty list", async () => {
  for (const pages of [[], [[]]]) {
    const writes = await write(listOf(0, pages));
    assertEquals(decodeResponse(concat(...writes)), {
      version: 2,
      kind: "client-list",
      clients: [],
    });
  }
});

Deno.test("listing: one with a wrong length fails, and never writes too much", async () => {
  const wrong = [
    listOf(3, [[client(1), client(2)]]),
    listOf(1, []),
    listOf(2, [[client(1), client(2)], [client(3)]]),
    listOf(1, [[client(1), client(2)]]),
  ];
  for (const list of wrong) {
    const writes: Bytes[] = [];
    await assertRejects(() => write(list, writes), StorageError);
    assert(concat(...writes).length <= 7 + list.size);
  }
});

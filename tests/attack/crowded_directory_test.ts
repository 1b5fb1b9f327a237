/** A stranger who registers very many clients: nobody else's lookups, sends or lists pay for it. */
import type { Storage } from "../../server/storage/storage.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Party, random } from "../support/attack/parties.ts";
import { textTo } from "../support/server/secure_peer.ts";
import { ServerFixture } from "../support/server/server_fixture.ts";
import { storageWith } from "../support/server/storage_with.ts";

const CROWD = 5000;
const NAMES = Array.from({ length: CROWD }, (_, number) => `client ${number}`);

/** What the server was asked about its clients, in order. */
type Asked = ["name" | "IDs" | "page" | "list", count: number];

function watched(storage: Storage, asked: Asked[]): Storage {
  return storageWith(storage, {
    clientNamed: async (name) => {
      const found = await storage.clientNamed(name);
      asked.push(["name", found ? 1 : 0]);
      return found;
    },
    clients: (ids) => {
      asked.push(["IDs", ids.length]);
      return storage.clients(ids);
    },
    clientsBehind: async (...place) => {
      const page = await storage.clientsBehind(...place);
      asked.push(["page", page.length]);
      return page;
    },
    clientsExcept: (except) => {
      asked.push(["list", 1]);
      return storage.clientsExcept(except);
    },
  });
}

Deno.test("directory: what a client asks does not grow with the number of clients", async () => {
  const asked: Asked[] = [];
  await using server = await ServerFixture.start({
    services: ({ storage }) => ({ storage: watched(storage, asked) }),
  });
  const { storage } = server.services;
  await Promise.all(NAMES.map((name) => {
    return storage.register({ id: random(16), name, publicKey: new Uint8Array(160).fill(0x30) });
  }));
  const address = `127.0.0.1:${server.listener.address.port}`;
  await using alice = await Party.registered("alice", address);
  await using bob = await Party.registered("bob", address);
  asked.length = 0;

  await alice.send(address, "bob", "hello");
  await alice.send(address, "bob", "again");
  assertEquals(asked.splice(0), [["name", 1]], "one lookup for the first, none for the second");
  assertEquals(await bob.receive(address), ["alice: hello", "alice: again"]);
  assertEquals(asked.splice(0), [["IDs", 1]]);

  // Many strangers at once are one lookup, too.
  const ownId = bob.profile.identity.id;
  for (let i = 0; i < 20; i++) {
    const stranger = await server.secure(`stranger ${i}`);
    await stranger.request(textTo(ownId, random(80)), "sent");
  }
  const got = await bob.receive(address);
  assertEquals(got.filter((line) => line.startsWith("stranger ")).length, 20, got.join("\n"));
  assertEquals(asked.splice(0), [["IDs", 20]]);

  // A list comes page by page, and none of it stays.
  const known = alice.profile.contacts.all();
  assertEquals(known.map(({ name }) => name), ["bob"]);
  const list = (prefix?: string) =>
    alice.with(address, (client) => Array.fromAsync(client.list(prefix)));
  const all = await list();
  assertEquals(all.length, CROWD + 1 + 20);
  assert(asked.every(([what, count]) => what === "page" && count <= 256), asked.join(" "));
  assertEquals(asked.splice(0).length, Math.ceil(all.length / 256));
  const some = (await list("client 499")).map(({ name }) => name);
  assertEquals(some, NAMES.filter((name) => name.startsWith("client 499")).sort());
  assertEquals(asked.splice(0), [["page", 11]]);
  assertEquals(alice.profile.contacts.all(), known);
});

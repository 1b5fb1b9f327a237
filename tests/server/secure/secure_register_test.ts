import { assertEquals } from "../../support/assert.ts";
import { keyOf } from "../../support/server/peer.ts";
import { Someone } from "../../support/server/secure_peer.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";
import { storageWith } from "../../support/server/storage_with.ts";

Deno.test("secure register: a repeated register gets the same answer", async () => {
  await using server = await ServerFixture.start();
  const alice = await Someone.called("alice");
  const { name, publicKey } = alice;
  const peer = await server.secure(alice);
  const before = server.dump();
  assertEquals(await peer.register(alice), alice.id);
  assertEquals(await (await server.secure(alice)).register(alice), alice.id);
  assertEquals(await peer.refused({ kind: "register", name: "other", publicKey }), "forbidden");
  for (const key of [(await Someone.called("eve")).publicKey, keyOf("classic")]) {
    assertEquals(await peer.refused({ kind: "register", name, publicKey: key }), "forbidden");
    assertEquals(await peer.refused({ kind: "register", name: "no", publicKey: key }), "forbidden");
  }
  assertEquals(server.dump(), before);
});

Deno.test("secure register: a register that comes while the first is under way", async () => {
  const all = Promise.withResolvers<void>();
  let absent = 0;
  await using server = await ServerFixture.start({
    services: ({ storage }) => ({
      storage: storageWith(storage, {
        client: async (id) => {
          const found = await storage.client(id);
          // Three logins and then three registers see that it is not there, before any goes on.
          if (!found && ++absent === 6) all.resolve();
          if (!found && absent > 3) await all.promise;
          return found;
        },
      }),
    }),
  });
  const alice = await Someone.called("alice");
  const { publicKey } = alice;
  const channels = await Promise.all([1, 2, 3].map(() => server.open()));
  for (const channel of channels) await channel.login(alice);
  assertEquals(absent, 3);
  const names = ["alice", "alice", "other"];
  for (const [i, channel] of channels.entries()) {
    await channel.send({ kind: "register", name: names[i], publicKey });
  }
  const answers = await Promise.all(channels.map((channel) => channel.next()));
  const kinds = answers.map((answer) => answer.kind === "error" ? answer.error : answer.kind);
  assertEquals(kinds, ["registered", "registered", "forbidden"]);
});

Deno.test("secure register: names are unique among secure and classic clients", async () => {
  await using server = await ServerFixture.start();
  await (await server.connect()).register("classic");
  await server.secure("secure");
  const peer = await server.open();
  const late = await Someone.called("late");
  await peer.login(late);
  for (const name of ["classic", "secure"]) {
    const register = { kind: "register", name, publicKey: late.publicKey } as const;
    assertEquals(await peer.refused(register), "name-taken");
  }
  assertEquals(await peer.register(late), late.id);
});

Deno.test("secure requests: the list and the keys, of both kinds of clients", async () => {
  await using server = await ServerFixture.start();
  const classicId = await (await server.connect()).register("classic");
  const alice = await server.secure("alice");
  const bob = (await server.secure("bob")).who;
  const { clients } = await alice.request(
    { kind: "list-clients", prefix: "", after: "" },
    "client-page",
  );
  const expected = [
    { id: bob.id, name: "bob", publicKey: bob.publicKey },
    { id: classicId, name: "classic", publicKey: keyOf("classic") },
  ];
  assertEquals(clients, expected);
  const nobody = new Uint8Array(16);
  const ids = [classicId, nobody, bob.id, classicId];
  const found = await alice.request({ kind: "find-clients", ids }, "found-clients");
  assertEquals(found.clients, [expected[1], expected[0], expected[1]]);
  for (const client of expected) {
    const { name } = client;
    const named = await alice.request({ kind: "find-name", name }, "found-name");
    assertEquals(named.client, client);
  }
  assertEquals(await alice.refused({ kind: "find-name", name: "bo" }), "not-found");
  assertEquals(await alice.refused({ kind: "find-name", name: "bobby" }), "not-found");
});

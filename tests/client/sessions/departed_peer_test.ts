import { ClientError } from "../../../client/errors.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { EvilServer } from "../../support/attack/evil_server.ts";
import { failure, Party } from "../../support/attack/parties.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

Deno.test("departed peer: whoever writes to it hears that it has left", async () => {
  await using server = await ServerFixture.start();
  const address = `127.0.0.1:${server.listener.address.port}`;
  await using alice = await Party.registered("alice", address);
  await using bob = await Party.registered("bob", address);
  await alice.send(address, "bob", "hello");
  assertEquals(await bob.receive(address), ["alice: hello"]);
  await bob.with(address, (client) => client.unregister());
  // Someone else with the same name gets nothing of it.
  const other = await server.secure("bob");
  const { code, message } = await assertRejects(
    () => alice.with(address, (client) => client.sendText("bob", "are you there?")),
    ClientError,
  );
  assertEquals(code, "refused");
  assert(message.includes("not registered on this server any more"), message);
  const { messages } = await other.request({ kind: "get-messages", after: 0 }, "messages");
  assertEquals(messages, []);
  assertEquals(alice.profile.outbox.first(0), []);
});

Deno.test("departed peer: so does who writes to it for the first time", async () => {
  await using server = await ServerFixture.start();
  const address = `127.0.0.1:${server.listener.address.port}`;
  await using alice = await Party.registered("alice", address);
  await using bob = await Party.registered("bob", address);
  await server.secure("silent"); // publishes no prekeys
  for (const name of ["bob", "silent"]) {
    await alice.with(address, (client) => client.publicKey(name)); // she knows them
  }
  await bob.with(address, (client) => client.unregister());
  const messageTo = async (name: string) => {
    const { code, message } = await assertRejects(
      () => alice.with(address, (client) => client.sendText(name, "hello")),
      ClientError,
    );
    assertEquals(code, "no-prekeys");
    return message;
  };
  const departed = await messageTo("bob");
  assert(departed.startsWith("bob is not registered on this server any more"), departed);
  assertEquals(alice.profile.outbox.first(0), []);
  // Who has come back without keys is not said to have left.
  const keyless = await messageTo("silent");
  assert(keyless.startsWith("silent has not published the keys"), keyless);
});

Deno.test("departed peer: who registers again hears what was dropped", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  await using _bob = await Party.registered("bob", server.address);
  await alice.send(server.address, "bob", "hello");
  server.lie = ({ kind }) => kind === "send" ? (link) => link.cut() : undefined;
  assertEquals(await failure(alice.send(server.address, "bob", "it waits")), "queued");
  server.clients.splice(0);
  server.lie = ({ kind }) => {
    const refused = { kind: "error", retryAfter: 0, text: "it is not known here" } as const;
    if (kind === "send") return { ...refused, error: "not-found" };
    if (server.clients.length === 0 && kind === "find-clients") {
      return { ...refused, error: "forbidden" };
    }
  };
  await alice.with(server.address, (client) => client.register(undefined, { classic: false }));
  const [note, ...others] = alice.notes;
  assert(note.startsWith("a message to bob was dropped: the receiver is not registered"), note);
  assertEquals(others, []);
});

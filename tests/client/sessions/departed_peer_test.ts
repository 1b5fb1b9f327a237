import { ClientError } from "../../../client/errors.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { Party } from "../../support/attack/parties.ts";
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

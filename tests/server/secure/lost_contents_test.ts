/** Contents that are gone from the server's disk: who is told, and how often. */
import { MessageType } from "../../../shared/protocol/codes.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { Party } from "../../support/attack/parties.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

const LONG = "a long text ".repeat(20_000);

async function open() {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await ServerFixture.start({ errors: true }));
  const address = `127.0.0.1:${server.listener.address.port}`;
  const alice = stack.use(await Party.registered("alice", address));
  const bob = stack.use(await Party.registered("bob", address));
  await alice.send(address, "bob", "hello");
  assertEquals(await bob.receive(address), ["alice: hello"]);
  /** Loses all contents that are in files; returns how many. */
  const lose = () => {
    const names = [...Deno.readDirSync(`${server.folder}/files`)].map(({ name }) => name);
    for (const name of names) Deno.removeSync(`${server.folder}/files/${name}`);
    return names.length;
  };
  const logged = () => server.log.filter(({ level }) => level === "error").length;
  return {
    server,
    address,
    alice,
    bob,
    lose,
    logged,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

Deno.test("lost contents: the receiver is told once, and its sender sends it again", async () => {
  await using world = await open();
  const { address, alice, bob, lose, logged } = world;
  await alice.send(address, "bob", LONG);
  await alice.send(address, "bob", "behind it");
  assertEquals(lose(), 1);
  assertEquals((await bob.receive(address)).sort(), ["alice: (1 lost)", "alice: behind it"]);
  assertEquals(logged(), 1);
  assertEquals(await bob.receive(address), []);
  assertEquals(await alice.receive(address), ["bob: (notice)"], "it answers the reset");
  assert((await bob.receive(address))[0] === `alice: ${LONG}`, "it comes whole");
});

Deno.test("lost contents: so is a follower", async () => {
  await using world = await open();
  const { address, alice, bob, lose, logged } = world;
  await alice.send(address, "bob", LONG);
  lose();
  await bob.with(address, async (client) => {
    for await (const received of client.follow(`${bob.folder}/out`, () => {})) {
      if (received.type !== "unusable") continue;
      assertEquals([received.flaw, received.count], ["lost", 1]);
      return;
    }
  });
  assertEquals(logged(), 1);
  await bob.receive(address); // asks for it
  await alice.receive(address);
  assert((await bob.receive(address))[0] === `alice: ${LONG}`, "it comes whole");
});

Deno.test("lost contents: a file of a classic client is told of, once", async () => {
  await using world = await open();
  const { address, bob, lose } = world;
  await using old = await Party.registered("old", address, { classic: true });
  await bob.send(address, "old", "send me the file");
  await old.receive(address);
  const path = `${old.folder}/file`;
  await Deno.writeFile(path, new Uint8Array(200_000));
  await old.with(address, (client) => client.sendFile("bob", path));
  lose();
  const told = await bob.with(
    address,
    (client) => Array.fromAsync(client.receive(`${bob.folder}/out`, () => {})),
  );
  const [problem] = told;
  assert(told.length === 1 && problem.type === "problem");
  assertEquals(problem.error.code, "gone");
  assert(problem.error.message.includes("the server lost message"), problem.error.message);
  assertEquals(await bob.receive(address), []);
});

Deno.test("lost contents: for a classic client they stay; the log has them once", async () => {
  await using world = await open();
  const { address, alice, lose, logged } = world;
  await using old = await Party.registered("old", address, { classic: true });
  const network = alice.network(address);
  const to = old.profile.identity.id;
  const content = new Uint8Array(200_000);
  await network.transport.send({ to, type: MessageType.text, content });
  await network.close();
  lose();
  for (let poll = 0; poll < 3; poll++) assertEquals(await old.receive(address), []);
  assertEquals(logged(), 1);
});

/** Messages that are kept until the server can be reached, and the profile that is in use. */
import { assert, assertEquals } from "../support/assert.ts";
import { jsonLines, Person, startClient } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { until } from "../support/until.ts";

Deno.test("outbox: a text is kept without a server, and the next command sends it", async () => {
  await using folder = await tempFolder();
  const data = `${folder.path}/server`;
  let server = await startServer({ data });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => server[Symbol.asyncDispose]());
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await using carol = await Person.register(server.address, "carol", { classic: false });
  await bob.json("alias", "alice", "alice");
  await alice.json("send", "bob", "one");
  await alice.json("list");
  await server.kill("SIGKILL");

  const { code, stdout, stderr } = await alice.run(["send", "bob", "two"]);
  assertEquals([code, stdout], [1, ""]);
  assert(stderr.includes("The message is kept"), stderr);
  assertEquals(await alice.failure("send", "bob", "three"), "queued");
  // There is nothing yet to seal a first message with.
  assertEquals(await alice.failure("send", "carol", "too early"), "unreachable");
  const file = `${alice.folder}/note`;
  await Deno.writeTextFile(file, "a note");
  assertEquals(await alice.failure("send-file", "bob", file), "queued");
  const states = async () =>
    (await alice.json<{ state: string; text?: string }>("history", "bob"))
      .map(({ state, text }) => `${state} ${text}`);
  assertEquals(await states(), ["sent one", "pending two", "pending three"]);

  server = await startServer({ data });
  for (const person of [alice, bob, carol]) await person.useServer(server.address);
  const text = "note is on the server for bob";
  assertEquals(await alice.json("receive"), [{ type: "notice", text }]);
  assertEquals(await states(), ["sent one", "sent two", "sent three", "sent undefined"]);
  await alice.json("send", "bob", "four");
  const received = await bob.receive();
  assertEquals(received.map(({ text }) => text), ["one", "two", "three", "four", undefined]);
  assertEquals(await Deno.readTextFile(received[4].path ?? ""), "a note");
  assertEquals(await carol.texts(), []);
});

Deno.test("outbox: every command that reaches the server sends what was kept", async () => {
  await using folder = await tempFolder();
  const data = `${folder.path}/server`;
  let server = await startServer({ data });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => server[Symbol.asyncDispose]());
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await using old = await Person.register(server.address, "old");
  await alice.json("send", "bob", "0");
  const commands = [["list"], ["send", "old", "hello"], ["request-key", "old"], ["receive"]];
  for (const [i, command] of commands.entries()) {
    await server.kill("SIGKILL");
    assertEquals(await alice.failure("send", "bob", `${i + 1}`), "queued");
    server = await startServer({ data });
    for (const person of [alice, bob, old]) await person.useServer(server.address);
    await alice.json(...command);
    assertEquals((await bob.texts()).at(-1), `${i + 1}`, command[0]);
  }
});

Deno.test("in use: a second process is told so, in both forms, and the first goes on", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  const follower = startClient(alice.args("--json", "receive", "--follow", "--out", alice.out));
  try {
    await bob.json("send", "alice", "one");
    await until("alice follows", () => follower.output.stdout.includes("\n"));
    for (const command of [["whoami"], ["history", "bob"], ["send", "bob", "hi"], ["receive"]]) {
      assertEquals(await alice.failure(...command), "in-use", command[0]);
    }
    const { code, stderr } = await alice.run(["list"]);
    assertEquals(code, 1);
    assert(stderr.includes("is in use by another messaging-client"), stderr);
    await bob.json("send", "alice", "two");
    await until("both came", () => follower.output.stdout.split("\n").length === 3);
  } finally {
    follower.kill("SIGKILL");
  }
  const { stdout } = await follower.outcome();
  assertEquals(jsonLines<{ text: string }>(stdout).map(({ text }) => text), ["one", "two"]);
  assertEquals(await alice.json("whoami"), [{ id: alice.id, name: "alice" }]);
});

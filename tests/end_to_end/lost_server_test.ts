/** Servers that were set up anew, or went back in time: identities and contacts go on. */
import { assert, assertEquals } from "../support/assert.ts";
import { Person } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";

/** Copies a folder with all that is in it. */
async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copy(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

/** A server whose folder the test holds; it is stopped for `change`, and started again. */
async function open() {
  const stack = new AsyncDisposableStack();
  const { path } = stack.use(await tempFolder());
  const data = `${path}/server`;
  let server = await startServer({ data });
  stack.defer(() => server[Symbol.asyncDispose]());
  const args = ["--port", String(server.port)];
  const restart = async (change: (data: string) => Promise<void>) => {
    await server.stop();
    await change(data);
    server = await startServer({ data, args });
  };
  const person = async (name: string) =>
    stack.use(await Person.register(server.address, name, { classic: false }));
  return { path, restart, person, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Removes all that the server has but its key. */
async function wipe(data: string): Promise<void> {
  for await (const { name } of Deno.readDir(data)) {
    if (name !== "server.key") await Deno.remove(`${data}/${name}`, { recursive: true });
  }
}

Deno.test("lost server: who it does not know any more registers again", async () => {
  await using world = await open();
  const [alice, bob] = [await world.person("alice"), await world.person("bob")];
  await alice.json("send", "bob", "before");
  assertEquals(await bob.texts(), ["before"]);
  await bob.json("send", "alice", "yes");
  assertEquals(await alice.texts(), ["yes"]);
  await alice.json("verify", "bob", "--yes");
  await world.restart(wipe);

  for (const command of [["list"], ["send", "bob", "x"], ["receive"]]) {
    const { code, stderr } = await alice.run(command);
    assertEquals(code, 1);
    assert(stderr.includes("does not know this identity"), stderr);
    assert(stderr.includes("To register it again"), stderr);
    assert(stderr.endsWith(" register\n"), stderr);
    assertEquals(await alice.failure(...command), "not-registered");
  }
  const other = await alice.run(["register", "alicia"]);
  assertEquals(other.code, 1);
  assert(other.stderr.includes("without a name"), other.stderr);

  const [again] = await alice.json<{ id: string; name: string }>("register");
  assertEquals(again, { id: alice.id, name: "alice" });
  assertEquals(await alice.failure("register"), "already-registered");
  await bob.json("register", "bob"); // its own name is as good as none
  const [trust] = await alice.json<{ verified: boolean }>("verify", "bob");
  assert(trust.verified);
  // The sessions go on, and whoever is new finds keys for a first message.
  await alice.json("send", "bob", "after");
  assertEquals(await bob.texts(), ["after"]);
  const carol = await world.person("carol");
  await carol.json("send", "alice", "hello");
  assertEquals(await alice.texts(), ["hello"]);
  assertEquals((await alice.json<{ text: string }>("history", "bob")).length, 3);
});

Deno.test("lost server: one that went back in time repeats and loses nothing", async () => {
  await using world = await open();
  const [alice, bob] = [await world.person("alice"), await world.person("bob")];
  await alice.json("send", "bob", "one");
  assertEquals(await bob.texts(), ["one"]);
  await bob.json("send", "alice", "yes");
  assertEquals(await alice.texts(), ["yes"]);
  const backup = `${world.path}/backup`;
  await world.restart((data) => copy(data, backup));
  for (const text of ["two", "three"]) await alice.json("send", "bob", text);
  assertEquals(await bob.texts(), ["two", "three"]);
  await world.restart(async (data) => {
    await Deno.remove(data, { recursive: true });
    await copy(backup, data);
  });
  // The message IDs of two and three come once more, for others.
  const notices: string[] = [];
  for (const text of ["four", "five", "six"]) {
    const { code, stderr } = await alice.run(["send", "bob", text]);
    assertEquals(code, 0, stderr);
    notices.push(stderr);
  }
  assert(notices[0].includes("the server was restored from a backup"), notices[0]);
  assertEquals(notices.slice(1), ["", ""], "said once");
  assertEquals(await bob.texts(), ["four", "five", "six"]);
  assertEquals(await bob.texts(), []);
  await bob.json("send", "alice", "all of them");
  assertEquals(await alice.texts(), ["all of them"]);
  const carol = await world.person("carol");
  await carol.json("send", "alice", "hello");
  assertEquals(await alice.texts(), ["hello"]);
});

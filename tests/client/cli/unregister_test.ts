/** The command unregister, and the automatic tests, which leave nobody behind. */
import { runCommand } from "../../../client/cli/command.ts";
import { unregister } from "../../../client/cli/commands/unregister.ts";
import { runSelfTest } from "../../../client/cli/self_test.ts";
import { parseAddress } from "../../../client/network/address.ts";
import { ClientError } from "../../../client/errors.ts";
import { randomBytes } from "../../../shared/crypto/random.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { runHere } from "../../support/client_here.ts";
import { commandContext } from "../../support/client/command_context.ts";
import { ONE_TIME_TARGET } from "../../support/new_client.ts";
import { CHEAP } from "../../support/profile/full_profile.ts";
import { startServer } from "../../support/server_process.ts";
import { tempFolder } from "../../support/temp_folder.ts";

async function open() {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await startServer());
  const { path: root } = stack.use(await tempFolder());
  const run = (name: string, ...args: string[]) =>
    runHere(["--profile", `${root}/${name}`, "--server", server.address, ...args]);
  const lines = async (name: string, ...args: string[]) => {
    const { code, stdout, stderr } = await run(name, ...args);
    assertEquals(code, 0, stderr);
    return stdout.split("\n").slice(0, -1);
  };
  return { server, run, lines, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

Deno.test("unregister: who leaves is gone from the server, and may come back", async () => {
  await using world = await open();
  const { run, lines } = world;
  const [before] = await lines("alice", "register", "alice");
  await lines("bob", "register", "bob");
  await lines("bob", "send", "alice", "this goes with her");

  const unsure = await run("alice", "--json", "unregister");
  assertEquals([unsure.code, JSON.parse(unsure.stderr).error.code], [1, "not-confirmed"]);
  assertEquals((await lines("bob", "list")).length, 1);
  const [done] = await lines("alice", "unregister", "--yes");
  assert(done.startsWith("alice is not registered any more."), done);
  assertEquals(await lines("bob", "list"), []);
  const { stderr } = await run("alice", "list");
  assert(stderr.includes(" register"), stderr);

  assertEquals(await lines("alice", "register"), [before]);
  assertEquals(await lines("alice", "receive"), []);
  await lines("bob", "send", "alice", "welcome back");
  const [text, ...others] = await lines("alice", "receive");
  assert(/^1 {2}bob \(new, ID [0-9a-f ]{14}\): welcome back$/.test(text), text);
  assertEquals(others, []);
});

Deno.test("unregister: on a terminal it takes the name, and nothing else", async () => {
  let left = 0;
  const client = {
    whoami: () => ({ id: new Uint8Array(16), name: "alice" }),
    unregister: () => Promise.resolve(void left++),
  };
  const answering = (answer: string | null) => {
    const ask = () => Promise.resolve(answer);
    const context = commandContext({ client: client as never, rich: true, ask });
    return Array.fromAsync(runCommand(unregister, { yes: false }, context));
  };
  for (const answer of ["yes", "", "Alice", null]) {
    const error = await assertRejects(() => answering(answer), ClientError);
    assertEquals([error.code, left], ["not-confirmed", 0]);
  }
  assertEquals((await answering("alice\r")).map(({ kind }) => kind), ["unregistered"]);
  assertEquals(left, 1);
});

Deno.test("unregister: a classic identity cannot", async () => {
  await using world = await open();
  await world.lines("old", "register", "old", "--classic");
  const { code, stderr } = await world.run("old", "unregister", "--yes");
  assertEquals(code, 1);
  assert(stderr.includes("its operator") || stderr.includes("server's operator"), stderr);
});

Deno.test("self test: its secure clients are gone in the end, the classic ones named", async () => {
  await using world = await open();
  const { server, lines } = world;
  const printed: string[] = [];
  const failed = await runSelfTest(parseAddress(server.address, "the test"), {
    now: () => Date.now(),
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    random: randomBytes,
    oneTimeTarget: ONE_TIME_TARGET,
    ...CHEAP,
  }, (line) => printed.push(line));
  assertEquals(failed, 0, printed.join("\n"));
  await lines("carol", "register", "carol");
  const names = (await lines("carol", "list")).map((line) => line.slice(34).split(" ")[0]);
  assertEquals(names.length, 2);
  const told = printed.find((line) => line.startsWith("Classic clients cannot unregister"));
  assert(names.every((name) => told?.includes(name)), told);
});

Deno.test("self test: also when the tests break off in the middle", async () => {
  await using world = await open();
  const { server, lines } = world;
  const broken = runSelfTest(parseAddress(server.address, "the test"), {
    now: () => Date.now(),
    sleep: () => Promise.resolve(),
    random: randomBytes,
    oneTimeTarget: ONE_TIME_TARGET,
    ...CHEAP,
  }, (line) => {
    if (line.includes("the inbox is empty")) throw new Error("nobody listens any more");
  });
  await assertRejects(() => broken, Error, "nobody listens");
  await lines("carol", "register", "carol");
  assertEquals(await lines("carol", "list"), []);
});

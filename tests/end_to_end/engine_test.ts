/** A process that has the profile for long, and other processes that work through it. */
import { hasEndpoint } from "../../client/daemon/endpoint.ts";
import { assert, assertEquals } from "../support/assert.ts";
import {
  type ClientProcess,
  jsonLines,
  Person,
  runClient,
  startClient,
} from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";
import { until } from "../support/until.ts";

const SERVER = { args: ["--exempt", "127.0.0.1"] };

/** Starts a process that becomes the engine of a profile. */
async function follow(person: Person, ...options: string[]): Promise<ClientProcess> {
  const engine = startClient(person.args("receive", "--follow", "--out", person.out, ...options));
  await until("the engine runs", () => hasEndpoint(person.folder));
  return engine;
}

/** Runs a command in a process of its own. Returns what it printed, or the code of its error. */
async function outcomeOf(person: Person, ...command: string[]): Promise<unknown[]> {
  const { code, stdout, stderr } = await person.run(["--json", ...command], {});
  if (code === 0) return jsonLines(stdout);
  return jsonLines<{ error: { code: string } }>(stderr).map(({ error }) => error.code);
}

async function status(person: Person): Promise<{ engine: boolean; connection: string | null }> {
  const [{ engine, connection }] = await outcomeOf(person, "status") as [
    { engine: boolean; connection: string | null },
  ];
  return { engine, connection };
}

Deno.test("engine: two people chat, with receive --follow and with send beside it", async () => {
  await using server = await startServer(SERVER);
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await using ofAlice = await follow(alice);
  await using ofBob = await follow(bob);
  for (const [one, other, heard] of [[alice, bob, ofBob], [bob, alice, ofAlice]] as const) {
    const { code, stdout, stderr } = await one.run(["send", other.name, `from ${one.name}`], {});
    assertEquals([code, stderr], [0, ""]);
    assert(stdout.endsWith(` to ${other.name} is on the server.\n`), stdout);
    await heard.says(`from ${one.name}`);
  }
  assertEquals(await status(alice), { engine: true, connection: "connected" });
  assertEquals(await outcomeOf(alice, "stop"), [{ stopped: true }]);
  assertEquals((await ofAlice.outcome()).code, 0);
  assertEquals(await outcomeOf(alice, "stop"), [{ stopped: false }]);
  assertEquals(await status(alice), { engine: false, connection: null });
  ofBob.kill("SIGTERM");
  assertEquals((await ofBob.outcome()).code, 130);
  assertEquals(await status(bob), { engine: false, connection: null });
  assertEquals([...Deno.readDirSync(bob.folder)].filter(({ name }) => /engine/.test(name)), []);
});

Deno.test("engine: the socket is its owner's; what a killed engine left is replaced", async () => {
  await using server = await startServer(SERVER);
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using engine = await follow(alice);
  const modes = (folder: string, ...names: string[]) =>
    names.map((name) => (Deno.lstatSync(`${folder}/${name}`).mode ?? 0) & 0o777);
  assertEquals(modes(alice.folder, "engine.sock", "engine.json"), [0o600, 0o600]);
  engine.kill("SIGKILL");
  await engine.outcome();
  assertEquals(modes(alice.folder, "engine.sock").length, 1);
  assertEquals(await status(alice), { engine: false, connection: null });
  await using again = startClient(alice.args("receive", "--follow"));
  await until("it runs", async () => (await outcomeOf(alice, "status")).length === 1);
  await until("it serves", async () => (await status(alice)).engine);
  again.kill("SIGINT");
  assertEquals((await again.outcome()).code, 130);
});

Deno.test("engine: a profile with a long path has its socket elsewhere, as private", async () => {
  await using server = await startServer(SERVER);
  await using alice = await Person.register(server.address, "alice", { classic: false });
  const folder = `${alice.folder}/${"long".repeat(30)}`;
  const args = ["--profile", folder];
  const started = ["--server", server.address, "register", "long"];
  assertEquals((await runClient([...args, ...started])).code, 0);
  await using engine = startClient([...args, "receive", "--follow"]);
  await until("the engine runs", () => hasEndpoint(folder));
  const { socket } = JSON.parse(await Deno.readTextFile(`${folder}/engine.json`));
  const mode = (path: string) => (Deno.lstatSync(path).mode ?? 0) & 0o777;
  const place = socket.slice(0, socket.lastIndexOf("/"));
  assertEquals([mode(place), mode(socket)], [0o700, 0o600]);
  assertEquals((await runClient([...args, "send", "alice", "hi"])).code, 0);
  assertEquals(await alice.texts(), ["hi"]);
  assertEquals((await runClient([...args, "stop"])).stdout, "The engine has ended.\n");
  assertEquals((await engine.outcome()).code, 0);
  assertEquals(await Deno.lstat(place).then(() => true, () => false), false);
});

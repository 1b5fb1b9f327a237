import config from "../../deno.json" with { type: "json" };
import { assert, assertEquals } from "../support/assert.ts";
import { Person, runClient } from "../support/client_process.ts";
import { type Outcome, startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";

/** The one JSON object that a failed command writes. */
function errorOf(stderr: string): { code: string; message: string } {
  const { error, ...more } = JSON.parse(stderr);
  assertEquals(more, {});
  assertEquals(Object.keys(error), ["code", "message"]);
  return error;
}

Deno.test("command line: help and version go to standard output and leave no files", async () => {
  await using temp = await tempFolder();
  const options = { cwd: temp.path };
  const version = await runClient(["--version"], options);
  assertEquals(version, {
    ...version,
    code: 0,
    stderr: "",
    stdout: `messaging-client ${config.version}\n`,
  });
  for (const args of [["--help"], ["help"], ["send", "--help"], ["help", "receive"]]) {
    const { code, stdout, stderr } = await runClient(args, options);
    assertEquals([code, stderr], [0, ""]);
    assert(stdout.startsWith("Usage: messaging-client [options] "), stdout);
  }
  assertEquals(temp.names(), []);
});

Deno.test("command line: wrong usage is exit code 2, with words or with JSON", async () => {
  await using temp = await tempFolder();
  const options = { cwd: temp.path };
  const wrong: [args: string[], help: string][] = [
    [["no-such-command"], "--help"],
    [["send"], "send --help"],
    [["list", "--nonsense"], "--help"],
    [["send", "a", "b", "c"], "send --help"],
    [["list", "--follow"], "list --help"],
  ];
  for (const [args, help] of wrong) {
    const { code, stdout, stderr } = await runClient(args, options);
    assertEquals([code, stdout], [2, ""]);
    const [, advice] = /^messaging-client: .+\n +Try: messaging-client (.+)\n$/.exec(stderr) ?? [];
    assertEquals(advice, help, stderr);
    const inJson = await runClient(["--json", ...args], options);
    assertEquals([inJson.code, inJson.stdout], [2, ""]);
    assertEquals(errorOf(inJson.stderr).code, "usage");
  }
  assertEquals(temp.names(), []);
});

Deno.test("command line: server.info makes the current folder the profile's", async () => {
  await using server = await startServer();
  await using temp = await tempFolder();
  const options = { cwd: temp.path };
  const missing = await runClient(["--json", "list"], options);
  assertEquals([missing.code, errorOf(missing.stderr).code], [1, "no-server"]);
  assertEquals(temp.names(), []);

  await Deno.writeTextFile(`${temp.path}/server.info`, `${server.address}\r\n`);
  const { code, stdout, stderr } = await runClient(["register", "--classic", "alice"], options);
  assertEquals([code, stderr], [0, ""]);
  assert(/^[0-9a-f]{32} {2}alice\n$/.test(stdout), stdout);
  const elsewhere = await runClient(["--profile", temp.path, "whoami"], { cwd: "/" });
  assertEquals(elsewhere.stdout, stdout);
  assert(temp.names().includes("me.info"), temp.names().join());
});

Deno.test("command line: a profile has a home, unless it is in the current folder", async () => {
  await using server = await startServer();
  await using temp = await tempFolder();
  const [home, here, named] = ["home", "here", "named"].map((name) => `${temp.path}/${name}`);
  await Deno.mkdir(here);
  const client = async (env: Record<string, string>, ...args: string[]) => {
    const options = { cwd: here, env: { XDG_DATA_HOME: home, ...env } };
    const { code, stderr, stdout } = await runClient(["--quiet", "--json", ...args], options);
    assertEquals([code, stderr], [0, ""], args.join(" "));
    return JSON.parse(stdout).name;
  };
  const register = ["--server", server.address, "register"];
  const variable = { MESSAGING_PROFILE: named };
  await client({}, ...register, "at_home");
  await client(variable, ...register, "by_variable");
  assertEquals([...Deno.readDirSync(here)], []);
  assert((await Deno.stat(`${home}/messaging/profile.db`)).isFile);
  assertEquals(await client({}, "whoami"), "at_home");
  await client({}, "--profile", ".", ...register, "here");
  assertEquals(await client({}, "whoami"), "here");
  assertEquals(await client(variable, "whoami"), "by_variable");
  assertEquals(await client(variable, "--profile", ".", "whoami"), "here");
});

Deno.test("command line: register with --server remembers the address, and says so", async () => {
  await using server = await startServer();
  for (const quiet of [false, true]) {
    await using temp = await tempFolder();
    const name = quiet ? "quiet" : "loud";
    const args = ["--profile", temp.path, "--server", server.address, "register", name];
    const { code, stderr } = await runClient(quiet ? ["--quiet", ...args] : args);
    assertEquals(code, 0);
    assertEquals(stderr === "", quiet, stderr);
    assert(quiet || stderr.includes(server.address), stderr);
    assertEquals(await Deno.readTextFile(`${temp.path}/server.info`), `${server.address}\n`);
    assertEquals((await runClient(["--profile", temp.path, "list"])).code, 0);
  }
});

Deno.test("command line: a failure has its code, exit code 1, and no standard output", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  await using nobody = await Person.create(server.address);
  await using lost = await Person.create("not an address");
  const fails = async (person: Person, command: string[], expected: string, words: string) => {
    const { code, stdout, stderr } = await person.run(["--json", ...command]);
    assertEquals([code, stdout], [1, ""], stderr);
    const { code: given, message } = errorOf(stderr);
    assertEquals(given, expected, message);
    assert(message.includes(words), message);
    const forPeople = await person.run(["--quiet", ...command]);
    assertEquals([forPeople.code, forPeople.stdout], [1, ""]);
    assert(forPeople.stderr.startsWith("messaging-client: "), forPeople.stderr);
    assert(forPeople.stderr.includes(words), forPeople.stderr);
  };
  await fails(nobody, ["whoami"], "not-registered", `--profile ${nobody.folder} setup`);
  await fails(nobody, ["send", "alice", "hi"], "not-registered", nobody.folder);
  await fails(nobody, ["register", "alice"], "refused", "taken");
  await fails(nobody, ["register", "x"], "bad-name", "2 characters");
  await fails(nobody, ["register", "two\nlines"], "bad-name", "line breaks");
  await fails(nobody, ["register", "right\u202eleft"], "bad-name", "U+202E");
  await fails(nobody, ["register", "alice "], "bad-name", "begin or end with a space");
  await fails(alice, ["register", "alice"], "already-registered", '"alice"');
  await fails(alice, ["send", "carol", "hi"], "unknown-name", '"carol"');
  await fails(alice, ["request-key", "alice"], "unknown-name", "your own name");
  await fails(alice, ["send-file", "alice", "/no/such/file"], "file", "/no/such/file");
  await fails(lost, ["list"], "no-server", "server.info");
  await fails(alice, ["--server", "nonsense", "list"], "no-server", "--server");
  await server.stop();
  await fails(alice, ["list"], "unreachable", server.address);
  await fails(nobody, ["register", "bob"], "unreachable", server.address);
  assertEquals(await alice.json("whoami"), [{ id: alice.id, name: "alice" }]);
});

Deno.test("command line: a damaged me.info is told of without the key in it", async () => {
  await using alice = await Person.create("127.0.0.1:9");
  const secret = "c2VjcmV0IHNlY3JldCBzZWNyZXQ=";
  await Deno.writeTextFile(`${alice.folder}/me.info`, `alice\n${"0".repeat(32)}\n${secret}\n`);
  for (const command of [["whoami"], ["list"], ["register", "bob"]]) {
    const { code, stdout, stderr } = await alice.run(["--json", ...command]);
    assertEquals([code, stdout, errorOf(stderr).code], [1, "", "bad-profile"]);
    assert(!stderr.includes(secret.slice(0, 8)), stderr);
  }
});

/** Runs the client, again where others have used the profile for longer than it waits. */
async function patient(args: string[]): Promise<Outcome> {
  for (;;) {
    const outcome = await runClient(args);
    if (outcome.code === 0 || errorOf(outcome.stderr).code !== "in-use") return outcome;
  }
}

Deno.test("command line: several processes may use one profile at a time", async () => {
  await using server = await startServer();
  await using alice = await Person.create(server.address);
  await using bob = await Person.register(server.address, "bob");
  // Also the first ones, which make the database.
  const first = await Promise.all(
    Array.from({ length: 4 }, () => patient(["--json", ...alice.args("register", "alice")])),
  );
  const refused = first.filter(({ code }) => code !== 0);
  assertEquals(
    refused.map(({ stderr }) => errorOf(stderr).code),
    Array(3).fill("already-registered"),
  );
  const texts = ["1", "2", "3", "4", "5"];
  const sent = await Promise.all(
    texts.map((text) => patient(["--json", ...alice.args("send", "bob", text)])),
  );
  assertEquals(sent.map(({ code }) => code), Array(5).fill(0));
  assertEquals((await bob.texts()).sort(), texts);
});

Deno.test("command line: where there is no profile, only what makes one leaves files", async () => {
  await using person = await Person.create("127.0.0.1:9");
  const before = [...Deno.readDirSync(person.folder)].map(({ name }) => name);
  const commands = ["whoami", "card", "files", "transfers", "history bob", "list", "send bob hi"];
  for (const command of commands) {
    assertEquals(await person.failure(...command.split(" ")), "not-registered", command);
    const names = [...Deno.readDirSync(person.folder)].map(({ name }) => name);
    assertEquals(names, before, command);
  }
  assertEquals(await person.failure("register", "bob"), "unreachable");
  assert((await Deno.stat(`${person.folder}/profile.db`)).isFile);
});

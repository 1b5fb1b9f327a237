/** What a person sees who runs the client on a terminal. */
import { hasEndpoint } from "../../client/daemon/endpoint.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Person, startClient } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";
import { terminalTest } from "../support/tmux.ts";
import { until } from "../support/until.ts";

terminalTest("terminal: the menu, typed into, at two sizes", async (terminals) => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  const pane = await terminals.client(["--profile", alice.folder], { columns: 100, rows: 40 });
  await pane.waitFor("0) Exit");
  await pane.line("2");
  await pane.waitFor("Nobody yet.");
  await pane.resize(60, 30);
  await pane.line("77");
  const screen = await pane.waitFor('There is no choice "77".');
  assertEquals(screen.split("\n").length - 1, 30);
  await pane.line("0");
  assertEquals(await pane.exitCode(), 0);
});

terminalTest(
  "terminal: Ctrl-C stops a choice; at a question the menu, and no engine",
  async (terminals) => {
    await using server = await startServer();
    await using alice = await Person.register(server.address, "alice", { classic: false });
    await using bob = await Person.register(server.address, "bob", { classic: false });
    await bob.json("send", "alice", "hello");
    assertEquals(await alice.texts(), ["hello"]);
    const path = `${alice.folder}/large`;
    {
      using file = await Deno.create(path);
      await file.truncate(900_000_000);
    }
    await using _engine = startClient(alice.args("daemon"));
    await until("the engine runs", () => hasEndpoint(alice.folder));
    const pane = await terminals.client(alice.args("menu"), { columns: 100, rows: 50 });
    await pane.waitFor("0) Exit");
    for (const line of ["50", "bob", path]) await pane.line(line);
    await pane.waitFor("MiB/s");
    await pane.key("C-c");
    await pane.waitFor("Interrupted");
    await pane.line("77");
    await pane.waitFor('There is no choice "77".');
    await pane.key("C-c");
    assertEquals(await pane.exitCode(), 130);
    const { stdout } = await alice.run(["--json", "status"], {});
    assertEquals(JSON.parse(stdout).engine, true);
  },
);

terminalTest("terminal: a passphrase is asked for and not shown", async (terminals) => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  const secret = "correct horse";
  const set = await terminals.client(alice.args("passphrase", "set"));
  await set.waitFor("New passphrase (at least 8 characters):");
  await set.line(secret);
  await set.waitFor("The same again:");
  await set.line(secret);
  assertEquals(await set.exitCode(), 0);

  const pane = await terminals.client(alice.args("whoami"));
  await pane.waitFor("Passphrase:");
  await pane.line(secret);
  await pane.waitFor("alice");
  assertEquals(await pane.exitCode(), 0);
  for (const written of [await set.written(), await pane.written()]) {
    assert(!new TextDecoder().decode(written).includes(secret));
  }
});

terminalTest("terminal: the digits of verify fit beside the code", async (terminals) => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using _bob = await Person.register(server.address, "bob", { classic: false });
  const number = /^( {2}(?:[0-9]{5} ?){4}\n){3}/.exec((await alice.run(["verify", "bob"])).stdout);
  const groups = number?.[0].trim().split(/\s+/) ?? [];
  assertEquals(groups.length, 12);
  for (const [columns, rows, code] of [[80, 24, true], [60, 12, false]] as const) {
    const options = { columns, rows, cwd: alice.folder };
    const pane = await terminals.clientInShell(["verify", "bob"], options);
    const screen = await pane.waitFor("ended with 0");
    for (const group of groups) assert(screen.includes(group), screen);
    assert(screen.includes("Does bob see the same?"), screen);
    const [first] = screen.split("\n");
    assertEquals(first.startsWith("\u2588".repeat(41)), code, screen);
  }
});

terminalTest("terminal: where there is nothing it says so, pipes stay empty", async (terminals) => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice", { classic: false });
  for (
    const [command, text] of [
      ["receive", "No messages."],
      ["files", "No files."],
      ["transfers", "Nothing is on its way."],
      ["list", "Nobody yet."],
    ]
  ) {
    const pane = await terminals.clientInShell(alice.args(command));
    const screen = await pane.waitFor("ended with 0");
    assert(screen.startsWith(`${text}\n`), screen);
    assertEquals(await alice.run([command]), { code: 0, signal: null, stdout: "", stderr: "" });
  }
});

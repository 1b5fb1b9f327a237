/** The first steps of a new user. */
import { assert, assertEquals } from "../support/assert.ts";
import { runHere } from "../support/client_here.ts";
import { startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { terminalTest } from "../support/tmux.ts";

const PASSPHRASE = "correct horse";

terminalTest("setup: asks for all it needs, until it makes sense", async (terminals) => {
  await using server = await startServer();
  const folder = `${terminals.folder}/alice`;
  const taken = ["--profile", `${terminals.folder}/bob`, "--server", server.address];
  assertEquals((await runHere([...taken, "setup", "--name", "bob", "--no-passphrase"])).code, 0);

  const pane = await terminals.client(["--profile", folder, "setup"], { columns: 120 });
  await pane.waitFor("Server (HOST:PORT");
  await pane.line("nonsense");
  await pane.waitFor(/the address must be HOST:PORT[^]*Server \(HOST:PORT/);
  await pane.line(server.address);
  await pane.waitFor(`has this key (compare it with what its operator says):\n  ${server.key}`);
  await pane.waitFor("Your name");
  await pane.line("bob");
  await pane.waitFor("Passphrase for this profile");
  await pane.line("short");
  await pane.line("short");
  await pane.waitFor("at least 8 characters, not 5");
  await pane.line("");
  await pane.waitFor("Go on without one?");
  await pane.line("no");
  await pane.waitFor(/Go on without one\?.* no\nPassphrase/);
  await pane.line(PASSPHRASE);
  await pane.waitFor("The same again:");
  await pane.line(PASSPHRASE);
  await pane.waitFor(/"bob"; try another[^]*Your name/);
  await pane.line("alice");
  const screen = await pane.waitFor("You are registered as alice at");
  assertEquals(await pane.exitCode(), 0);
  const card = /alice#[0-9a-f]{32}/.exec(screen)?.[0];
  assert(screen.includes(`messaging-client --profile ${folder} send NAME TEXT`), screen);
  assert(screen.includes(`messaging-client --profile ${folder} chat`), screen);
  assert(!new TextDecoder().decode(await pane.written()).includes(PASSPHRASE));

  const env = { MESSAGING_PASSPHRASE: PASSPHRASE };
  assertEquals((await runHere(["--profile", folder, "card"], env)).stdout, `${card}\n`);
  assertEquals((await runHere(["--profile", folder, "list"], env)).code, 0);
});

Deno.test("setup: by options alone, and once more without effect", async () => {
  await using server = await startServer();
  await using temp = await tempFolder();
  const env = { MESSAGING_PASSPHRASE: PASSPHRASE, XDG_DATA_HOME: temp.path };
  const address = `${server.address}#${server.key}`;
  const first = await runHere(["--server", address, "setup", "--name", "alice"], env);
  assertEquals(first.code, 0, first.stderr);
  assert(first.stderr.includes(`(as its address demands):\n  ${server.key}\n`), first.stderr);
  assert(/^[0-9a-f]{32} {2}alice\n$/.test(first.stdout), first.stdout);
  const info = await Deno.readTextFile(`${temp.path}/messaging/server.info`);
  assertEquals(info, `${address}\n`);

  const again = await runHere(["setup"], env);
  assertEquals([again.code, again.stdout], [0, first.stdout]);
  assert(again.stderr.includes("is set up already. Nothing was changed."), again.stderr);
  const other = await runHere(["--json", "setup", "--name", "eve"], env);
  assertEquals([other.code, JSON.parse(other.stderr).error.code], [1, "already-registered"]);
  const unopened = await runHere(["whoami"], { XDG_DATA_HOME: temp.path });
  assert(unopened.stderr.includes("a passphrase is needed"), unopened.stderr);
});

Deno.test("setup: without a terminal it names what is missing, and makes nothing", async () => {
  await using temp = await tempFolder();
  const setup = (...args: string[]) => runHere(["--profile", temp.path, ...args, "setup"]);
  const { code, stderr } = await setup();
  assertEquals(code, 2);
  const named = ["--server HOST:PORT", "--name NAME", "--no-passphrase", "MESSAGING_PASSPHRASE"];
  for (const option of named) assert(stderr.includes(option), stderr);
  assert(/\n *Try: messaging-client setup --help\n$/.test(stderr), stderr);
  const some = await setup("--server", "127.0.0.1:9", "--name", "alice");
  assert(!/HOST:PORT|NAME/.test(some.stderr.replace("MESSAGING", "")), some.stderr);
  assertEquals(temp.names(), []);
});

Deno.test("setup: a server without the demanded key learns nothing; nothing is made", async () => {
  await using server = await startServer();
  await using temp = await tempFolder();
  const address = `${server.address}#${"0".repeat(64)}`;
  const options = ["--profile", temp.path, "--server", address, "--json"];
  const { code, stderr } = await runHere([...options, "setup", "--name", "a1", "--no-passphrase"]);
  assertEquals([code, JSON.parse(stderr).error.code], [1, "wrong-server"]);
  assertEquals(temp.names(), []);
});

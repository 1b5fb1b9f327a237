/** What a person sees who runs the client on a terminal. */
import { assert, assertEquals } from "../support/assert.ts";
import { Person } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";
import { terminalTest } from "../support/tmux.ts";

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

terminalTest("terminal: a passphrase is asked for and not shown", async (terminals) => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  const secret = "correct horse";
  const set = await terminals.client(alice.args("passphrase", "set"));
  await set.waitFor("New passphrase:");
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

/** What tells of messages beside showing them. */
import { assert, assertEquals } from "../support/assert.ts";
import { jsonLines, Person, type ReceivedJson } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";
import { terminalTest } from "../support/tmux.ts";

Deno.test("notifying: a command gets each message on its standard input alone", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  await using bob = await Person.register(server.address, "bob");
  const texts = ["hello", "'; touch evil; '$(touch evil)"];
  for (const text of texts) await alice.json("send", "bob", text);
  const hook =
    `cat >> heard; printf '%s\\n' "$# $MESSAGING_PASSPHRASE." >> arguments; echo printed`;
  const { code, stdout, stderr } = await bob.run(
    ["--json", "receive", "--on-message", hook, "--notify", "osc9"],
    { cwd: bob.folder, env: { MESSAGING_PASSPHRASE: "secret" } },
  );
  assertEquals([code, stderr], [0, "printed\nprinted\n"]);
  const heard = jsonLines<ReceivedJson>(await Deno.readTextFile(`${bob.folder}/heard`));
  assertEquals(heard.map(({ text }) => text), texts);
  const received = jsonLines<ReceivedJson>(stdout).filter(({ type }) => type === "text");
  assertEquals(received, heard);
  assertEquals(await Deno.readTextFile(`${bob.folder}/arguments`), "0 .\n0 .\n");

  await bob.json("mute", "alice");
  await alice.json("send", "bob", "quiet");
  const muted = await bob.run(["--json", "receive", "--on-message", "cat >&2"], {});
  assertEquals([muted.code, muted.stderr], [0, ""]);
  const [quiet] = jsonLines<{ text: string; muted: boolean }>(muted.stdout);
  assertEquals([quiet.text, quiet.muted], ["quiet", true]);
  await bob.json("mute", "alice", "off");

  for (const text of texts) await alice.json("send", "bob", text);
  const failing = await bob.run(["receive", "--on-message", "exit 4"], {});
  assertEquals(failing.code, 0);
  assertEquals(
    failing.stderr,
    "messaging-client: the command of --on-message ended with exit code 4\n",
  );
});

terminalTest("notifying: a desktop notification on a terminal", async (terminals) => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  await using bob = await Person.register(server.address, "bob");
  await alice.json("send", "bob", "come\x1b]9;fake\x07 here");
  const pane = await terminals.client(bob.args("receive", "--notify", "osc9"));
  assertEquals(await pane.exitCode(), 0);
  const written = new TextDecoder().decode(await pane.written());
  assert(written.includes("\x1b]9;From alice: come\ufffd]9,fake\ufffd here\x07"), written);
  assertEquals(written.split("\x1b]9;").length, 2);
});

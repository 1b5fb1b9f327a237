/** What tells of messages beside showing them. */
import { assert, assertEquals } from "../support/assert.ts";
import { jsonLines, Person, type ReceivedJson, startClient } from "../support/client_process.ts";
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

Deno.test("notifying: a daemon runs the command for what comes while it runs", async () => {
  await using server = await startServer({ args: ["--exempt", "127.0.0.1"] });
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await alice.json("send", "bob", "before");
  await bob.json("receive");
  await alice.json("send", "bob", "waiting");
  const args = bob.args("daemon", "--on-message", "cat; echo $# >&2");
  await using engine = startClient(args, { cwd: bob.folder });
  await engine.says("waiting");
  await alice.json("send", "bob", "'; touch evil; '");
  await engine.says("touch evil");
  // Whoever is beside it gets them, too.
  const beside = await bob.run(["--json", "receive"], {});
  const texts = jsonLines<ReceivedJson>(beside.stdout).map(({ text }) => text);
  assertEquals(texts, ["waiting", "'; touch evil; '"]);
  const refused = await bob.run(["daemon", "--stdio", "--on-message", "true"], {});
  assertEquals(refused.code, 1);
  assert(/already; to end it: .* stop\n$/.test(refused.stderr), refused.stderr);
  engine.kill("SIGTERM");
  const { code, stdout, stderr } = await engine.outcome();
  assertEquals([code, stdout], [0, ""]);
  const heard = [...stderr.matchAll(/^\{.*\}$/gm)].map(([line]) => JSON.parse(line));
  assertEquals(heard.map(({ text }) => text), ["waiting", "'; touch evil; '"]);
  const from = heard.map(({ from }) => from.name);
  assertEquals([from, stderr.match(/^\d+$/gm)], [["alice", "alice"], ["0", "0"]]);
});

Deno.test("notifying: a daemon that tells of messages still ends when it is idle", async () => {
  await using server = await startServer({ args: ["--exempt", "127.0.0.1"] });
  await using alice = await Person.register(server.address, "alice", { classic: false });
  const args = alice.args("daemon", "--idle", "0.01", "--on-message", "true");
  const { code, stderr } = await startClient(args).outcome();
  assertEquals(code, 0, stderr);
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

/** The chat in lines, in pipes and on a terminal. */
import { assert, assertEquals } from "../support/assert.ts";
import { jsonLines, Person } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";
import { terminalTest } from "../support/tmux.ts";

Deno.test("plain chat: a script talks through pipes, and the engine goes with it", async () => {
  await using server = await startServer({ args: ["--exempt", "127.0.0.1"] });
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await bob.json("send", "alice", "hello");
  await alice.json("receive");
  const { code, stdout, stderr } = await alice.run(["--json", "chat", "--plain", "bob"], {
    stdin: "good morning\n//slash\n/nothing\n/quit\nnot sent\n",
  });
  assertEquals([code, JSON.parse(stderr).error.code], [1, "usage"]);
  const lines = jsonLines<{ text: string; direction: string }>(stdout);
  assertEquals(lines[0].text, "hello");
  assertEquals(await bob.texts(), ["good morning", "/slash"]);
});

terminalTest("plain chat: two people, and commands beside them", async (terminals) => {
  await using server = await startServer({ args: ["--exempt", "127.0.0.1"] });
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await Deno.writeTextFile(`${alice.folder}/note.txt`, "a note");
  const cwd = alice.folder;
  const [left, right] = await Promise.all([
    terminals.client(alice.args("chat", "--plain", "bob"), { cwd }),
    terminals.client(bob.args("chat", "--plain", "alice", "--notify", "bell")),
  ]);
  await left.waitFor("This is the chat with bob");
  await right.waitFor("This is the chat with alice");
  await left.line("hello Bob");
  await left.waitFor("you: hello Bob");
  await right.waitFor("alice: hello Bob");
  await right.line("שלום");
  await left.waitFor(/bob: .?שלום/);
  // Through the engine that the chat is.
  assertEquals((await alice.run(["send", "bob", "from beside"], {})).code, 0);
  await right.waitFor("alice: from beside");
  await left.waitFor("you: from beside");
  await left.line("/fiel note.txt");
  await left.waitFor("there is no command /fiel; did you mean file?");
  await left.line("/react");
  await left.waitFor("it is: /react N EMOJI");
  assert(!(await left.screen()).includes("Try:"), "the chat has its own help");
  await left.line("/file note.txt");
  await right.waitFor("alice: file note.txt of 6 bytes");
  await left.line("/quit");
  assertEquals(await left.exitCode(), 1); // one line failed
  await right.key("C-d");
  assertEquals(await right.exitCode(), 0);
  const bells = (await right.written()).filter((byte) => byte === 7).length;
  assertEquals(bells, 3);
});

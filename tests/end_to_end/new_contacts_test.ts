/** What scripts say about clients who are new: --new-contacts. */
import { assert, assertEquals } from "../support/assert.ts";
import { Person } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";
import { terminalTest } from "../support/tmux.ts";

const REFUSE = ["--new-contacts", "refuse"];

Deno.test("new contacts: refused, they get nothing, before anything leaves", async () => {
  await using server = await startServer({ args: ["--exempt", "127.0.0.1"] });
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await using carol = await Person.register(server.address, "carol", { classic: false });
  const file = `${alice.folder}/note`;
  await Deno.writeTextFile(file, "a note");
  await alice.json("send", "carol", "known from now on");

  for (const policy of ["refuse", "ask"]) { // there is no terminal to ask on
    const option = ["--new-contacts", policy];
    assertEquals(await alice.failure("send", "bob", "hi", ...option), "new-contact");
    assertEquals(await alice.failure("send", "carol,bob", "hi", ...option), "new-contact");
    assertEquals(await alice.failure("send-file", "bob", file, ...option), "new-contact");
    // Nor is a name looked up.
    assertEquals((await alice.json<{ name: string }>("list", "--contacts")).length, 1);
  }
  assertEquals(await bob.texts(), []);
  assertEquals(await carol.texts(), ["known from now on"]);

  const [{ card }] = await bob.json<{ card: string }>("card");
  await alice.json("add", card);
  await alice.json("send", "bob", "by card", ...REFUSE);
  assertEquals(await bob.texts(), ["by card"]);
  await bob.json("send", "alice", "an answer", "--new-contacts", "accept");
  assertEquals(await alice.texts(), ["an answer"]);
});

Deno.test("new contacts: refused, what they write is kept and told of, but not shown", async () => {
  await using server = await startServer({ args: ["--exempt", "127.0.0.1"] });
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await using eve = await Person.register(server.address, "eve", { classic: false });
  await alice.json("send", "bob", "hello");
  await bob.texts();
  await bob.json("send", "alice", "from a friend");
  for (const text of ["one", "two"]) await eve.json("send", "alice", text);

  const received = await alice.json<{ type: string; text: string }>("receive", ...REFUSE);
  assertEquals(received.map(({ type }) => type).sort(), ["notice", "text"]);
  const textOf = (wanted: string) => received.find(({ type }) => type === wanted)?.text;
  assertEquals(textOf("text"), "from a friend");
  assert(textOf("notice")?.includes(`eve#${eve.id}`), textOf("notice"));
  const history = await alice.json<{ text: string }>("history", "eve");
  assertEquals(history.map(({ text }) => text), ["one", "two"]);
  // The card that was told makes eve a contact.
  await alice.json("add", `eve#${eve.id}`);
  await eve.json("send", "alice", "three");
  const later = await alice.json<{ text: string }>("receive", ...REFUSE);
  assertEquals(later.map(({ text }) => text), ["three"]);
});

Deno.test("new contacts: a name never goes over to another client by itself", async () => {
  await using server = await startServer({ args: ["--exempt", "127.0.0.1"] });
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await alice.json("send", "bob", "hello");
  await bob.texts();
  await bob.run(["unregister", "--yes"]);
  await using other = await Person.register(server.address, "bob", { classic: false });

  const { code, stderr } = await alice.run(["send", "bob", "for the first bob"]);
  assertEquals(code, 1);
  assert(stderr.includes("Someone else may have the name by now: ask for a card"), stderr);
  assertEquals(await other.texts(), []);
  const added = await alice.run(["add", `bob#${other.id}`]);
  assertEquals(added.code, 1);
  assert(added.stderr.includes("under a name of your choice"), added.stderr);
  await alice.json("add", `new bob#${other.id}`);
  await alice.json("send", "new bob", "for the second");
  assertEquals(await other.texts(), ["for the second"]);
});

terminalTest("new contacts: on a terminal the owner is asked", async (terminals) => {
  await using server = await startServer({ args: ["--exempt", "127.0.0.1"] });
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  for (const [answer, code] of [["no", 1], ["yes", 0]] as const) {
    const pane = await terminals.client(alice.args("send", "bob", "hi", "--new-contacts", "ask"));
    await pane.waitFor(`bob#${bob.id} is new. Take this for the right one?`);
    await pane.line(answer);
    assertEquals(await pane.exitCode(), code, await pane.screen());
    assertEquals(await bob.texts(), code === 0 ? ["hi"] : []);
  }
});

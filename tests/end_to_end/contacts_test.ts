/** What people keep, and decide, about others: history, aliases, blocks, cards. */
import { assert, assertEquals } from "../support/assert.ts";
import { Person } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";

interface HistoryLine {
  direction: string;
  state: string;
  text?: string;
  file?: { name: string; size: number; path: string };
}

Deno.test("history: texts and files of both, without a server; forgotten here alone", async () => {
  const server = await startServer();
  await using _ = server;
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  const path = `${alice.folder}/notes.txt`;
  await Deno.writeTextFile(path, "some notes");
  await alice.json("send", "bob", "Grüße aus Zürich");
  await alice.json("send-file", "bob", path);
  await bob.receive();
  await bob.json("send", "alice", "thanks");
  await alice.receive();
  await server.kill("SIGKILL");

  const history = async (person: Person, ...args: string[]) =>
    (await person.json<HistoryLine>("history", ...args))
      .map(({ direction, state, text, file }) => [direction, state, text ?? file?.name]);
  assertEquals(await history(alice, "bob"), [
    ["sent", "sent", "Grüße aus Zürich"],
    ["sent", "sent", "notes.txt"],
    ["received", "received", "thanks"],
  ]);
  assertEquals(await history(bob, "alice", "--search", "ZÜRICH"), [
    ["received", "received", "Grüße aus Zürich"],
  ]);
  assertEquals(await history(bob, "alice", "--search", "nowhere"), []);
  const { code, stdout } = await bob.run(["history", "alice"]);
  assertEquals(code, 0);
  const lines = stdout.split("\n");
  assert(lines[0].endsWith("← alice: Grüße aus Zürich"), stdout);
  assert(lines[1].includes("← alice: file of 10 bytes, notes.txt"), stdout);
  // To an engine the receipt may have come already.
  assert(/→ alice: thanks ✓{1,2}$/.test(lines[2]), stdout);

  const [{ forgotten }] = await bob.json<{ forgotten: number }>("forget", "alice");
  assertEquals(forgotten, 3);
  assertEquals(await history(bob, "alice"), []);
  assertEquals((await history(alice, "bob")).length, 3);
  assertEquals(await bob.failure("history", "nobody"), "unknown-name");
});

Deno.test("contacts: an alias stands for a name, and a blocked client is not heard", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await using old = await Person.register(server.address, "old");
  await alice.json("alias", "bob", "robert");
  await alice.json("send", "robert", "by the alias");
  assertEquals(await bob.texts(), ["by the alias"]);

  await alice.json("send", "old", "hello");
  await old.receive();
  for (const name of ["robert", "old"]) await alice.json("block", name);
  for (const person of [bob, old]) await person.json("send", "alice", "can you hear me?");
  assertEquals(await alice.json("receive"), []);
  assertEquals(await alice.failure("send", "robert", "no"), "blocked");
  for (const name of ["robert", "old"]) await alice.json("unblock", name);
  assertEquals(await alice.json("receive"), [], "what came meanwhile does not come back");
  for (const person of [bob, old]) await person.json("send", "alice", "and now?");
  assertEquals(await alice.texts(), ["and now?", "and now?"]);
  await alice.json("send", "robert", "yes");
  assertEquals(await bob.texts(), ["yes"]);
});

Deno.test("contacts: a card names the keys that its owner must have", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  const [{ card }] = await bob.json<{ card: string }>("card");
  assertEquals(card, `bob#${bob.id}`);
  await alice.json("add", card);
  await alice.json("send", "bob", "by the card");
  assertEquals(await bob.texts(), ["by the card"]);
  assertEquals(await alice.failure("add", `bob#${"0".repeat(32)}`), "wrong-identity");
  assertEquals(await alice.failure("add", "no card"), "bad-card");
  await alice.json("send", "bob", "still by the card");
  assertEquals(await bob.texts(), ["still by the card"]);
});

Deno.test("list: the names of contacts alone, for completions, ask for nothing", async () => {
  const server = await startServer();
  await using _ = server;
  await using alice = await Person.register(server.address, "alice", { classic: false });
  for (const name of ["bob", "carol"]) {
    await using other = await Person.register(server.address, name, { classic: false });
    assertEquals(other.name, name);
    await alice.json("send", name, "hello");
  }
  await alice.json("alias", "bob", "Bob from work");
  await server.kill("SIGKILL");

  const names = ["--quiet", "list", "--contacts", "--names"];
  assertEquals(await alice.run(names), {
    ...{ code: 0, signal: null, stderr: "" },
    stdout: "Bob from work\ncarol\n",
  });
  assertEquals((await alice.json<{ alias: string | null }>(...names))[0].alias, "Bob from work");
  alice.env = { MESSAGING_PASSPHRASE: "correct horse" };
  await alice.json("passphrase", "set");
  alice.env = { MESSAGING_PASSPHRASE: "" };
  assertEquals(await alice.failure(...names), "no-passphrase");
});

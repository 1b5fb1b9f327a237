/** Profiles under a passphrase, and profiles that move. */
import { assert, assertEquals } from "../support/assert.ts";
import { Person } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";

const PASSPHRASE = { MESSAGING_PASSPHRASE: "correct horse battery staple" };

Deno.test("protected: nothing goes without the passphrase, and everything with it", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await bob.json("send", "alice", "before");
  assertEquals(await alice.texts(), ["before"]);

  assertEquals(await alice.failure("passphrase", "set"), "no-passphrase");
  alice.env = PASSPHRASE;
  assertEquals(await alice.json("passphrase", "set"), [{ protected: true }]);
  await alice.json("send", "bob", "under a passphrase");
  assertEquals(await bob.texts(), ["under a passphrase"]);

  await bob.json("send", "alice", "waits for the passphrase");
  for (const command of [["receive"], ["history", "bob"]]) {
    alice.env = { MESSAGING_PASSPHRASE: "something else" };
    assertEquals(await alice.failure(...command), "wrong-passphrase", command[0]);
    alice.env = {};
    assertEquals(await alice.failure(...command), "no-passphrase", command[0]);
  }
  alice.env = PASSPHRASE;
  assertEquals(await alice.texts(), ["waits for the passphrase"]);
  const { code, stdout } = await alice.run(["history", "bob", "--search", "BEFORE"]);
  assertEquals(code, 0);
  assert(stdout.includes("← bob: before"), stdout);

  const next = { MESSAGING_NEW_PASSPHRASE: "another one" };
  alice.env = { ...PASSPHRASE, ...next };
  await alice.json("passphrase", "change");
  alice.env = PASSPHRASE;
  assertEquals(await alice.failure("whoami"), "wrong-passphrase");
  alice.env = { MESSAGING_PASSPHRASE: "another one" };
  assertEquals(await alice.json("passphrase", "remove"), [{ protected: false }]);
  alice.env = {};
  await bob.json("send", "alice", "in the open again");
  assertEquals(await alice.texts(), ["in the open again"]);
});

Deno.test("protected: for people, a wrong passphrase is one line and exit code 1", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice", { classic: false });
  alice.env = PASSPHRASE;
  await alice.json("passphrase", "set");
  const env = { MESSAGING_PASSPHRASE: "letmein123" };
  const { code, stdout, stderr } = await alice.run(["whoami"], { env });
  assertEquals([code, stdout], [1, ""]);
  assert(/^messaging-client: [^\n]*passphrase[^\n]*\n$/.test(stderr), stderr);
  assert(!stderr.includes(env.MESSAGING_PASSPHRASE), stderr);
});

Deno.test("export: conversations, history and contacts continue in another folder", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await using temp = await tempFolder();
  await alice.json("send", "bob", "from the old place");
  assertEquals(await bob.texts(), ["from the old place"]);
  await bob.json("send", "alice", "an answer");
  assertEquals(await alice.texts(), ["an answer"]);
  await alice.json("verify", "bob", "--yes");
  await alice.json("alias", "bob", "robert");

  const file = `${temp.path}/alice.export`;
  assertEquals(await alice.failure("export", file), "no-passphrase");
  alice.env = PASSPHRASE;
  assertEquals(await alice.json("export", file), [{ exported: file }]);
  assertEquals(await alice.failure("export", file), "file", "it is not written over");
  await bob.json("send", "alice", "meanwhile");

  await using moved = await Person.create(server.address);
  moved.env = { MESSAGING_PASSPHRASE: "something else" };
  assertEquals(await moved.failure("import", file), "wrong-passphrase");
  moved.env = PASSPHRASE;
  const owner = { id: alice.id, name: "alice" };
  assertEquals(await moved.json("import", file), [{ imported: moved.folder, ...owner }]);
  assertEquals(await moved.failure("import", file), "already-registered");
  moved.env = {};
  assertEquals(await moved.failure("whoami"), "no-passphrase");

  moved.env = PASSPHRASE;
  assertEquals(await moved.json("whoami"), [owner]);
  assertEquals(await moved.texts(), ["meanwhile"]);
  await moved.json("send", "robert", "from the new place");
  assertEquals(await bob.texts(), ["from the new place"]);
  const history = await moved.json<{ text: string; direction: string }>("history", "robert");
  assertEquals(history.map(({ direction, text }) => `${direction} ${text}`), [
    "sent from the old place",
    "received an answer",
    "received meanwhile",
    "sent from the new place",
  ]);
  const [{ verified, alias }] = await moved.json<{ verified: boolean; alias: string }>("list");
  assertEquals([verified, alias], [true, "robert"]);
});

import { assert, assertEquals } from "../support/assert.ts";
import { runHere } from "../support/client_here.ts";
import { Person, runClient } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";

/** Types `lines` into the menu of this person. Returns what it shows. */
async function menu(person: Person, lines: string[], cwd = person.folder): Promise<string> {
  const stdin = lines.map((line) => `${line}\n`).join("");
  const { code, stdout, stderr } = await person.run([], { stdin, cwd });
  assertEquals([code, stderr], [0, ""]);
  return stdout;
}

Deno.test("menu: two people talk through pipes", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  await Deno.writeTextFile(`${alice.folder}/note`, "a note");
  const alone = await menu(alice, ["2", "0"]);
  assert(alone.includes("Nobody yet."), alone);
  await using bob = await Person.register(server.address, "bob");

  const sent = await menu(alice, [
    "2",
    "3",
    "bob",
    "5",
    "bob",
    "שלום 👋",
    "50",
    "bob",
    "note",
    "0",
  ]);
  assert(/[0-9a-f]{32} {2}bob\n/.test(sent), sent);
  assert(/30819[0-9a-f]{315}\n/.test(sent), sent);
  assert(sent.includes("Message 1 to bob") && sent.includes("Message 2 to bob"), sent);

  const received = await menu(bob, ["4", "4", "51", "alice"]); // the end of input ends it, too
  assert(received.includes("alice: \u2068שלום 👋\u2069\n"), received);
  assert(received.includes("alice sent a file of 6 bytes: ./alice-3.bin\n"), received);
  assert(received.includes("No messages."), received);
  assertEquals(await Deno.readTextFile(`${bob.folder}/alice-3.bin`), "a note");
  assert((await menu(alice, ["4", "0"])).includes("bob asked for a key, and got one."));
  assert((await menu(bob, ["4", "52", "alice", "0"])).includes("alice sent a key."));
});

Deno.test("menu: an error is told on standard error, and the menu goes on", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  const stdin = "1\nalice\n5\nbob\nhello\n2\n0\n";
  const { code, stdout, stderr } = await alice.run([], { stdin });
  assertEquals(code, 0);
  assertEquals(stderr.match(/^messaging-client: /gm)?.length, 2, stderr);
  assert(stderr.includes("already registered") && stderr.includes('"bob"'), stderr);
  assert(stdout.includes("Nobody yet."), stdout);
});

Deno.test("menu: lines of Windows, and a last line without an end", async () => {
  await using server = await startServer();
  await using alice = await Person.create(server.address);
  const { code, stderr } = await alice.run(["--quiet", "menu"], {
    stdin: "1\r\nalice\r\n0",
  });
  assertEquals([code, stderr], [0, ""]);
  assertEquals((await alice.json<{ name: string }>("whoami"))[0].name, "alice");
});

Deno.test("test: runs the automatic tests, which pass and leave the profile alone", async () => {
  await using server = await startServer();
  await using temp = await tempFolder();
  const args = ["--server", server.address, "test"];
  for (let run = 0; run < 2; run++) {
    const { code, stdout, stderr } = await runClient(args, { cwd: temp.path });
    assertEquals([code, stderr], [0, ""], stdout);
    const lines = stdout.trimEnd().split("\n");
    const passed = lines.filter((line) => line.startsWith("PASS  ")).length;
    assert(passed >= 16, stdout);
    assertEquals(lines.length, passed + 2, stdout); // and who stays on the server
    assertEquals(lines.at(-1), `${passed} passed, 0 failed`);
  }
  assertEquals(temp.names(), []);
});

Deno.test("test: without a server every test fails, and so does the command", async () => {
  const server = await startServer();
  await server[Symbol.asyncDispose]();
  const { code, stdout } = await runHere(["--server", server.address, "test"]);
  assertEquals(code, 1);
  const last = stdout.trimEnd().split("\n").at(-1)!;
  assert(/^\d+ passed, \d+ failed$/.test(last) && !last.endsWith(" 0 failed"), stdout);
});

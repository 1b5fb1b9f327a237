/** Where a text comes from, and to whom it goes. */
import { assert, assertEquals } from "../support/assert.ts";
import { jsonLines, Person } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";

Deno.test("sending: a text to several people, one of whom cannot get it", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  await using bob = await Person.register(server.address, "bob");
  await using carol = await Person.register(server.address, "carol");

  const sent = await alice.json<{ to: { name: string } }>("send", "bob,carol,bob", "to both");
  assertEquals(sent.map(({ to }) => to.name), ["bob", "carol"]);
  const some = await alice.run(["--json", "send", "bob,nobody,carol", "to some"]);
  assertEquals(some.code, 1);
  assertEquals(
    jsonLines<{ to: { name: string } }>(some.stdout).map(({ to }) => to.name),
    ["bob", "carol"],
  );
  const { error } = JSON.parse(some.stderr);
  assertEquals(error.code, "unknown-name");
  assert(error.message.startsWith('to "nobody": '), error.message);
  assertEquals(await bob.texts(), ["to both", "to some"]);
  assertEquals(await carol.texts(), ["to both", "to some"]);
});

Deno.test("sending: a text from a file; what is no text is refused", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  await using bob = await Person.register(server.address, "bob");
  const path = `${alice.folder}/letter`;
  await Deno.writeTextFile(path, "Dear Bob,\n\n\twords\n");
  await alice.json("send", "bob", "--file", path);
  assertEquals(await bob.texts(), ["Dear Bob,\n\n\twords"]);

  await Deno.writeFile(path, new Uint8Array([0xff]));
  assertEquals(await alice.failure("send", "bob", "--file", path), "bad-text");
  await Deno.writeTextFile(path, "\n");
  assertEquals(await alice.failure("send", "bob", "--file", path), "bad-text");
  assertEquals(await alice.failure("send", "bob", ""), "bad-text");
  assertEquals(await alice.failure("send", "bob", "--file", `${path}/none`), "file");
  for (const stdin of ["", "\n"]) {
    const { code, stderr } = await alice.run(["send", "bob"], { stdin });
    assertEquals([code, stderr], [1, "messaging-client: there is no text; nothing was sent\n"]);
  }
  assertEquals(await bob.texts(), []);
});

Deno.test("sending: a text from an editor, which no one else can read", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  await using bob = await Person.register(server.address, "bob");
  const { folder } = alice;
  await Deno.mkdir(`${folder}/run`);
  await Deno.writeTextFile(
    `${folder}/editor`,
    'ls -ld "$2" >"$FACTS"; ls -ld "$(dirname "$2")" >>"$FACTS"\n' +
      'echo "[$MESSAGING_PASSPHRASE]" >>"$FACTS"\n' +
      'touch "$2~"; printf "%s\\nand more\\n" "$1" >"$2"\n',
  );
  // As people set it: with arguments, and a path with a blank.
  const EDITOR = `sh '${folder}/editor' 'some words'`;
  const FACTS = `${folder}/facts`;
  const env = { FACTS, VISUAL: "", EDITOR, XDG_RUNTIME_DIR: `${folder}/run` };
  const edit = (more = {}) =>
    alice.run(["send", "bob", "--editor"], {
      stdin: "",
      env: { ...env, MESSAGING_PASSPHRASE: "secret", ...more },
    });
  assertEquals((await edit()).code, 0);
  assertEquals(await bob.texts(), ["some words\nand more"]);
  const facts = (await Deno.readTextFile(FACTS)).split("\n");
  assert(facts[0].startsWith("-rw-------") && facts[1].startsWith("drwx------"), facts.join("\n"));
  assert(facts[0].includes(`${folder}/run/`), facts[0]);
  assertEquals(facts[2], "[]");
  assertEquals([...Deno.readDirSync(`${folder}/run`)], []);

  // Without such a place, in the profile's folder; VISUAL counts more than EDITOR.
  const names = () => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  const before = names();
  const unchanged = await edit({ VISUAL: "true", XDG_RUNTIME_DIR: "" });
  assertEquals(
    [unchanged.code, unchanged.stderr],
    [1, "messaging-client: there is no text; nothing was sent\n"],
  );
  const own = await edit({ VISUAL: "echo text >", EDITOR: "", XDG_RUNTIME_DIR: "" });
  assertEquals(own.code, 0);
  assertEquals(await bob.texts(), ["text"]);
  const { code, stderr } = await edit({ VISUAL: "exit 3;" });
  assertEquals(code, 1);
  assert(stderr.includes("exit code 3; nothing was sent"), stderr);
  assertEquals(names(), before);
  assertEquals(await bob.texts(), []);
});

/** A receiver who was offline since registering, and a server that cannot read anything. */
import { assert, assertEquals } from "../support/assert.ts";
import { Person } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";

/** The paths of all files below `folder`. */
async function filesIn(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) paths.push(...await filesIn(path));
    else if (isFile) paths.push(path);
  }
  return paths;
}

/** The files below `folder` that hold `marker`, in their names or anywhere in their bytes. */
async function filesWith(marker: string, folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const path of await filesIn(folder)) {
    // One character per byte, so that nothing is lost if it is no UTF-8.
    const text = new TextDecoder("latin1").decode(await Deno.readFile(path));
    if (path.includes(marker) || text.includes(marker)) found.push(path);
  }
  return found;
}

Deno.test("offline: a first text and file wait, unreadable for the server", async () => {
  await using folder = await tempFolder();
  const data = `${folder.path}/server`;
  const marker = `marker ${crypto.randomUUID()}`;
  const path = `${folder.path}/${marker}.txt`;
  // Larger than what the server keeps in its database.
  const content = `${marker} in the file\n`.repeat(5000);
  await Deno.writeTextFile(path, content);

  let server = await startServer({ data });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => server[Symbol.asyncDispose]());
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await bob.json("alias", "alice", "alice");
  await alice.json("send", "bob", `${marker} in the text`);
  await alice.json("send-file", "bob", path);

  const checkSecret = async () => {
    for (const place of [data, `${alice.folder}/incoming`, `${bob.folder}/incoming`]) {
      assertEquals(await filesWith(marker, place), []);
    }
    // Not even the profiles say it openly: there are keys, and all else is sealed.
    for (const { folder: profile } of [alice, bob]) {
      for (const end of ["", "-wal"]) {
        const bytes = await Deno.readFile(`${profile}/profile.db${end}`).catch(() => null);
        const text = new TextDecoder("latin1").decode(bytes ?? new Uint8Array(0));
        assert(!text.includes(marker), `${profile}/profile.db${end}`);
      }
    }
  };
  const stored = (await filesIn(data)).map((each) => each.slice(data.length + 1));
  assert(stored.some((name) => name.startsWith("chunks/")), `no file of its own: ${stored}`);
  await checkSecret();

  await server.kill("SIGKILL");
  await checkSecret();
  server = await startServer({ data });
  for (const person of [alice, bob]) await person.useServer(server.address);

  const [text, file, ...more] = await bob.receive();
  assertEquals(more, []);
  assertEquals([text.from.name, text.text], ["alice", `${marker} in the text`]);
  assertEquals([file.from.name, file.size], ["alice", content.length]);
  assertEquals(await Deno.readTextFile(file.path ?? ""), content);
  await checkSecret();

  await bob.json("send", "alice", `${marker} in the answer`);
  await checkSecret();
  assertEquals(await alice.texts(), [`${marker} in the answer`]);
  assertEquals(await bob.receive(), []);
  await checkSecret();
  await server.stop(); // which writes its log into its database
  await checkSecret();
});

Deno.test("offline: both see the same safety number, which nobody else has", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await using carol = await Person.register(server.address, "carol", { classic: false });
  await using old = await Person.register(server.address, "old");
  const verify = async (person: Person, ...args: string[]) => {
    const [trust] = await person.json<{ safetyNumber: string; verified: boolean }>(
      "verify",
      ...args,
    );
    return trust;
  };
  const seen = await verify(alice, "bob");
  assert(/^(\d{5} ){11}\d{5}$/.test(seen.safetyNumber), seen.safetyNumber);
  assertEquals(seen.verified, false);
  assertEquals(await verify(bob, "alice"), seen);
  assertEquals(await verify(alice, "bob", "--yes"), { ...seen, verified: true });
  assertEquals(await verify(alice, "bob"), { ...seen, verified: true });
  assertEquals(await verify(bob, "alice"), seen, "what alice marks is hers alone");
  assert((await verify(carol, "alice")).safetyNumber !== seen.safetyNumber);
  assert((await verify(carol, "bob")).safetyNumber !== seen.safetyNumber);
  assertEquals(await alice.failure("verify", "old"), "unauthenticated");
  assertEquals(await old.failure("verify", "alice"), "unauthenticated");
  const people = await alice.json<Record<string, unknown>>("list");
  assertEquals(people.map(({ name, verified }) => [name, verified]), [
    ["bob", true],
    ["carol", false],
    ["old", false],
  ]);
});

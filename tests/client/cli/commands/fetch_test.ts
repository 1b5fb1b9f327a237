import { assert, assertEquals } from "../../../support/assert.ts";
import { jsonLines, Person } from "../../../support/client_process.ts";
import { startServer } from "../../../support/server_process.ts";

interface Fetched {
  name: string;
  path: string;
}

Deno.test("fetch: all that wait, or all of one client, whatever one of them does", async () => {
  await using server = await startServer({ args: ["--exempt", "127.0.0.1"] });
  const people: Person[] = [];
  await using stack = new AsyncDisposableStack();
  for (const name of ["alice", "bob", "carol"]) {
    people.push(stack.use(await Person.register(server.address, name, { classic: false })));
  }
  const [alice, bob, carol] = people;
  const send = async (person: Person, name: string) => {
    await Deno.writeTextFile(`${person.folder}/${name}`, `this is ${name}`);
    await person.json("send-file", "bob", `${person.folder}/${name}`);
  };
  for (const name of ["one", "two", "three"]) await send(alice, name);
  for (const name of ["four", "five"]) await send(carol, name);
  await bob.json("receive", "--out", bob.out);
  assertEquals((await bob.json("files")).length, 5, "they are strangers");

  const ofCarol = await bob.json<Fetched>("fetch", "--all", "--from", "carol", "--out", bob.out);
  assertEquals(ofCarol.map(({ name }) => name), ["four", "five"]);
  assertEquals(ofCarol.map(({ path }) => path), [`${bob.out}/four`, `${bob.out}/five`]);

  await alice.json("unregister", "--yes"); // its files go, and with them the server's copies
  await send(carol, "six");
  await bob.json("alias", "carol", "carol");
  await bob.run(["receive", "--no-files"]);
  const { code, stdout, stderr } = await bob.run(["--json", "fetch", "--all", "--out", bob.out]);
  assertEquals(jsonLines<Fetched>(stdout).map(({ name }) => name), ["six"], stderr);
  assertEquals(code, 1);
  const codes = jsonLines<{ error: { code: string } }>(stderr).map(({ error }) => error.code);
  assertEquals(codes, ["gone", "gone", "gone"]);
  assertEquals(await bob.json("fetch", "--all"), []);
});

Deno.test("fetch: needs a number or --all, and not both", async () => {
  await using person = await Person.create("127.0.0.1:1");
  for (const args of [[], ["1", "--all"], ["1", "--from", "bob"]]) {
    const { code, stderr } = await person.run(["fetch", ...args]);
    assertEquals(code, 2);
    assert(stderr.includes("--all"), stderr);
  }
});

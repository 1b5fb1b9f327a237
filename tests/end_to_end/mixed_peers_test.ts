/** A secure client and a classic one: texts and files both ways, whichever starts. */
import { assert, assertEquals } from "../support/assert.ts";
import { Person } from "../support/client_process.ts";
import { sampleBytes } from "../support/pieces.ts";
import { type ServerProcess, startServer } from "../support/server_process.ts";

/** Texts and files go both ways, `first` being the one who writes first. */
async function exchange(first: Person, second: Person): Promise<void> {
  for (const [round, [from, to]] of [[first, second], [second, first], [first, second]].entries()) {
    const path = `${from.folder}/photo`;
    const file = sampleBytes(150_000 + round, round);
    await Deno.writeFile(path, file);
    await from.json("send", to.name, `hello ${to.name} ${round}`);
    await from.json("send-file", to.name, path);
    const [text, received, ...more] = await to.receive();
    assertEquals(more, []);
    assertEquals([text.from.name, text.text], [from.name, `hello ${to.name} ${round}`]);
    assertEquals(received.from.name, from.name);
    assertEquals(await Deno.readFile(received.path ?? ""), file);
  }
}

async function pair(server: ServerProcess): Promise<[secure: Person, classic: Person]> {
  return [
    await Person.register(server.address, "secure", { classic: false }),
    await Person.register(server.address, "classic"),
  ];
}

Deno.test("mixed: the secure client starts", async () => {
  await using server = await startServer();
  const [secure, classic] = await pair(server);
  await using _ = secure;
  await using __ = classic;
  await exchange(secure, classic);
});

Deno.test("mixed: the classic client starts, by asking for a key", async () => {
  await using server = await startServer();
  const [secure, classic] = await pair(server);
  await using _ = secure;
  await using __ = classic;
  assertEquals(await classic.failure("send", "secure", "too early"), "bad-key");
  await classic.json("request-key", "secure");
  assertEquals((await secure.json<{ type: string }>("receive")).map(({ type }) => type), [
    "key-request",
  ]);
  assertEquals((await classic.json<{ type: string }>("receive")).map(({ type }) => type), ["key"]);
  await exchange(classic, secure);
});

Deno.test("mixed: by the menu, and the secure one is told who proves nothing", async () => {
  await using server = await startServer();
  const [secure, classic] = await pair(server);
  await using _ = secure;
  await using __ = classic;
  /** What the menu prints for these lines of input. */
  const menu = async (person: Person, ...lines: string[]): Promise<string[]> => {
    await Deno.mkdir(person.out, { recursive: true });
    const options = { stdin: [...lines, "0", ""].join("\n"), cwd: person.out };
    const { code, stdout, stderr } = await person.run(["menu"], options);
    assertEquals([code, stderr], [0, ""]);
    return stdout.split("\n");
  };
  const file = sampleBytes(70_000);
  for (const { folder } of [secure, classic]) await Deno.writeFile(`${folder}/photo`, file);
  const says = (lines: string[], wanted: string) =>
    assert(lines.some((line) => line.includes(wanted)), `${wanted}: ${lines.join("\n")}`);

  says(await menu(classic, "51", "secure"), "Message 1 to secure is on the server.");
  says(await menu(secure, "4"), "classic (unauthenticated) asked for a key, and got one.");
  says(await menu(classic, "4"), "secure sent a key.");
  says(await menu(classic, "5", "secure", "hello"), "Message 2 to secure is on the server.");
  const photo = `${classic.folder}/photo`;
  says(await menu(classic, "50", "secure", photo), "Message 3 to secure is on the server.");
  const got = await menu(secure, "4");
  says(got, "classic (unauthenticated): hello");
  says(got, "classic (unauthenticated) sent a file of 68.3 KiB");
  assertEquals(await Deno.readFile(`${secure.out}/classic-3.bin`), file);

  says(await menu(secure, "5", "classic", "hello back"), " to classic (unauthenticated) is on");
  says(await menu(secure, "50", "classic", `${secure.folder}/photo`), " is on the server.");
  const back = await menu(classic, "4");
  says(back, "secure: hello back");
  says(back, "secure sent a file of 68.3 KiB");
  assertEquals(await Deno.readFile(`${classic.out}/secure-3.bin`), file);
  says(await menu(secure, "6", "classic", "back"), "→ classic (unauthenticated): hello back");
});

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
  const secure = await Person.register(server.address, "secure", { classic: false });
  const classic = await Person.register(server.address, "classic");
  await secure.json("alias", "classic", "classic");
  return [secure, classic];
}

Deno.test("mixed: the secure client starts", async () => {
  await using server = await startServer();
  const [secure, classic] = await pair(server);
  await using _ = secure;
  await using __ = classic;
  await exchange(secure, classic);
});

/** What a `receive` brings, in the order in which it is shown. */
async function shown(person: Person): Promise<string[]> {
  const all = await person.json<{ type: string; text?: string }>("receive", "--out", person.out);
  return all.map(({ type, text }) => text === undefined ? type : `${type}: ${text}`);
}

Deno.test("mixed: the classic client starts, by asking for a key", async () => {
  await using server = await startServer();
  const [secure, classic] = await pair(server);
  await using _ = secure;
  await using __ = classic;
  assertEquals(await classic.failure("send-key", "secure"), "bad-key");
  await classic.json("request-key", "secure");
  assertEquals(await shown(secure), ["key-request"]);
  assertEquals(await shown(classic), ["key"]);
  await exchange(classic, secure);
});

Deno.test("mixed: the classic client's first texts are kept until the key arrives", async () => {
  await using server = await startServer();
  const [secure, classic] = await pair(server);
  await using _ = secure;
  await using __ = classic;
  const { code, stdout, stderr } = await classic.run(["send", "secure", "one"]);
  assertEquals([code, stdout], [1, ""]);
  assert(stderr.includes("secure was asked for a key; the message is kept"), stderr);
  const path = `${classic.folder}/photo`;
  const photo = sampleBytes(150_000);
  await Deno.writeFile(path, photo);
  assertEquals(await classic.failure("send-file", "secure", path), "queued");
  const piped = ["--json", "send-file", "secure", "-", "--name", "notes"];
  const notes = sampleBytes(70_000, 2);
  assertEquals((await classic.run(piped, { stdin: notes })).code, 1);
  assertEquals(await classic.failure("send", "secure", "two"), "queued");
  const { stdout: history } = await classic.run(["history", "secure"]);
  const waiting = "(waits: secure has not sent a key yet)";
  assertEquals(history.split(waiting).length - 1, 4, history);
  assertEquals(await shown(classic), [], "there is no key yet");

  assertEquals(await shown(secure), ["key-request"], "it is asked once");
  assertEquals(await shown(classic), [
    "key",
    "notice: the text kept for secure is on the server as message 2",
    "notice: the file kept for secure is on the server as message 3",
    "notice: the file kept for secure is on the server as message 4",
    "notice: the text kept for secure is on the server as message 5",
  ]);
  const received = await secure.receive();
  assertEquals(received.map(({ text }) => text), ["one", undefined, undefined, "two"]);
  for (const [i, content] of [photo, notes].entries()) {
    assertEquals(await Deno.readFile(received[i + 1].path ?? ""), content);
  }
  assertEquals([...Deno.readDirSync(`${classic.folder}/outgoing`)], [], "the copy is gone");
  assertEquals(await shown(classic), []);
  const after = await classic.run(["history", "secure"]);
  assert(!after.stdout.includes(waiting), after.stdout);
  await exchange(classic, secure);
});

Deno.test("mixed: a kept file that is gone is dropped and does not delay others", async () => {
  await using server = await startServer();
  const [secure, classic] = await pair(server);
  await using _ = secure;
  await using __ = classic;
  const path = `${classic.folder}/photo`;
  await Deno.writeFile(path, sampleBytes(1_000));
  assertEquals(await classic.failure("send-file", "secure", path), "queued");
  assertEquals(await classic.failure("send", "secure", "hello"), "queued");
  await Deno.remove(path);
  await shown(secure);
  const [key, dropped, sent, ...more] = await shown(classic);
  assertEquals([key, more], ["key", []]);
  assert(dropped.startsWith("notice: the file kept for secure was dropped: cannot read"), dropped);
  assertEquals(sent, "notice: the text kept for secure is on the server as message 2");
  assertEquals(await secure.texts(), ["hello"]);
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
  says(await menu(classic, "5", "secure", "hello"), "Message 1 to secure is on the server.");
  const photo = `${classic.folder}/photo`;
  says(await menu(classic, "50", "secure", photo), "Message 2 to secure is on the server.");
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

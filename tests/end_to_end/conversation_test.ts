import { utf8 } from "../../shared/bytes.ts";
import { MAX_TEXT_SIZE } from "../../shared/limits.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Person, type ReceivedJson, withoutTime } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";

const UNICODE = "Zażółć gęślą jaźń 👋 שלום\n\ttwo lines \u{feff}\u{10ffff}";

Deno.test("conversation: two people register, find each other, and exchange texts", async () => {
  await using server = await startServer();
  await using alice = await Person.create(server.address);
  const [registered] = await alice.json<{ id: string; name: string }>(
    "register",
    "--classic",
    "alice",
  );
  assert(/^[0-9a-f]{32}$/.test(registered.id), registered.id);
  assertEquals(registered.name, "alice");
  assertEquals(await alice.json("whoami"), [registered]);
  assertEquals(await alice.json("list"), []);

  await using bob = await Person.register(server.address, "bob");
  const bobEntry = { id: bob.id, name: "bob" };
  assertEquals(await bob.json("list"), [registered]);
  assertEquals(await alice.json("list"), [bobEntry]);
  const [{ publicKey, ...owner }] = await alice.json<Record<string, string>>("key", "bob");
  assertEquals(owner, bobEntry);
  assert(/^30819[0-9a-f]{315}$/.test(publicKey), publicKey);

  // Message 1 is the key that was sent before the first text.
  assertEquals(await alice.json("send", "bob", "hello bob"), [
    { message: 2, to: bobEntry, entry: 1 },
  ]);
  assertEquals(await alice.json("send", "bob", UNICODE), [
    { message: 3, to: bobEntry, entry: 2 },
  ]);
  assertEquals((await bob.json<ReceivedJson>("receive")).map(withoutTime), [
    { message: 1, from: registered, type: "key" },
    { message: 2, from: registered, type: "text", text: "hello bob" },
    { message: 3, from: registered, type: "text", text: UNICODE },
  ]);
  assertEquals(await bob.json("receive"), []);
  assertEquals(await bob.json("send", "alice", "hello alice"), [
    { message: 1, to: registered, entry: 3 },
  ]);
  assertEquals((await alice.json<ReceivedJson>("receive")).map(withoutTime), [
    { message: 1, from: bobEntry, type: "text", text: "hello alice" },
  ]);
});

Deno.test("conversation: for people", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  await using bob = await Person.register(server.address, "bob");
  const said = async (person: Person, ...command: string[]) => {
    const { code, stdout, stderr } = await person.run(command);
    assertEquals([code, stderr], [0, ""]);
    return stdout;
  };
  assertEquals(await said(alice, "whoami"), `${alice.id}  alice\n`);
  assertEquals(await said(alice, "list"), `${bob.id}  bob\n`);
  assertEquals(await said(alice, "request-key", "bob"), "Message 1 to bob is on the server.\n");
  assertEquals(await said(bob, "receive"), "alice asked for a key, and got one.\n");
  assertEquals(await said(alice, "receive"), "bob sent a key.\n");
  assertEquals(await said(alice, "send", "bob", "hi\x07"), "Message 1 to bob is on the server.\n");
  assertEquals(await said(bob, "receive"), "1  alice: hi\ufffd\n");
  assertEquals(await said(bob, "receive"), "");
});

Deno.test("conversation: texts from standard input lose one line end, nothing else", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  await using bob = await Person.register(server.address, "bob");
  const cases: [input: string, text: string][] = [
    ["one line\n", "one line"],
    ["no end", "no end"],
    ["two\nlines\n", "two\nlines"],
    ["an empty line\n\n", "an empty line\n"],
    ["from Windows\r\n", "from Windows"],
    ["a lone return\r", "a lone return\r"],
    [" spaces stay \n", " spaces stay "],
    ["\u{feff}a mark stays\n", "\u{feff}a mark stays"],
    [`${UNICODE}\n`, UNICODE],
    ["\n\n", "\n"],
  ];
  for (const [input] of cases) await alice.sendInput("bob", input);
  assertEquals(await bob.texts(), cases.map(([, text]) => text));

  const { code } = await alice.run(["send", "bob", "-"], { stdin: "with a dash\n" });
  assertEquals(code, 0);
  assertEquals(await bob.texts(), ["with a dash"]);
});

Deno.test("conversation: a text of 1 MiB is the longest", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  await using bob = await Person.register(server.address, "bob");
  const text = "ß👋".repeat(Math.floor(MAX_TEXT_SIZE / 6)) + "x".repeat(MAX_TEXT_SIZE % 6);
  assertEquals(utf8(text).length, MAX_TEXT_SIZE);
  await alice.sendInput("bob", `${text}\n`);
  const [received, ...more] = await bob.texts();
  assert(received === text, `${received?.length} characters came`);
  assertEquals(more, []);

  for (const stdin of [`${text}x\n`, new Uint8Array(3_000_000).fill(120)]) {
    const { code, stdout, stderr } = await alice.run(["--json", "send", "bob"], { stdin });
    assertEquals([code, stdout], [1, ""]);
    assertEquals(JSON.parse(stderr).error.code, "bad-text");
  }
  const { code, stderr } = await alice.run(["send", "bob"], { stdin: new Uint8Array([65, 0xff]) });
  assertEquals(code, 1);
  assert(stderr.includes("not UTF-8"), stderr);
  assertEquals(await bob.texts(), []);
});

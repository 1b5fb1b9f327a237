import type { Client } from "../../../client/client.ts";
import { runMenu } from "../../../client/cli/menu.ts";
import { generateSymmetricKey } from "../../../shared/crypto/classic/classic.ts";
import { toHex } from "../../../shared/bytes.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { Party } from "../../support/attack/parties.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";
import { commandContext } from "../../support/client/command_context.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { Mailbox } from "../../support/client/mailbox.ts";

/** What the menu showed, in order. */
interface Session {
  prompts: string[];
  lines: string[];
  errors: string[];
  problems: string[];
}

/** Types `input` into the menu, a line each. */
async function type(bob: { readonly client: Client }, input: string[]): Promise<Session> {
  const session: Session = { prompts: [], lines: [], errors: [], problems: [] };
  const left = [...input];
  await runMenu(commandContext({
    client: bob.client,
    report: ({ code }) => session.problems.push(code),
    ask: (prompt) => {
      session.prompts.push(prompt);
      return Promise.resolve(left.shift() ?? null);
    },
    printLine: (line) => session.lines.push(line),
    showError: (error) => session.errors.push(error instanceof Error ? error.message : "?"),
  }));
  assertEquals(left, [], "lines that nobody asked for");
  return session;
}

/** What was printed beside the menu itself. */
function results({ lines }: Session): string[] {
  return lines.filter((line) => !line.startsWith("\n"));
}

Deno.test("menu: shows the choices of the original and ends with 0", async () => {
  await using bob = await Mailbox.open();
  const { lines, prompts } = await type(bob, ["0"]);
  const keys = lines.join("\n").match(/^ *(\d+)\)/gm)?.map((key) => parseInt(key));
  assertEquals(keys, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 50, 51, 52, 53, 54, 55, 0]);
  assertEquals(prompts, ["? "]);
  assertEquals(bob.server.requests, []);
});

Deno.test("menu: ends with the input, also in the middle of a choice", async () => {
  await using bob = await Mailbox.open();
  for (const input of [[], ["5"], ["5", "alice"], ["50", "alice"]]) await type(bob, input);
  assertEquals(bob.server.requests, []);
});

Deno.test("menu: goes on after choices that there are not", async () => {
  await using bob = await Mailbox.open();
  const session = await type(bob, ["77", "", "  ", "05", "list", " 2 ", "0"]);
  assertEquals(results(session), [
    'There is no choice "77".',
    'There is no choice "05".',
    'There is no choice "list".',
    `${"a1".repeat(16)}  alice`,
  ]);
});

Deno.test("menu: every choice does what it says", async () => {
  await using bob = await Mailbox.open();
  const path = `${bob.folder}/file`;
  await Deno.writeTextFile(path, "content");
  const input = [
    "3",
    "alice",
    "52",
    "alice",
    "51",
    "alice",
    "5",
    "alice",
    "hello",
    "50",
    "alice",
    path,
  ];
  const session = await type(bob, [...input, "0"]);
  const [publicKey, ...sent] = results(session);
  assert(/^30819[0-9a-f]{315}$/.test(publicKey), publicKey);
  // Keys have the numbers of the server, and all else those of the history.
  assertEquals(sent, [1, 2, 1, 2].map((id) => `Message ${id} to alice is on the server.`));
  const { key, keyRequest, text, file } = MessageType;
  assertEquals(bob.state.sent.map(({ type }) => type), [key, keyRequest, text, file]);
  assertEquals(session.prompts.filter((prompt) => prompt !== "? "), [
    "Client's name: ",
    "To: ",
    "From: ",
    "To: ",
    "Text: ",
    "To: ",
    "Path of the file: ",
  ]);
});

Deno.test("menu: shows waiting messages, and that there are none", async () => {
  await using bob = await Mailbox.open();
  const key = generateSymmetricKey();
  await bob.putText(key, "too early");
  await bob.putKey(key);
  await bob.putText(key, "hello");
  const session = await type(bob, ["4", "4", "0"]);
  assertEquals(results(session), [
    "alice sent a key.",
    "1  alice: too early",
    "2  alice: hello",
    "No messages.",
  ]);
  assertEquals(session.problems, ["cannot-decrypt"]);
});

Deno.test("menu: an error ends a choice, not the menu", async () => {
  await using bob = await Mailbox.open();
  const session = await type(bob, [
    "1",
    "bob",
    "5",
    "carol",
    "hi",
    "50",
    "alice",
    "/no/file",
    "2",
    "0",
  ]);
  assertEquals(session.errors.length, 3);
  assert(session.errors[0].includes("already registered"), session.errors[0]);
  assert(session.errors[1].includes('"carol"'), session.errors[1]);
  assert(session.errors[2].includes("/no/file"), session.errors[2]);
  assertEquals(results(session), [`${"a1".repeat(16)}  alice`]);
});

Deno.test("menu: an empty list is told, too", async () => {
  await using bob = await Mailbox.open();
  bob.state.clients = [];
  assertEquals(results(await type(bob, ["2", "0"])), ["Nobody yet."]);
});

Deno.test("menu: shows the history with a client, or what of it holds a word", async () => {
  await using bob = await Mailbox.open();
  const session = await type(bob, [
    "5",
    "alice",
    "hello",
    "6",
    "alice",
    "",
    "6",
    "alice",
    "x",
    "0",
  ]);
  const [, entry, ...rest] = results(session);
  assert(entry.endsWith(" → alice: hello ✓"), entry);
  assertEquals(rest, ["Nothing yet."]);
});

/** What the owner of a registered secure profile sees, with another client on the server. */
async function secureSession(other: string, input: string[]): Promise<Session & { card: string }> {
  await using server = await ServerFixture.start();
  const address = `127.0.0.1:${server.listener.address.port}`;
  const peer = await server.secure(other);
  await using alice = await Party.registered("alice", address);
  return await alice.with(address, async (client) => {
    const card = `${other}#${toHex(peer.who.id)}`;
    const session = await type({ client }, input.map((line) => line === "CARD" ? card : line));
    return { ...session, card: client.contactBook.card() };
  });
}

Deno.test("menu: verifies a client in two steps, the second on the user's word", async () => {
  const session = await secureSession("bob", ["7", "bob", "no", "7", "bob", " YES ", "2", "0"]);
  const shown = results(session);
  assert(shown[0].includes("bob is not verified."), shown[0]);
  assert(shown[1].includes("bob is not verified."), "no is not yes");
  assert(shown[2].endsWith("\nbob is verified."), shown[2]);
  assert(shown[3].endsWith("  bob (verified)"), shown[3]);
  assertEquals(session.errors, []);
});

Deno.test("menu: does not ask for a word on what could not be shown", async () => {
  const session = await secureSession("bob", ["7", "carol", "0"]);
  assertEquals([session.errors.length, results(session).length], [1, 0]);
});

Deno.test("menu: shows the own card and takes others'", async () => {
  const session = await secureSession("bob", ["8", "9", "CARD", "9", "nonsense", "0"]);
  const [card, added] = results(session);
  assertEquals(card, session.card);
  assert(added.endsWith("  bob"), added);
  assertEquals(session.errors.length, 1);
});

Deno.test("menu: secure clients need no keys by message", async () => {
  const session = await secureSession("bob", ["51", "bob", "52", "bob", "0"]);
  assertEquals(session.errors.length, 2);
  for (const error of session.errors) assert(error.includes("is a secure client"), error);
});

Deno.test("menu: sends several files, whose paths end with an empty line", async () => {
  await using bob = await Mailbox.open();
  const paths = ["a", "b"].map((name) => `${bob.folder}/${name}`);
  for (const path of paths) await Deno.writeTextFile(path, "content");
  const session = await type(bob, ["53", "alice", ...paths, "", "53", "alice", "", "0"]);
  const ends = paths.map((path, i) => `Message ${i + 1} to alice, ${path}, is on the server.`);
  assertEquals(results(session), [...ends, "No file."]);
  assertEquals(session.errors, []);
  await type(bob, ["53", "alice", paths[0]]); // the end of input sends nothing
  assertEquals(bob.state.sent.filter(({ type }) => type === MessageType.file).length, 2);
});

Deno.test("menu: shows the files that wait, and fetches one", async () => {
  await using server = await ServerFixture.start();
  const address = `127.0.0.1:${server.listener.address.port}`;
  await using alice = await Party.registered("alice", address);
  await using bob = await Party.registered("bob", address);
  await using temp = await tempFolder();
  const path = `${temp.path}/note.txt`;
  await Deno.writeTextFile(path, "a note");
  await alice.with(address, (client) => client.sendFile("bob", path));
  await bob.with(address, async (client) => {
    await Array.fromAsync(client.receive(temp.path, () => {}, { files: "announce" }));
    const session = await type({ client }, ["54", "55", "7", "54", "0"]);
    const shown = results(session);
    assertEquals(shown.length, 2);
    assert(
      /^1 {2}alice \(ID [0-9a-f]{8}\): note\.txt, 6 bytes, .+ fetch 1$/.test(shown[0]),
      shown[0],
    );
    assertEquals(session.errors.length, 1);
    assert(session.errors[0].includes("7"), session.errors[0]);
    await client.cancelTransfer(1);
    assertEquals(results(await type({ client }, ["54", "0"])), ["No files."]);
  });
});

import { type CommandContext } from "../../../client/commands/run.ts";
import { runMenu } from "../../../client/ui/menu.ts";
import { generateSymmetricKey } from "../../../shared/crypto/classic.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { assert, assertEquals } from "../../assert.ts";
import { Mailbox } from "../mailbox.ts";

/** What the menu showed, in order. */
interface Session {
  prompts: string[];
  lines: string[];
  errors: string[];
  problems: string[];
}

/** Types `input` into the menu, a line each. */
async function type(bob: Mailbox, input: string[]): Promise<Session> {
  const session: Session = { prompts: [], lines: [], errors: [], problems: [] };
  const left = [...input];
  const context: CommandContext = {
    progress: { update() {}, stop() {} },
    readText: () => Promise.reject(new Error("the menu asks for the text itself")),
    report: ({ code }) => session.problems.push(code),
    note: () => {},
  };
  await runMenu(bob.client, {
    ask: (prompt) => {
      session.prompts.push(prompt);
      return Promise.resolve(left.shift() ?? null);
    },
    print: (line) => session.lines.push(line),
    fail: (error) => session.errors.push(error instanceof Error ? error.message : "?"),
  }, context);
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
  assertEquals(keys, [1, 2, 3, 4, 5, 50, 51, 52, 0]);
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
  const session = await type(bob, ["7", "", "  ", "05", "list", " 2 ", "0"]);
  assertEquals(results(session), [
    'There is no choice "7".',
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
  assertEquals(sent, [1, 2, 3, 4].map((id) => `Message ${id} to alice is on the server.`));
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
    "alice: too early",
    "alice: hello",
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

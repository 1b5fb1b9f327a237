/** Answers, edits, deletions, reactions, receipts, timers and notes, between two people. */
import { assert, assertEquals } from "../support/assert.ts";
import { Person } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";
import { until } from "../support/until.ts";

interface Line {
  number: number;
  direction: "sent" | "received";
  text?: string;
  newTimer?: number;
  reply?: { number?: number; text?: string };
  edited?: string;
  deleted?: string;
  delivered?: string;
  read?: string;
  expires?: string;
  reactions?: { own?: string; peer?: string };
}

/** Two secure clients who have written to each other. */
async function twoPeople(): Promise<AsyncDisposable & { alice: Person; bob: Person }> {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await startServer());
  const alice = stack.use(await Person.register(server.address, "alice", { classic: false }));
  const bob = stack.use(await Person.register(server.address, "bob", { classic: false }));
  await alice.json("send", "bob", "hello");
  await bob.json("receive");
  await bob.json("send", "alice", "hello yourself");
  await alice.json("receive");
  return { alice, bob, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

async function history(person: Person, name: string): Promise<Line[]> {
  return await person.json<Line>("history", name);
}

async function last(person: Person, name: string): Promise<Line> {
  const line = (await history(person, name)).at(-1);
  assert(line);
  return line;
}

Deno.test("changes: a text is answered, changed, thought well of, and deleted", async () => {
  await using people = await twoPeople();
  const { alice, bob } = people;
  const [{ entry }] = await alice.json<{ entry: number }>("send", "bob", "meet at fve?");
  await bob.json("receive");
  const theirs = (await last(bob, "alice")).number;
  await bob.json("send", "alice", "yes", "--reply", `${theirs}`);
  await alice.json("receive");
  const answer = await last(alice, "bob");
  assertEquals(answer.reply, { number: entry, text: "meet at fve?" });

  const [changed] = await alice.json<Line>("edit", `${entry}`, "meet at five?");
  assertEquals([changed.number, changed.text, changed.edited !== undefined], [
    ...[entry, "meet at five?", true],
  ]);
  assertEquals(await bob.json("receive").then((all) => all.map(withoutHead)), [
    { type: "edited", entry: theirs, text: "meet at five?" },
  ]);
  const seen = (await history(bob, "alice")).find(({ number }) => number === theirs);
  assertEquals([seen?.text, seen?.edited !== undefined], ["meet at five?", true]);

  await bob.json("react", `${theirs}`, "👍");
  assertEquals(await alice.json("receive").then((all) => all.map(withoutHead)), [
    { type: "reaction", entry, emoji: "👍" },
  ]);
  const { stdout } = await alice.run(["history", "bob"]);
  const line = stdout.split("\n").find((line) => line.startsWith(`${entry}  `));
  assert(line?.endsWith("→ bob: meet at five? (edited) [👍] ✓✓"), stdout);
  await bob.json("react", `${theirs}`, "--none");
  await alice.json("receive");
  assertEquals((await history(alice, "bob")).at(-2)?.reactions, undefined);

  await alice.json("delete", `${entry}`, "--for-both");
  assertEquals(await bob.json("receive").then((all) => all.map(withoutHead)), [
    { type: "deleted", entry: theirs },
  ]);
  for (const [person, name] of [[alice, "bob"], [bob, "alice"]] as const) {
    const deleted = (await history(person, name)).at(-2);
    assertEquals([deleted?.text, deleted?.deleted !== undefined], [undefined, true]);
    const { stdout } = await person.run(["history", name]);
    assert(!stdout.includes("five") && stdout.includes(": deleted"), stdout);
  }
});

function withoutHead(received: unknown): Record<string, unknown> {
  const { message: _, from: __, authenticated: ___, ...rest } = received as Record<string, unknown>;
  return rest;
}

Deno.test("changes: only an author changes a text or deletes it for both", async () => {
  await using people = await twoPeople();
  const { alice, bob } = people;
  const received = await last(alice, "bob");
  assertEquals(await alice.failure("edit", `${received.number}`, "mine"), "not-possible");
  assertEquals(await alice.failure("delete", `${received.number}`, "--for-both"), "not-possible");
  assertEquals(await alice.failure("edit", "999", "mine"), "unknown-message");
  const [own] = await history(alice, "bob");
  assertEquals(await alice.failure("edit", `${own.number}`), "bad-text"); // the input is empty
  assertEquals((await history(alice, "bob"))[0].text, "hello");
  await alice.json("delete", `${received.number}`);
  assertEquals((await history(alice, "bob")).map(({ text }) => text), ["hello"]);
  assertEquals((await history(bob, "alice")).length, 2);
});

Deno.test("changes: receipts go to those whom the receiver knows, unless off", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  const delivered = async () => {
    await bob.json("receive");
    await alice.json("receive");
    return (await history(alice, "bob")).map((line) => line.delivered !== undefined);
  };
  await alice.json("send", "bob", "from a stranger");
  assertEquals(await delivered(), [false]);
  await bob.json("alias", "alice", "ally");
  await alice.json("send", "bob", "from a friend");
  assertEquals(await delivered(), [false, true]);
  assertEquals(await bob.json("receipts", "ally", "off"), [
    { peer: { id: alice.id, name: "alice" }, receipts: false },
  ]);
  await alice.json("send", "bob", "in secret");
  assertEquals(await delivered(), [false, true, false]);
  assertEquals(await alice.json("receive"), [], "a receipt is no message");
});

Deno.test("changes: messages disappear on both sides, and their texts from the disk", async () => {
  await using people = await twoPeople();
  const { alice, bob } = people;
  const [set] = await alice.json<Line>("timer", "bob", "1s");
  assertEquals(set.newTimer, 1);
  const [{ type, seconds }] = await bob.json<{ type: string; seconds: number }>("receive");
  assertEquals([type, seconds], ["timer", 1]);
  assertEquals(await bob.json("timer", "alice"), [
    { peer: { id: alice.id, name: "alice" }, timer: 1 },
  ]);
  await bob.json("send", "alice", "soon gone");
  await until("it is gone where it was sent", async () => {
    return (await history(bob, "alice")).every(({ text }) => text !== "soon gone");
  });
  await alice.json("timer", "bob", "off");
  await bob.json("receive");
  await bob.json("send", "alice", "stays");
  assertEquals((await last(bob, "alice")).expires, undefined);
});

Deno.test("changes: notes to oneself need no server", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await server.kill("SIGKILL");
  const [{ entry }] = await alice.json<{ entry: number }>("send", "me", "buy milk");
  assertEquals(
    (await alice.run(["send", "me", "and bread"])).stdout,
    `Note ${entry + 1} is kept here.\n`,
  );
  await alice.json("edit", `${entry}`, "buy oat milk");
  await alice.json("react", `${entry}`, "🥛");
  assertEquals((await history(alice, "me")).map(({ text, reactions }) => [text, reactions?.own]), [
    ["buy oat milk", "🥛"],
    ["and bread", undefined],
  ]);
  await alice.json("delete", `${entry}`);
  assertEquals((await history(alice, "alice")).map(({ text }) => text), ["and bread"]);
});

Deno.test("changes: with a classic client there are none, and it is said", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using _old = await Person.register(server.address, "old");
  await alice.json("send", "old", "hello");
  const { number } = await last(alice, "old");
  for (
    const command of [
      ["edit", `${number}`, "hullo"],
      ["react", `${number}`, "👍"],
      ["delete", `${number}`, "--for-both"],
      ["timer", "old", "1d"],
      ["send", "old", "again", "--reply", `${number}`],
    ]
  ) assertEquals(await alice.failure(...command), "not-possible", command.join(" "));
});

/** Commands against a server where something is full: what they keep, say, and do later. */
import { assert, assertEquals } from "../../support/assert.ts";
import { EvilServer, type Lie } from "../../support/attack/evil_server.ts";
import { runHere } from "../../support/client_here.ts";
import { MiB } from "../../../shared/limits.ts";
import { until } from "../../support/until.ts";
import { tempFolder } from "../../support/temp_folder.ts";

const HOUR = 60 * 60 * 1000;

/** An honest server at first, Alice and Bob with a session, and Carol. */
async function open() {
  const stack = new AsyncDisposableStack();
  const server = stack.use(new EvilServer());
  const { path: root } = stack.use(await tempFolder());
  const run = (name: string, ...args: string[]) =>
    runHere(["--profile", `${root}/${name}`, "--server", server.address, ...args]);
  const done = async (name: string, ...args: string[]) => {
    const { code, stdout, stderr } = await run(name, ...args);
    assertEquals(code, 0, stderr);
    return stdout.split("\n").slice(0, -1);
  };
  for (const name of ["alice", "bob", "carol"]) await done(name, "register", name);
  await done("alice", "send", "bob", "hello");
  await done("bob", "receive");
  /** Has the server refuse what `alice` sends to `bob` and uploads behind chunk 1. */
  const fill = (retryAfter: number) => {
    const bob = server.clients.find(({ name }) => name === "bob")!;
    const lie: Lie = (request) => {
      const isFull = request.kind === "send" && String(request.to) === String(bob.id) ||
        request.kind === "put-chunk" && request.chunk > 1;
      const text = "the mailbox is full";
      return isFull ? { kind: "error", error: "over-quota", retryAfter, text } : undefined;
    };
    server.lie = lie;
  };
  return { server, root, run, done, fill, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

Deno.test("waiting: a text for a full mailbox is kept, shown, and not sent too early", async () => {
  await using world = await open();
  const { server, run, done, fill } = world;
  fill(HOUR);
  const { code, stderr } = await run("alice", "--json", "send", "bob", "one");
  assertEquals([code, JSON.parse(stderr).error.code], [1, "queued"]);
  const second = await run("alice", "send", "bob", "two");
  assert(second.stderr.includes("the mailbox is full. The message is kept"), second.stderr);
  await done("alice", "send", "carol", "others are not held up");
  const [got] = await done("carol", "receive");
  assert(got.endsWith(": others are not held up"), got);
  const sends = () => server.requests.filter(({ kind }) => kind === "send").length;
  const before = sends();

  const lines = await done("alice", "transfers");
  assertEquals(lines.length, 2);
  assert(
    lines.every((line) => /^→ bob: a text of .*waits: .*full; tried again after /.test(line)),
    lines.join("\n"),
  );
  const [waiting] = (await done("alice", "--json", "transfers")).map((line) => JSON.parse(line));
  assertEquals([waiting.waiting, waiting.peer.name], ["text", "bob"]);
  assert(Date.parse(waiting.retryAt) > Date.now());
  const [, entry] = await done("alice", "history", "bob");
  assert(entry.includes("bob: one (waits: the server refused: the mailbox is full; "), entry);

  server.lie = () => undefined;
  await done("alice", "receive");
  assertEquals(sends(), before, "it is too early");
});

Deno.test("waiting: the next command sends it once it is time", async () => {
  await using world = await open();
  const { server, run, done, fill } = world;
  fill(1);
  await run("alice", "send", "bob", "one");
  await run("alice", "send", "bob", "two");
  const told = await run("alice", "receive");
  assert(told.stderr.includes("a message to bob waits: "), told.stderr);
  assertEquals(told.code, 0);
  server.lie = () => undefined;
  await until("the texts are sent", async () => {
    await done("alice", "send", "carol", "hello");
    return (await done("alice", "transfers")).length === 0;
  });
  assertEquals(await done("bob", "receive"), ["2  alice: one", "3  alice: two"]);
});

Deno.test("waiting: an upload for which there is no room stays, and says so", async () => {
  await using world = await open();
  const { server, root, run, done, fill } = world;
  await Deno.writeFile(`${root}/file`, new Uint8Array(4 * MiB));
  fill(HOUR);
  const { code, stderr } = await run("alice", "--json", "send-file", "bob", `${root}/file`);
  const failure = JSON.parse(stderr.trim().split("\n").at(-1)!);
  assertEquals([code, failure.error.code], [1, "queued"]);
  const [line] = await done("alice", "transfers");
  assert(line.includes("waits: the server refused: the mailbox is full; tried again"), line);
  const chunks = () => server.requests.filter(({ kind }) => kind === "put-chunk").length;
  const before = chunks();
  server.lie = () => undefined;
  await done("alice", "receive");
  const again = await run("alice", "send-file", "bob", `${root}/file`);
  assert(again.stderr.includes("waits"), again.stderr);
  assertEquals(chunks(), before, "it is too early");
});

Deno.test("waiting: once it is time, the upload goes on where it stopped", async () => {
  await using world = await open();
  const { server, root, run, done, fill } = world;
  await Deno.writeFile(`${root}/file`, new Uint8Array(4 * MiB));
  fill(1);
  await run("alice", "send-file", "bob", `${root}/file`);
  server.lie = () => undefined;
  await until("the file is sent", async () => {
    await done("alice", "receive");
    return (await done("alice", "transfers"))[0].endsWith("done");
  });
  const first = server.requests.filter((it) => it.kind === "put-chunk" && it.chunk === 0);
  assertEquals(first.length, 1);
  const [line] = await done("bob", "receive", "--out", `${root}/out`);
  assert(line.startsWith("2  alice sent a file of 4 MiB"), line);
});

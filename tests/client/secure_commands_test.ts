/** The commands of the client, as its users run them, between secure and classic profiles. */
import { Database } from "@db/sqlite";
import { assert, assertEquals } from "../assert.ts";
import { EvilServer } from "../attack/evil_server.ts";
import { failure, Party } from "../attack/parties.ts";
import { runClient } from "../profile_process.ts";
import { startServer } from "../server_process.ts";
import { tempFolder } from "../temp_folder.ts";

/** Runs the client on the profile of `name`, which must succeed; gives its lines. */
async function run(root: string, name: string, args: string[], input?: string): Promise<string[]> {
  const { code, stdout, stderr } = await runClient(`${root}/${name}`, args, input);
  assertEquals(code, 0, `${name}: ${args.join(" ")}: ${stderr}`);
  return stdout.split("\n").slice(0, -1);
}

Deno.test("commands: secure and classic profiles talk, and are told apart wherever they show", async () => {
  await using server = await startServer();
  await using folder = await tempFolder();
  const root = folder.path;
  const at = ["--server", server.address];
  await run(root, "alice", [...at, "register", "alice"]);
  await run(root, "bob", [...at, "register", "bob"]);
  await run(root, "old", [...at, "register", "old", "--classic"]);
  const ownFile = `${root}/file`;
  await Deno.writeTextFile(ownFile, "content of a file");

  const list = await run(root, "alice", ["list"]);
  assertEquals(list.map((line) => line.slice(34)), ["bob", "old (unauthenticated)"]);
  const inJson = (await run(root, "alice", ["--json", "list"])).map((line) => JSON.parse(line));
  assertEquals(inJson.map(({ name, authenticated }) => [name, authenticated]), [
    ["bob", true],
    ["old", false],
  ]);

  for (const to of ["bob", "old"]) {
    await run(root, "alice", ["send", to, `hello ${to}`]);
    await run(root, "alice", ["send-file", to, ownFile]);
  }
  const out = ["--out", `${root}/out`];
  const bobs = (await run(root, "bob", ["--json", "receive", ...out]))
    .map((line) => JSON.parse(line));
  assertEquals(bobs.map(({ type, authenticated, from }) => [type, authenticated, from.name]), [
    ["text", true, "alice"],
    ["file", true, "alice"],
  ]);
  assertEquals(bobs[0].text, "hello bob");
  assertEquals(await Deno.readTextFile(bobs[1].path), "content of a file");

  const olds = (await run(root, "old", ["--json", "receive", ...out]))
    .map((line) => JSON.parse(line));
  assertEquals(olds.map(({ type }) => type), ["key", "text", "file"]);
  assertEquals(olds[1].text, "hello old");
  assert(olds.every((line) => !("authenticated" in line)), "a classic profile knows of nobody");

  await run(root, "old", ["send", "alice", "hello back"]);
  await run(root, "old", ["send-file", "alice", ownFile]);
  await run(root, "bob", ["send", "alice", "and from me"]);
  const [text, file, secure] = await run(root, "alice", ["receive", ...out]);
  assertEquals([text, secure], ["old (unauthenticated): hello back", "bob: and from me"]);
  assert(file.startsWith("old (unauthenticated) sent a file of 17 bytes: "), file);

  const sent = await run(root, "alice", ["send", "old", "again"]);
  assert(sent[0].includes(" to old (unauthenticated) is on the server."), sent[0]);
});

Deno.test("commands: several processes send at once, from menus; each keeps its order", async () => {
  await using server = await startServer();
  await using folder = await tempFolder();
  const root = folder.path;
  const at = ["--server", server.address];
  await run(root, "alice", ["menu", ...at], "1\nalice\n0\n"); // the menu registers a secure one
  await run(root, "bob", [...at, "register", "bob"]);
  const texts = (sender: number) => [1, 2, 3, 4].map((number) => `${sender}.${number}`);
  await Promise.all([1, 2, 3, 4].map(async (sender) => {
    const input = texts(sender).map((text) => `5\nbob\n${text}\n`).join("");
    const lines = await run(root, "alice", [...at, "menu"], `${input}0\n`);
    assertEquals(lines.filter((line) => line.includes("is on the server.")).length, 4);
  }));
  const got = await run(root, "bob", ["receive"]);
  assertEquals(got.length, 16);
  for (const sender of [1, 2, 3, 4]) {
    assertEquals(
      got.filter((line) => line.startsWith(`alice: ${sender}.`)),
      texts(sender).map((text) => `alice: ${text}`),
    );
  }
  assertEquals(await run(root, "bob", ["receive"]), []);
});

Deno.test("commands: a name that is taken is told as such, and another one will do", async () => {
  await using server = await startServer();
  await using folder = await tempFolder();
  const at = ["--server", server.address];
  await run(folder.path, "alice", [...at, "register", "alice"]);
  const second = await runClient(`${folder.path}/other`, [...at, "register", "alice"]);
  assertEquals(second.code, 1);
  assert(second.stderr.includes("the name is taken"), second.stderr);
  const [line] = await run(folder.path, "other", [...at, "register", "alicia"]);
  assertEquals(await run(folder.path, "other", ["whoami"]), [line]);
  const again = await runClient(`${folder.path}/other`, ["register", "third"]);
  assert(again.code === 1 && again.stderr.includes('already registered as "alicia"'));
});

Deno.test("commands: a registration whose answer was lost is repeated with the same keys", async () => {
  await using server = new EvilServer();
  await using alice = await Party.open();
  const register = (name: string) =>
    failure(alice.with(server.address, (client) => client.register(name, { classic: false })));
  server.lie = (request) =>
    request.kind === "register"
      ? (link) => {
        server.answer(request, link);
        link.cut();
      }
      : undefined;
  assertEquals(await register("alice"), "unreachable");
  assert(!alice.profile.registered);
  const registered = server.clients.map(({ id }) => id);
  assert(registered.length > 1, "it was tried again by itself, too");
  assert(registered.every((id) => String(id) === String(registered[0])));
  server.lie = () => undefined;
  assertEquals(await register("alice"), "none");
  assertEquals(alice.profile.identity.id, registered[0]);
});

Deno.test("commands: an identity that has another name already is not told that a name is taken", async () => {
  await using server = new EvilServer();
  await using alice = await Party.open();
  const text = "this identity is registered under another name";
  server.lie = ({ kind }) =>
    kind === "register" ? { kind: "error", error: "forbidden", retryAfter: 0, text } : undefined;
  const error = await alice.with(
    server.address,
    (client) => client.register("alice", { classic: false }),
  )
    .then(() => "none", (error: Error) => error.message);
  assertEquals(error, `the server refused: ${text}`);
});

Deno.test("commands: a classic profile of the first version goes on working", async () => {
  await using server = await startServer();
  await using folder = await tempFolder();
  const root = folder.path;
  const at = ["--server", server.address];
  await run(root, "old", [...at, "register", "old", "--classic"]);
  await run(root, "peer", [...at, "register", "peer", "--classic"]);
  await run(root, "peer", ["send", "old", "before"]);
  assertEquals((await run(root, "old", ["receive"])).at(-1), "peer: before");
  const database = new Database(`${root}/old/profile.db`);
  const tables = database.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' " +
      "AND name NOT IN ('contacts', 'classic_keys', 'envelopes')",
  ).all<{ name: string }>();
  assert(tables.length >= 3, "those of later versions");
  for (const { name } of tables) database.exec(`DROP TABLE ${name}`);
  database.exec("PRAGMA user_version = 1");
  database.close();
  const [self] = await run(root, "old", ["whoami"]);
  assert(self.endsWith("  old"), self);
  await run(root, "old", ["send", "peer", "still here"]); // under the key it had
  assertEquals(await run(root, "peer", ["receive"]), ["old: still here"]);
  await run(root, "peer", ["send", "old", "good"]);
  assertEquals(await run(root, "old", ["receive"]), ["peer: good"]);
});

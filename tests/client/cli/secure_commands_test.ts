/** The commands of the client, as its users run them, between secure and classic profiles. */
import { Database } from "@db/sqlite";
import { Profile } from "../../../client/profile/profile.ts";
import { equalBytes } from "../../../shared/bytes.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { EvilServer } from "../../support/attack/evil_server.ts";
import { failure, Party } from "../../support/attack/parties.ts";
import { runClient, runOn, startClient } from "../../support/client_process.ts";
import { startServer } from "../../support/server_process.ts";
import { tempFolder } from "../../support/temp_folder.ts";

/** Runs the client on the profile of `name`, which must succeed. Returns its lines. */
async function run(root: string, name: string, args: string[], input?: string): Promise<string[]> {
  const { code, stdout, stderr } = await runOn(`${root}/${name}`, args, input);
  assertEquals(code, 0, `${name}: ${args.join(" ")}: ${stderr}`);
  return stdout.split("\n").slice(0, -1);
}

Deno.test("commands: secure and classic profiles talk, and look different everywhere", async () => {
  await using server = await startServer();
  await using folder = await tempFolder();
  const root = folder.path;
  const at = ["--server", server.address];
  await run(root, "alice", [...at, "register", "alice"]);
  await run(root, "bob", [...at, "register", "bob"]);
  await run(root, "old", [...at, "register", "old", "--classic"]);
  await run(root, "bob", ["alias", "alice", "alice"]);
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
  assertEquals([text, secure], ["5  old (unauthenticated): hello back", "7  bob: and from me"]);
  assert(file.startsWith("6  old (unauthenticated) sent a file of 17 bytes: "), file);

  const sent = await run(root, "alice", ["send", "old", "again"]);
  assert(sent[0].includes(" to old (unauthenticated) is on the server."), sent[0]);
});

Deno.test("commands: a menu keeps the order, and what other processes want meanwhile", async () => {
  await using server = await startServer();
  await using folder = await tempFolder();
  const root = folder.path;
  const at = ["--server", server.address];
  await run(root, "alice", ["menu", ...at], "1\nalice\n0\n"); // the menu registers a secure one
  await run(root, "bob", [...at, "register", "bob"]);
  const texts = Array.from({ length: 16 }, (_, number) => `text ${number}`);
  const input = texts.map((text) => `5\nbob\n${text}\n`).join("");
  const lines = await run(root, "alice", [...at, "menu"], `${input}0\n`);
  assertEquals(lines.filter((line) => line.includes("is on the server.")).length, 16);
  {
    await using follower = startClient(["--profile", `${root}/bob`, ...at, "receive", "--follow"]);
    await follower.says("alice: text 15");
    const [first, ...others] = follower.lines;
    assert(/^1 {2}alice \(new, ID( [0-9a-f]{4}){3}\): text 0$/.test(first), first);
    assertEquals(others, texts.slice(1).map((text, i) => `${i + 2}  alice: ${text}`));
    const second = await runClient(["--profile", `${root}/bob`, "send", "alice", "from outside"]);
    assertEquals([second.code, second.stderr], [0, ""]);
  }
  assertEquals(await run(root, "alice", [...at, "receive"]), ["17  bob: from outside"]);
  assertEquals(await run(root, "bob", [...at, "receive"]), []);
});

Deno.test("commands: a name that is taken is told as such, and another one will do", async () => {
  await using server = await startServer();
  await using folder = await tempFolder();
  const at = ["--server", server.address];
  await run(folder.path, "alice", [...at, "register", "alice"]);
  const second = await runOn(`${folder.path}/other`, [...at, "register", "alice"]);
  assertEquals(second.code, 1);
  assert(second.stderr.includes("the name is taken"), second.stderr);
  const [line] = await run(folder.path, "other", [...at, "register", "alicia"]);
  assertEquals(await run(folder.path, "other", ["whoami"]), [line]);
  const again = await runOn(`${folder.path}/other`, ["register", "third"]);
  assert(again.code === 1 && again.stderr.includes('already registered as "alicia"'));
});

Deno.test("commands: a registration repeats with the same keys after a lost answer", async () => {
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

Deno.test("commands: an identity that has another name gets an error of its own", async () => {
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

/** The tables of the first version, in which nothing was sealed. */
const FIRST_VERSION = `
  CREATE TABLE contacts (id BLOB PRIMARY KEY, name TEXT NOT NULL, public_key BLOB) STRICT;
  CREATE TABLE classic_keys (
    number INTEGER PRIMARY KEY, contact BLOB NOT NULL, key BLOB NOT NULL, own INTEGER NOT NULL,
    sending INTEGER NOT NULL DEFAULT 0, last_used INTEGER NOT NULL DEFAULT 0, UNIQUE (contact, key)
  ) STRICT;
  CREATE TABLE envelopes (
    number INTEGER PRIMARY KEY, message INTEGER NOT NULL, sender BLOB NOT NULL,
    type INTEGER NOT NULL, size INTEGER NOT NULL, tail BLOB NOT NULL, content BLOB,
    state TEXT NOT NULL, UNIQUE (message, sender, type, size, tail)
  ) STRICT;
  CREATE INDEX envelopes_by_state ON envelopes (state, number) WHERE state <> 'done';
  PRAGMA user_version = 1;
`;

/** Turns the classic profile in `folder` into one of the first version, with its contacts' keys. */
async function makeFirstVersion(folder: string): Promise<void> {
  using profile = await Profile.open(folder);
  const contacts = profile.contacts.all();
  const keys = contacts.flatMap(({ id }) =>
    profile.keys.all(id).map((
      key,
    ) => [id, key, Number(equalBytes(key, profile.keys.own(id) ?? id))])
  );
  assertEquals([contacts.length, keys.length], [1, 1]);
  profile[Symbol.dispose]();
  for (const end of ["", "-wal", "-shm"]) {
    await Deno.remove(`${folder}/profile.db${end}`).catch(() => {});
  }
  const database = new Database(`${folder}/profile.db`);
  database.exec("PRAGMA journal_mode = WAL");
  database.exec(FIRST_VERSION);
  for (const { id, name } of contacts) {
    database.exec("INSERT INTO contacts (id, name) VALUES (?, ?)", id, name);
  }
  const insert = database.prepare(
    "INSERT INTO classic_keys (contact, key, own, sending) VALUES (?, ?, ?, 1)",
  );
  for (const [id, key, own] of keys) insert.run(id, key, own);
  database.close();
}

Deno.test("commands: a classic profile of the first version goes on working", async () => {
  await using server = await startServer();
  await using folder = await tempFolder();
  const root = folder.path;
  const at = ["--server", server.address];
  await run(root, "old", [...at, "register", "old", "--classic"]);
  await run(root, "peer", [...at, "register", "peer", "--classic"]);
  await run(root, "peer", ["send", "old", "before"]);
  assertEquals((await run(root, "old", ["receive"])).at(-1), "1  peer: before");
  await makeFirstVersion(`${root}/old`);
  const [self] = await run(root, "old", ["whoami"]);
  assert(self.endsWith("  old"), self);
  await run(root, "old", ["send", "peer", "still here"]); // under the key it had
  assertEquals(await run(root, "peer", ["receive"]), ["2  old: still here"]);
  await run(root, "peer", ["send", "old", "good"]);
  assertEquals(await run(root, "old", ["receive"]), ["2  peer: good"]);
});

/** A profile that was restored from an old copy of its folder repairs itself. */
import { assert, assertEquals } from "../support/assert.ts";
import { Conversation } from "../support/attack/conversation.ts";
import { jsonLines, Person, type ReceivedJson } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";

/** Makes `to` what `from` is; the folders hold files, and folders of files that are empty here. */
async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.remove(to, { recursive: true }).catch(() => {});
  await Deno.mkdir(to);
  for await (const { name, isFile, isDirectory } of Deno.readDir(from)) {
    if (isFile) await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
  }
}

/** Lets both receive in turns until two turns bring nothing. Returns the texts of each. */
async function settle(...people: Person[]): Promise<(string | undefined)[][]> {
  const texts: (string | undefined)[][] = people.map(() => []);
  for (let quiet = 0; quiet < 2 * people.length;) {
    for (const [i, person] of people.entries()) {
      const { code, stdout, stderr } = await person.run(["--json", "receive", "--out", person.out]);
      assertEquals([code, stderr], [0, ""]);
      const received = jsonLines<ReceivedJson>(stdout);
      quiet = received.length === 0 ? quiet + 1 : 0;
      texts[i].push(...received.filter(({ type }) => type === "text").map(({ text }) => text));
    }
  }
  return texts;
}

async function talk(alice: Person, bob: Person, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await alice.json("send", "bob", `to bob ${round}`);
    assertEquals(await bob.texts(), [`to bob ${round}`]);
    await bob.json("send", "alice", `to alice ${round}`);
    assertEquals(await alice.texts(), [`to alice ${round}`]);
  }
}

Deno.test("old copy: after a restoration the messages of both sides arrive", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await using backup = await tempFolder();
  await talk(alice, bob, 2);
  await copyFolder(bob.folder, backup.path);
  await talk(alice, bob, 2);
  await alice.json("send", "bob", "while it was being restored");
  await copyFolder(backup.path, bob.folder);
  await alice.json("send", "bob", "after it");

  // The restored one speaks first, in a new session.
  const { code, stdout, stderr } = await bob.run(["send", "alice", "I am back"]);
  assertEquals(code, 0, stderr);
  assert(stdout.includes(" to alice is on the server."), stdout);
  assert(stderr.includes("this profile is an older copy"), stderr);
  const [alices, bobs] = await settle(alice, bob);
  assertEquals(alices, ["I am back"]);
  assertEquals(bobs.sort(), ["after it", "while it was being restored"]);
  await talk(alice, bob, 1);
});

Deno.test("old copy: the other one writes first, in a session that is gone", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await using backup = await tempFolder();
  await copyFolder(bob.folder, backup.path); // before they ever spoke
  await talk(alice, bob, 2);
  await copyFolder(backup.path, bob.folder);
  for (const text of ["one", "two", "three"]) await alice.json("send", "bob", text);
  assertEquals(await settle(bob, alice), [["one", "two", "three"], []]);
  await talk(alice, bob, 1);
});

Deno.test("old copy: both were restored", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await using backup = await tempFolder();
  await talk(alice, bob, 1);
  await copyFolder(alice.folder, `${backup.path}/alice`);
  await copyFolder(bob.folder, `${backup.path}/bob`);
  await talk(alice, bob, 2);
  await copyFolder(`${backup.path}/alice`, alice.folder);
  await copyFolder(`${backup.path}/bob`, bob.folder);
  for (const person of [alice, bob]) {
    await person.json("send", person === alice ? "bob" : "alice", "still there");
  }
  assertEquals(await settle(bob, alice), [["still there"], ["still there"]]);
  await talk(alice, bob, 1);
});

Deno.test("old copy: what it sends before it can know that it is one arrives, too", async () => {
  await using folder = await tempFolder();
  const data = `${folder.path}/server`;
  let server = await startServer({ data });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => server[Symbol.asyncDispose]());
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await talk(alice, bob, 1);
  await copyFolder(bob.folder, `${folder.path}/backup`);
  await talk(alice, bob, 2);
  await server.kill("SIGKILL");
  await copyFolder(`${folder.path}/backup`, bob.folder);
  assertEquals(await bob.failure("send", "alice", "in the dark"), "queued");

  server = await startServer({ data });
  for (const person of [alice, bob]) await person.useServer(server.address);
  const [bobs, alices] = await settle(bob, alice);
  assertEquals([bobs, alices], [[], ["in the dark"]]);
  await talk(alice, bob, 1);
});

Deno.test("old copy: on another machine, without evidence, nothing is lost either", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await using elsewhere = await tempFolder();
  await talk(alice, bob, 2);
  await copyFolder(bob.folder, `${elsewhere.path}/backup`);
  await talk(alice, bob, 2);
  await alice.json("send", "bob", "while it was being restored");
  await copyFolder(`${elsewhere.path}/backup`, bob.folder);
  bob.env = { XDG_STATE_HOME: `${elsewhere.path}/state` };
  await alice.json("send", "bob", "after it");
  const { code, stdout, stderr } = await bob.run(["send", "alice", "I am back"]);
  assertEquals(code, 0, stderr);
  assert(stdout.includes(" to alice is on the server."), stdout);
  assert(stderr.includes("another copy of this profile was used"), stderr);
  const [alices, bobs] = await settle(alice, bob);
  assertEquals(alices, ["I am back"]);
  assertEquals(bobs.sort(), ["after it", "while it was being restored"]);
  await talk(alice, bob, 1);
});

Deno.test("old copy: two copies that are used in turns lose nothing", async () => {
  for (const isProven of [true, false]) {
    await using scene = await Conversation.underWay();
    const { alice, bob, server: { address } } = scene;
    await using temp = await tempFolder();
    bob.stateDirectory = isProven ? `${temp.path}/state` : undefined;
    await scene.received();
    const keep = (copy: string) =>
      bob.restart(() => copyFolder(bob.folder, `${temp.path}/${copy}`));
    const take = (copy: string) =>
      bob.restart(() => copyFolder(`${temp.path}/${copy}`, bob.folder));
    for (const copy of ["one", "two"]) await keep(copy);
    for (let round = 0; round < 3; round++) {
      for (const copy of ["one", "two"]) {
        await take(copy);
        bob.notes.length = 0;
        const name = `${copy} ${round}`;
        await scene.say(`to ${name}`);
        await bob.send(address, "alice", `from ${name}`);
        const notes = bob.notes.join();
        // The first of all is the current one.
        if (name !== "one 0") {
          const text = isProven ? "is an older copy" : "another copy of this profile was used";
          assert(notes.includes(text), `${name}: ${notes}`);
        }
        const got = [await alice.receive(address), await scene.settle()].flat();
        const answers = [...got, ...await scene.answers()];
        assert(answers.includes(`alice: to ${name}`), `${name}: ${answers}`);
        const [history] = [...alice.profile.history.list(scene.bobId)]
          .filter(({ body }) => "text" in body && body.text === `from ${name}`);
        assert(history, `from ${name}`);
        await keep(copy);
      }
    }
  }
});

Deno.test("old copy: what went to another copy comes with the next receives", async () => {
  await using scene = await Conversation.underWay();
  const { alice, bob, server: { address } } = scene;
  await using temp = await tempFolder();
  bob.stateDirectory = `${temp.path}/state`;
  let now = Date.now();
  for (const party of [alice, bob]) party.now = () => now;
  await scene.received();
  const keep = (copy: string) => bob.restart(() => copyFolder(bob.folder, `${temp.path}/${copy}`));
  const take = (copy: string) => bob.restart(() => copyFolder(`${temp.path}/${copy}`, bob.folder));
  for (const copy of ["one", "two"]) await keep(copy);
  const said: string[] = [];
  for (const copy of ["one", "two", "one"]) {
    now += 5000; // far less than a minute
    await take(copy);
    said.push(`for ${copy} ${said.length}`);
    await scene.say(said.at(-1)!);
    await scene.received();
    await alice.receive(address);
    await keep(copy);
  }
  // From now on one copy is used.
  for (let round = 0; round < 2; round++) {
    await scene.received();
    await scene.answers();
  }
  const texts = [...bob.profile.history.list(scene.aliceId)].flatMap(({ body, sent }) =>
    "text" in body && !sent ? [body.text] : []
  );
  assertEquals(texts.filter((text) => text.includes("one")), ["for one 0", "for one 2"]);
});

Deno.test("old copy: an import that is older than the server's mark counts as one", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await using moved = await Person.create(server.address);
  await using temp = await tempFolder();
  moved.env = { XDG_STATE_HOME: `${temp.path}/state`, MESSAGING_PASSPHRASE: "a good passphrase" };
  await talk(alice, bob, 1);
  bob.env = { MESSAGING_PASSPHRASE: "a good passphrase" };
  await bob.json("export", `${temp.path}/bob`);
  await talk(alice, bob, 1);
  await moved.json("import", `${temp.path}/bob`);
  const { code, stderr } = await moved.run(["send", "alice", "moved"]);
  assertEquals(code, 0, stderr);
  assert(stderr.includes("this profile is an older copy"), stderr);
  assertEquals(await alice.texts(), ["moved"]);
});

/**
 * Two clients of version 0.3 in the middle of a conversation (`tests/vectors/profiles/`) go on with
 * it, on the server that they had.
 */
import { Database } from "@db/sqlite";
import type { HistoryEntry } from "../../client/profile/tables/history_entry.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { failure, Party, waitingMessages } from "../support/attack/parties.ts";
import { type ServerProcess, startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { readVectorText } from "../support/vectors.ts";

const FOLDER = "profiles/0.3.0/conversation";
/** Longer than a client waits before it asks for messages again, in milliseconds. */
const LATER = 61_000;

/** Makes the database `name` of the conversation in the file `path`. */
function restore(name: string, path: string): void {
  const database = new Database(path);
  database.exec(readVectorText(`${FOLDER}/${name}.sql`));
  database.close();
}

/** The server of the conversation, in `data`. */
async function restoreServer(data: string): Promise<ServerProcess> {
  restore("server", `${data}/server.db`);
  await Deno.writeTextFile(`${data}/server.key`, readVectorText(`${FOLDER}/server.key`));
  return await startServer({ data });
}

/** One of the clients; its profile is renewed. */
async function restoreClient(name: string): Promise<Party> {
  const party = await Party.open();
  party.profile[Symbol.dispose]();
  await Deno.remove(`${party.folder}/profile.db`);
  restore(name, `${party.folder}/profile.db`);
  await party.restart();
  return party;
}

/** Puts the file that alice had begun to send to where she can read it. */
async function writeSource({ folder, profile: { transfers } }: Party): Promise<void> {
  const path = `${folder}/book.pdf`;
  await Deno.writeTextFile(path, "a book");
  const changed = (await Deno.stat(path)).mtime?.getTime();
  const { number } = transfers.all().find(({ name }) => name === "book.pdf")!;
  transfers.change(number, { path, changed });
}

/** Lets both receive in turns until two turns bring nothing. Returns what each was told. */
async function settle(address: string, ...parties: Party[]): Promise<string[][]> {
  const told: string[][] = parties.map(() => []);
  let time = Date.now();
  for (let quiet = 0; quiet < 2 * parties.length;) {
    for (const [i, party] of parties.entries()) {
      time += LATER;
      party.now = () => time;
      const lines = await party.receive(address);
      quiet = lines.length === 0 ? quiet + 1 : 0;
      told[i].push(...lines);
    }
  }
  return told;
}

/** What `party` has of its history with the only other client. */
function historyOf({ profile }: Party): HistoryEntry[] {
  const [{ id }] = profile.contacts.all();
  return [...profile.history.list(id)];
}

function textsOf(party: Party): string[] {
  return historyOf(party).flatMap(({ body, sent, state }) => {
    return "text" in body ? [`${sent ? "to" : "from"}: ${body.text} (${state})`] : [];
  });
}

/** The messages of others in what a client was told. */
function messagesIn(told: string[]): string[] {
  return told.filter((line) => !/\((notice|\d+ unreadable)\)$/.test(line)).sort();
}

Deno.test("renewed profiles: what was written stays, what was under way arrives", async () => {
  await using data = await tempFolder();
  await using server = await restoreServer(data.path);
  await using alice = await restoreClient("alice");
  await using bob = await restoreClient("bob");

  const [known] = alice.profile.contacts.all();
  assertEquals([known.name, known.alias, known.verified], ["bob", "bobby", true]);
  assertEquals(known.id, bob.profile.identity.id);
  assertEquals(known.publicKey, bob.profile.secureIdentity?.publicKey);
  assertEquals(bob.profile.contacts.all()[0].verified, true);
  const before = ["to: one (sent)", "from: two (received)", "to: three (sent)"];
  const onServer = "to: on the server for bob (sent)";
  assertEquals(textsOf(alice), [...before, onServer, "to: not sent yet (pending)"]);
  for (const { profile } of [alice, bob]) {
    assertEquals([profile.sessions.first(), profile.prekeys.after(0)], [[], []]);
    assert(profile.prekeys.largestId() > 0);
  }
  await writeSource(alice);

  const [toldAlice, toldBob] = await settle(server.address, alice, bob);
  // One line for the two that have to be sent again.
  assertEquals(toldAlice[0], "bob: (2 unreadable)");
  // The song was half on its way; bob has not fetched the photo before.
  assertEquals(messagesIn(toldAlice), [
    "bob! gone",
    "bob: collected, not opened",
    "bob: neither",
    "bob: still on the server",
  ]);
  assertEquals(messagesIn(toldBob), [
    "alice! gone",
    "alice: (file)",
    "alice: not sent yet",
    "alice: on the server for bob",
  ]);
  assertEquals(await Deno.readTextFile(`${bob.folder}/out/book.pdf`), "a book");
  assertEquals(textsOf(alice).filter((text) => text.startsWith("to")), [
    ...before.filter((text) => text.startsWith("to")),
    onServer,
    "to: not sent yet (sent)",
  ]);
  assertEquals(waitingMessages(data.path), 0);
  // Nobody is told that the profile is an old copy.
  assertEquals(alice.notes.concat(bob.notes), []);

  // The letter was announced, and not fetched.
  const [letter] = alice.profile.transfers.all();
  const fetching = alice.with(server.address, (client) => client.fetch(letter.number, data.path));
  assertEquals(await failure(fetching), "gone");
  await alice.receive(server.address);
  for (const { profile } of [alice, bob]) assertEquals(profile.transfers.open().length, 0);

  for (let round = 0; round < 3; round++) {
    await alice.send(server.address, "bobby", `to bob ${round}`);
    assertEquals(await bob.receive(server.address), [`alice: to bob ${round}`]);
    await bob.send(server.address, "alice", `to alice ${round}`);
    assertEquals(await alice.receive(server.address), [`bob: to alice ${round}`]);
  }
});

Deno.test("renewed profiles: one who is renewed writes to one who is not yet", async () => {
  await using data = await tempFolder();
  await using server = await restoreServer(data.path);
  await using bob = await restoreClient("bob");
  // With the prekeys that alice published before.
  await bob.send(server.address, "alice", "from the new to the old");
  await bob.receive(server.address);
  assert(bob.profile.sessions.first().length > 0);
  await using alice = await restoreClient("alice");
  await writeSource(alice);
  await alice.send(server.address, "bob", "and back");
  const [toldAlice, toldBob] = await settle(server.address, alice, bob);
  assert(toldAlice.includes("bob: from the new to the old"), `${toldAlice}`);
  assert(toldBob.includes("alice: and back"), `${toldBob}`);
  assertEquals(new Set(messagesIn(toldAlice)).size, messagesIn(toldAlice).length);
  assertEquals(waitingMessages(data.path), 0);
});

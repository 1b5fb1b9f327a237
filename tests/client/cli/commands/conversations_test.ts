/** Conversations, and the commands on them and on the history, on a profile without a server. */
import { history } from "../../../../client/cli/commands/history.ts";
import { openClient } from "../../../../client/open_client.ts";
import { Profile } from "../../../../client/profile/profile.ts";
import type { Bytes } from "../../../../shared/bytes.ts";
import { randomBytes } from "../../../../shared/crypto/random.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { commandContext } from "../../../support/client/command_context.ts";
import { runHere } from "../../../support/client_here.ts";
import { idOf } from "../../../support/profile/database.ts";
import { tempFolder } from "../../../support/temp_folder.ts";

const ALICE = idOf(1);
const BOB = idOf(2);
const START = new Date(2026, 0, 2, 3, 0).getTime();
const MINUTE = 60_000;

/** Adds an entry that came, or went, so many minutes after the start. */
function add(profile: Profile, peer: Bytes, text: string, minute: number, sent = false): number {
  const at = START + minute * MINUTE;
  const entry = { peer, at, stored: at, contentId: null, body: { text } };
  if (sent) return profile.history.addSent(entry);
  return profile.history.addReceived({ ...entry, messageId: 1 })!;
}

/** A folder with a profile in which `fill` was done. */
async function profileWith(fill: (profile: Profile) => void) {
  const folder = await tempFolder();
  using profile = await Profile.open(folder.path);
  await profile.prepareSecure("me");
  profile.registerSecure();
  profile.contacts.put([{ id: ALICE, name: "alice" }, { id: BOB, name: "bob" }]);
  fill(profile);
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await runHere([...args, "--profile", folder.path]);
    assertEquals([code, stderr], [0, ""], args.join(" "));
    return stdout.trimEnd();
  };
  const json = async (...args: string[]) => {
    const lines = await run(...args, "--json");
    return lines === "" ? [] : lines.split("\n").map((line) => JSON.parse(line));
  };
  return { folder, run, json, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

/** Which conversations are listed, in their order. */
const names = (items: { peer: { name: string } }[]) => items.map(({ peer }) => peer.name);

Deno.test("conversations: the newest entries come first, with what is unread", async () => {
  await using at = await profileWith((profile) => {
    add(profile, ALICE, "one", 0);
    add(profile, BOB, "two", 1);
    add(profile, ALICE, "three\nand more", 2);
  });
  const unread = "[2 unread]  2026-01-02 03:02 ← three…";
  assertEquals(
    await at.run("conversations"),
    [
      `alice (unauthenticated) ${unread}`,
      "bob (unauthenticated) [1 unread]  2026-01-02 03:01 ← two",
    ].join("\n"),
  );
  const [alice] = await at.json("conversations");
  const { last, peer, ...rest } = alice;
  assertEquals([last.text, peer.name], ["three\nand more", "alice"]);
  assertEquals(rest, {
    ...{ authenticated: false, verified: false, blocked: false, alias: null },
    ...{ unread: 2, firstUnread: 1, muted: false, archived: false, draft: null },
  });
});

Deno.test("conversations: one's own notes are called so, and are marked for scripts", async () => {
  await using at = await profileWith((profile) => {
    const { id: peer } = profile.identity;
    profile.contacts.put([{ id: ALICE, name: "Notes (only you)" }]);
    profile.history.addNote({
      peer,
      at: START,
      stored: START,
      contentId: null,
      body: { text: "a" },
    });
    add(profile, ALICE, "b", 1);
  });
  const time = "2026-01-02 03:0";
  assertEquals(
    await at.run("conversations"),
    `"Notes (only you)" (unauthenticated) [1 unread]  ${time}1 ← b\nNotes (only you)  ${time}0 → a`,
  );
  assertEquals((await at.json("conversations")).map(({ own }) => own), [undefined, true]);
});

Deno.test("conversations: what was read is so up to an entry, or all", async () => {
  await using at = await profileWith((profile) => {
    for (let i = 0; i < 4; i++) add(profile, ALICE, `${i}`, i);
    add(profile, BOB, "other", 9);
    add(profile, ALICE, "own", 10, true);
  });
  assertEquals((await at.json("mark-read", "alice", "--up-to", "2"))[0].read, 2);
  const unread = async () => (await at.json("conversations")).map(({ unread }) => unread);
  assertEquals(await unread(), [2, 1]);
  assertEquals(await at.run("mark-read", "alice"), "Read now: 2.");
  assertEquals(await unread(), [0, 1]);
  assertEquals((await at.json("mark-read", "alice"))[0].read, 0);
});

Deno.test("conversations: an archived one comes back with something new", async () => {
  await using at = await profileWith((profile) => {
    add(profile, ALICE, "one", 0);
    add(profile, BOB, "two", 1);
  });
  assert((await at.json("archive", "alice"))[0].archived);
  assertEquals(names(await at.json("conversations")), ["bob"]);
  assertEquals(names(await at.json("conversations", "--archived")), ["alice"]);
  {
    using profile = await Profile.open(at.folder.path);
    add(profile, ALICE, "three", 2);
  }
  assertEquals(names(await at.json("conversations")), ["alice", "bob"]);
  await at.run("archive", "bob");
  await at.run("archive", "bob", "off");
  assertEquals(names(await at.json("conversations")), ["alice", "bob"]);
});

Deno.test("conversations: a muted one stays archived, until it is muted no more", async () => {
  await using at = await profileWith((profile) => add(profile, ALICE, "one", 0));
  await at.run("archive", "alice");
  const [{ muted, mutedUntil }] = await at.json("mute", "alice");
  assertEquals([muted, mutedUntil], [true, undefined]);
  {
    using profile = await Profile.open(at.folder.path);
    add(profile, ALICE, "two", 1);
  }
  const [alice] = await at.json("conversations", "--archived");
  assertEquals([alice.unread, alice.muted, alice.archived], [2, true, true]);
  await at.run("mute", "alice", "off");
  assertEquals(names(await at.json("conversations")), ["alice"]);
  const before = Date.now();
  const [timed] = await at.json("mute", "alice", "8h");
  const until = new Date(timed.mutedUntil).getTime();
  assert(until >= before + 8 * 60 * MINUTE && until <= Date.now() + 8 * 60 * MINUTE);
  const wrong = await runHere(["mute", "alice", "soon", "--profile", at.folder.path]);
  assertEquals(wrong.code, 2);
  assert(wrong.stderr.includes('not "soon"'), wrong.stderr);
});

Deno.test("conversations: a draft is kept, also where nothing was written, and goes", async () => {
  await using at = await profileWith((profile) => add(profile, BOB, "one", 0));
  assertEquals(await at.run("draft", "alice", "half a"), "half a");
  assertEquals(await at.run("draft", "alice"), "half a");
  const found = (await at.json("conversations")).map(({ peer, draft }) => [peer.name, draft]);
  assertEquals(found, [["bob", null], ["alice", "half a"]]);
  await at.run("draft", "alice", "");
  assertEquals((await at.json("draft", "alice"))[0].draft, null);
  assertEquals(names(await at.json("conversations")), ["bob"]);
  await at.run("draft", "bob", "to be forgotten");
  await at.run("forget", "bob");
  assertEquals(await at.json("conversations"), []);
});

Deno.test("search: all words, in all conversations or one, the newest first, so many", async () => {
  const long = `${"before ".repeat(40)}needle${" behind".repeat(40)}`;
  await using at = await profileWith((profile) => {
    add(profile, ALICE, "red apple", 0);
    add(profile, BOB, "Apple, red", 1);
    add(profile, ALICE, "apple pie", 2, true);
    add(profile, ALICE, long, 3);
  });
  const numbers = async (...args: string[]) =>
    (await at.json("search", ...args)).map(({ number }) => number);
  assertEquals(await numbers("APPLE", "red"), [2, 1]);
  assertEquals(await numbers("red apple"), [1]);
  assertEquals(await numbers("apple", "--in", "alice"), [3, 1]);
  assertEquals(await numbers("apple", "--last", "1"), [3]);
  assertEquals(await numbers("pear"), []);
  const [line] = (await at.run("search", "needle")).split("\n");
  assert(/^4 {2}2026-01-02 03:03 ← alice.*: ….*needle.*…$/.test(line), line);
});

Deno.test("history: the last, those before one, and those since a time", async () => {
  await using at = await profileWith((profile) => {
    for (let i = 0; i < 200; i++) add(profile, ALICE, `${i}`, i * 60, i % 2 === 0);
    add(profile, BOB, "other", 300 * 60);
  });
  const texts = async (...args: string[]) =>
    (await at.json("history", "alice", ...args)).map(({ text }) => text);
  const range = (start: number, end: number) =>
    Array.from({ length: end - start }, (_, i) => `${start + i}`);
  assertEquals(await texts(), range(0, 200));
  assertEquals(await texts("--last", "3"), range(197, 200));
  assertEquals(await texts("--last", "2", "--before", "100"), range(97, 99));
  assertEquals(await texts("--before", "3"), range(0, 2));
  assertEquals(await texts("--since", "2026-01-10"), range(189, 200));
  assertEquals(await texts("--since", "2026-01-10 03:00", "--last", "2"), range(198, 200));
  assertEquals(await texts("--since", "1d"), []);
  assertEquals(await texts("--search", "9", "--last", "2", "--before", "150"), ["129", "139"]);
  const wrong = await runHere(["history", "alice", "--since", "May", "--profile", at.folder.path]);
  assertEquals(wrong.code, 2);
});

Deno.test("history: a person sees the last, which are read then, and how to see more", async () => {
  await using at = await profileWith((profile) => {
    for (let i = 1; i <= 60; i++) add(profile, ALICE, `${i}`, i);
    for (let i = 1; i <= 50; i++) add(profile, BOB, `${i}`, i);
  });
  const runtime = { now: Date.now, random: randomBytes, sleep: () => Promise.resolve() };
  await using opened = await openClient({ folder: at.folder.path, ...runtime });
  const { history: entries } = opened.profile;
  entries.markRead(ALICE, 5);
  const shown = async (peer: string, rich: boolean) => {
    const notes: string[] = [];
    const note = (text: string) => void notes.push(text);
    const context = commandContext({ ...opened, runtime, rich, note });
    const args = { peer, search: undefined, last: undefined, before: undefined, since: undefined };
    const items = await Array.fromAsync(history.run(args, context) as AsyncIterable<unknown>);
    return { count: items.length, notes };
  };
  assertEquals(await shown("alice", false), { count: 60, notes: [] });
  assertEquals(entries.unread(ALICE).count, 55);
  const { count, notes } = await shown("alice", true);
  assertEquals([count, notes], [50, ["The last 50; more with --last N, or with --before 11"]]);
  assertEquals([entries.unread(ALICE).count, entries.unread(BOB).count], [0, 50]);
  assertEquals(await shown("bob", true), { count: 50, notes: [] });
});

Deno.test("search: the first one of a long history says why it takes long, once", async () => {
  await using at = await profileWith((profile) => {
    profile.transaction(() => {
      for (let i = 0; i < 12_000; i++) add(profile, ALICE, `text ${i}`, i);
    });
  });
  const notes = async (...args: string[]) => {
    const { code, stderr } = await runHere([...args, "--profile", at.folder.path]);
    assertEquals(code, 0);
    return stderr;
  };
  const told = "The first search reads the whole history; later ones are fast.\n";
  assertEquals(await notes("search", "11999"), told);
  assertEquals(await notes("search", "11999"), "");
  assertEquals(await notes("history", "alice", "--search", "11998"), "");
});

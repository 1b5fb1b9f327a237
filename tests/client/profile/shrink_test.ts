/** The file of a profile gets smaller when much of it is deleted. */
import { Database } from "@db/sqlite";
import { Profile } from "../../../client/profile/profile.ts";
import type { SentEntry } from "../../../client/profile/tables/history_entry.ts";
import type { Bytes } from "../../../shared/bytes.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { idOf } from "../../support/profile/database.ts";
import { tempFolder } from "../../support/temp_folder.ts";

const ALICE = idOf(1);
const BOB = idOf(2);
const COUNT = 1500;

function entryFor(peer: Bytes, text: string): SentEntry {
  return { peer, at: 1, stored: 1, contentId: null, body: { text } };
}

/** Makes a profile with a long history with Alice, and a short one with Bob. */
async function fillProfile(folder: string): Promise<void> {
  using profile = await Profile.open(folder);
  profile.transaction(() => {
    for (let i = 0; i < COUNT; i++) {
      profile.history.addSent(entryFor(ALICE, `${i} `.repeat(200)));
      if (i % 10 === 0) profile.history.addSent(entryFor(BOB, `${i}`));
    }
  });
}

function sizeOf(folder: string): number {
  return Deno.statSync(`${folder}/profile.db`).size;
}

function assertWhole(profile: Profile): void {
  const texts = [...profile.history.list(BOB)].map(({ body }) => "text" in body ? body.text : "");
  assertEquals(texts, Array.from({ length: COUNT / 10 }, (_, i) => `${i * 10}`));
}

Deno.test("shrinking: room that is free goes back to the disk, while it is open", async () => {
  await using folder = await tempFolder();
  await fillProfile(folder.path);
  const before = sizeOf(folder.path);
  using profile = await Profile.open(folder.path);
  assertEquals(profile.history.forget(ALICE), COUNT);
  profile.shrink();
  assert(sizeOf(folder.path) < before / 4, `${sizeOf(folder.path)} of ${before}`);
  assertWhole(profile);
});

Deno.test("shrinking: a profile that is closed leaves no free room behind", async () => {
  await using folder = await tempFolder();
  await fillProfile(folder.path);
  const before = sizeOf(folder.path);
  {
    using profile = await Profile.open(folder.path);
    profile.history.forget(ALICE);
  }
  assert(sizeOf(folder.path) < before / 4, `${sizeOf(folder.path)} of ${before}`);
});

Deno.test("shrinking: a file of an earlier version is written anew when opened", async () => {
  await using folder = await tempFolder();
  await fillProfile(folder.path);
  cannotShrink(folder.path);
  {
    using profile = await Profile.open(folder.path);
    const before = sizeOf(folder.path);
    profile.history.forget(ALICE);
    profile.shrink();
    assertEquals(sizeOf(folder.path), before);
  }
  const before = sizeOf(folder.path);
  using profile = await Profile.open(folder.path);
  assert(sizeOf(folder.path) < before / 4, `${sizeOf(folder.path)} of ${before}`);
  assertWhole(profile);
  profile.history.addSent(entryFor(BOB, "one more"));
  assertEquals(folder.names(), [
    "incoming",
    "profile.db",
    "profile.db-shm",
    "profile.db-wal",
    "profile.lock",
  ]);
});

/** Makes the file of a profile like that of version 0.4.0. */
function cannotShrink(folder: string): void {
  const path = `${folder}/profile.db`;
  const from = new Database(path);
  const to = new Database(`${path}.old`);
  const names = from.prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    .all<{ name: string; sql: string }>();
  for (const { sql } of names) to.exec(sql);
  to.exec("BEGIN");
  for (const { name, sql } of names) {
    if (!sql.startsWith("CREATE TABLE")) continue;
    for (const row of from.prepare(`SELECT * FROM ${name}`).all()) {
      const values = Object.values(row);
      to.exec(`INSERT INTO ${name} VALUES (${values.map(() => "?")})`, ...values);
    }
  }
  to.exec("COMMIT");
  to.exec(`PRAGMA user_version = ${from.prepare("PRAGMA user_version").value()}`);
  from.close();
  to.close();
  Deno.renameSync(`${path}.old`, path);
}

Deno.test("shrinking: little free room stays for what comes; the log has nothing", async () => {
  await using folder = await tempFolder();
  await fillProfile(folder.path);
  const before = sizeOf(folder.path);
  using profile = await Profile.open(folder.path);
  profile.history.forget(BOB);
  profile.shrink();
  assertEquals(Deno.statSync(`${folder.path}/profile.db-wal`).size, 0);
  assertEquals(sizeOf(folder.path), before);
});

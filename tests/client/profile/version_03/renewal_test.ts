/** A profile of version 0.3 becomes one of today whole or not at all, and nothing stays of it. */
import { Database } from "@db/sqlite";
import { ClientError } from "../../../../client/errors.ts";
import { Profile } from "../../../../client/profile/profile.ts";
import type { Bytes } from "../../../../shared/bytes.ts";
import { randomBytes } from "../../../../shared/crypto/random.ts";
import { WRAPPED_KEY_SIZE } from "../../../../shared/crypto/passphrase.ts";
import { assert, assertEquals, assertRejects } from "../../../support/assert.ts";
import { watchDisk } from "../../../support/fault/disk_watch.ts";
import { filesWith, giving } from "../../../support/profile/full_profile.ts";
import {
  assertSecureOwner,
  assertTransfers,
  assertWhole,
  PASSPHRASE,
  restore,
} from "../../../support/profile/released_profiles.ts";
import { tempFolder } from "../../../support/temp_folder.ts";

/** Makes the profile `secure` in `folder`, all of it in the log that a killed process left. */
async function restoreKilled(folder: string): Promise<void> {
  await using temp = await tempFolder();
  const path = `${temp.path}/profile.db`;
  {
    const database = new Database(path);
    database.exec("PRAGMA journal_mode = WAL");
    database.close();
  }
  const reader = new Database(path);
  reader.exec("PRAGMA wal_autocheckpoint = 0");
  restore("secure", path);
  for (const end of ["", "-wal"]) await Deno.copyFile(path + end, `${folder}/profile.db${end}`);
  reader.close();
}

/** The files of a folder, without its folders. */
function filesOf(folder: string): string[] {
  return [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile).map(({ name }) => name);
}

/** The cells of a database that hold bytes, each of at least 20. */
function sealedCells(path: string): Bytes[] {
  const database = new Database(path);
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .all<{ name: string }>();
    return tables.flatMap(({ name }) => database.prepare(`SELECT * FROM ${name}`).all())
      .flatMap((row) => Object.values(row))
      .filter((cell): cell is Bytes => cell instanceof Uint8Array && cell.length >= 20);
  } finally {
    database.close();
  }
}

Deno.test("renewal: nothing stays that the old key could open, nor the key", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  restore("secure", `${folder}/profile.db`);
  // A long cell lies in several places.
  const old = sealedCells(`${folder}/profile.db`).map((cell) => cell.slice(0, 20));
  assert(old.length > 15);
  for (const cell of old) assertEquals(await filesWith(folder, [cell]), [`${folder}/profile.db`]);
  {
    using profile = await Profile.open(folder);
    assertWhole(profile);
    assertEquals(await filesWith(folder, old), []);
  }
  assertEquals(await filesWith(folder, old), []);
  assertEquals(temp.names(), ["incoming", "profile.db", "profile.lock"]);
});

Deno.test("renewal: the passphrase and its cost stay, and it is asked for once", async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/profile.db`;
  restore("protected", path);
  const keyOf = () => {
    const database = new Database(path);
    try {
      return database.prepare("SELECT key FROM keyring").value<[Bytes]>()![0];
    } finally {
      database.close();
    }
  };
  const [old, before] = [keyOf(), await Deno.readFile(path)];
  for (const wrong of ["wrong horse", ""]) {
    const opening = Profile.open(temp.path, giving(wrong));
    assertEquals((await assertRejects(() => opening, ClientError)).code, "wrong-passphrase");
  }
  assertEquals(await Deno.readFile(path), before);
  for (let time = 0; time < 2; time++) {
    const options = giving(PASSPHRASE);
    using profile = await Profile.open(temp.path, options);
    assertEquals([options.asked, profile.protected], [1, true]);
    assertSecureOwner(profile);
    assertWhole(profile);
  }
  const renewed = keyOf();
  assertEquals([renewed[0], renewed.length], [2, WRAPPED_KEY_SIZE]);
  assertEquals(renewed.slice(1, 4), old.slice(1, 4));
});

Deno.test("renewal: a changed row or keyring is refused, and nothing happens", async () => {
  for (
    const change of [
      "UPDATE contacts SET sealed = CAST(substr(sealed, 1, 30) || x'00' AS BLOB)",
      "UPDATE keyring SET key = randomblob(32)",
      "DELETE FROM keyring",
    ]
  ) {
    await using temp = await tempFolder();
    restore("secure", `${temp.path}/profile.db`, change);
    const before = sealedCells(`${temp.path}/profile.db`);
    const { code } = await assertRejects(() => Profile.open(temp.path), ClientError);
    assertEquals(code, "bad-profile");
    assertEquals(sealedCells(`${temp.path}/profile.db`), before);
    assert(!temp.names().includes("profile.db.new"));
  }
});

Deno.test("renewal: a failure at any row leaves the old profile; the next run works", async () => {
  await using temp = await tempFolder();
  restore("secure", `${temp.path}/profile.db`);
  const before = sealedCells(`${temp.path}/profile.db`);
  let failures = 0;
  for (let left = 0;; left++) {
    let calls = 0;
    let isOpen = false;
    const random = (size: number) => {
      if (!isOpen && calls++ === left) throw new Error("no randomness");
      return randomBytes(size);
    };
    try {
      using profile = await Profile.open(temp.path, { random });
      isOpen = true;
      assertWhole(profile);
      assertTransfers(profile);
      break;
    } catch (error) {
      assert(`${error}`.includes("no randomness"), `${error}`);
      failures++;
      assertEquals(sealedCells(`${temp.path}/profile.db`), before);
      assert(!temp.names().includes("profile.db.new"));
    }
  }
  assert(failures > 15, `${failures}`);
});

Deno.test("renewal: wherever the process dies, the profile is the old or the new", async () => {
  await using temp = await tempFolder();
  const folder = `${temp.path}/profile`;
  await Deno.mkdir(folder);
  await restoreKilled(folder);
  /** What the folder held at some moment, by all of it. */
  const moments = new Map<string, Map<string, Bytes>>();
  const note = () => {
    const files = new Map(
      filesOf(folder).map((name) => {
        return [name, Deno.readFileSync(`${folder}/${name}`)];
      }),
    );
    const digest = [...files].map(([name, bytes]) => `${name} ${bytes.toBase64()}`).join("\n");
    moments.set(digest, files);
  };
  {
    using _watch = watchDisk(note);
    const random = (size: number) => {
      note();
      return randomBytes(size);
    };
    using profile = await Profile.open(folder, { random });
    assertWhole(profile);
  }
  note();
  assert(moments.size > 10, `${moments.size}`);
  const seen = new Set<string>();
  for (const files of moments.values()) {
    await using copy = await tempFolder();
    for (const [name, bytes] of files) await Deno.writeFile(`${copy.path}/${name}`, bytes);
    const version = versionOf(copy.path);
    seen.add(`${version} ${[...files.keys()].includes("profile.db.new")}`);
    using profile = await Profile.open(copy.path);
    assertSecureOwner(profile);
    assertWhole(profile);
    assertTransfers(profile);
    assert(!copy.names().includes("profile.db.new"));
  }
  // Old, old with a draft beside it, and new were all there.
  assertEquals([...seen].sort(), ["4 false", "4 true", "7 false"]);
});

/** The version of the profile in `folder`. */
function versionOf(folder: string): number {
  const database = new Database(`${folder}/profile.db`);
  try {
    return database.prepare("PRAGMA user_version").value<[number]>()![0];
  } finally {
    database.close();
  }
}

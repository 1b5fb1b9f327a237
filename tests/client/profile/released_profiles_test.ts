/** Profiles that a release wrote (`tests/vectors/profiles/`) are opened, and are whole. */
import { Database } from "@db/sqlite";
import { ClientError } from "../../../client/errors.ts";
import { Profile } from "../../../client/profile/profile.ts";
import { fromHex } from "../../../shared/bytes.ts";
import { assertEquals, assertRejects } from "../../support/assert.ts";
import { emptyTables, idOf } from "../../support/profile/database.ts";
import { CHEAP, giving } from "../../support/profile/full_profile.ts";
import {
  assertSecureOwner,
  assertTransfers,
  assertWhole,
  BOB,
  owners,
  PASSPHRASE,
  RELEASE,
  restore,
} from "../../support/profile/released_profiles.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { readVectorText } from "../../support/vectors.ts";

/** The tables and indexes of a database, without comments and spaces. */
function schemaOf(database: Database): string[] {
  return database.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
    .all<{ sql: string }>()
    .map(({ sql }) => sql.replace(/--.*/g, "").replace(/\s+/g, " "));
}

Deno.test("released profiles: one of a secure client is whole", async () => {
  await using temp = await tempFolder();
  restore("secure", `${temp.path}/profile.db`);
  using profile = await Profile.open(temp.path);
  assertSecureOwner(profile);
  assertWhole(profile);
  assertTransfers(profile);
});

Deno.test("released profiles: one under a passphrase is whole, and takes another", async () => {
  await using temp = await tempFolder();
  restore("protected", `${temp.path}/profile.db`);
  using profile = await Profile.open(temp.path, giving(PASSPHRASE));
  assertSecureOwner(profile);
  await profile.setPassphrase(null);
  assertWhole(profile);
  assertTransfers(profile);
});

Deno.test("released profiles: an export is imported whole", async () => {
  await using temp = await tempFolder();
  restore("export", `${temp.path}/export`);
  const folder = `${temp.path}/profile`;
  assertEquals(await Profile.importFrom(`${temp.path}/export`, folder, PASSPHRASE), true);
  using profile = await Profile.open(folder, giving(PASSPHRASE));
  assertSecureOwner(profile);
  assertWhole(profile);
  assertTransfers(profile);
});

Deno.test("released profiles: an export comes in with its files, unless changed", async () => {
  const importOne = async (folder: string, change = "", passphrase = PASSPHRASE) => {
    const file = `${folder}/export`;
    restore("conversation/export", file, change);
    await Profile.importFrom(file, `${folder}/profile`, passphrase, CHEAP);
  };
  const changes = [
    "UPDATE parts SET sealed = CAST(x'00' || substr(sealed, 2) AS BLOB)",
    "UPDATE exported SET sealed = CAST(x'00' || substr(sealed, 2) AS BLOB)",
    "DELETE FROM parts",
    "UPDATE history SET number = number + 10",
  ];
  for (const change of changes) {
    await using temp = await tempFolder();
    const { code } = await assertRejects(() => importOne(temp.path, change), ClientError);
    assertEquals(code, "file");
  }
  await using temp = await tempFolder();
  const folder = temp.path;
  const wrong = await assertRejects(() => importOne(folder, "", "wrong horse"), ClientError);
  assertEquals(wrong.code, "wrong-passphrase");
  await Deno.remove(`${folder}/export`);
  await importOne(folder);
  using profile = await Profile.open(`${folder}/profile`, giving(PASSPHRASE));
  const { id, verified } = profile.contacts.byName("bobby")!;
  assertEquals([profile.identity.name, verified], ["alice", true]);
  assertEquals([...profile.history.list(id)].length, 7);
  const [name] = profile.envelopes.files();
  const content = await Deno.readTextFile(profile.envelopes.path(Number(name)));
  assertEquals(content, "a large content that waits in a file");
  const address = await Deno.readTextFile(`${folder}/profile/server.info`);
  assertEquals(address, "server.example.org:4242\n");
});

Deno.test("released profiles: one of a classic client is whole, with its me.info", async () => {
  await using temp = await tempFolder();
  restore("classic", `${temp.path}/profile.db`);
  await Deno.writeTextFile(`${temp.path}/me.info`, readVectorText(`${RELEASE}/me.info`));
  using profile = await Profile.open(temp.path);
  const { id, name, privateKey } = owners.classic;
  assertEquals(profile.identity, { id: fromHex(id), name, privateKey: fromHex(privateKey) });
  assertWhole(profile);
});

/** The columns of each table, and all indexes. */
function columnsOf(database: Database): unknown[] {
  return database.prepare(
    'SELECT m.type, m.tbl_name, m.name, c.name, c.type, c."notnull", c.pk ' +
      "FROM sqlite_schema AS m LEFT JOIN pragma_table_info(m.name) AS c " +
      "WHERE m.sql IS NOT NULL ORDER BY 1, 2, 3",
  ).all();
}

Deno.test("released profiles: one of version 0.4 is whole, and gets today's tables", async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/profile.db`;
  const old = new Database(path);
  old.exec(readVectorText("profiles/0.4.0/secure.sql"));
  old.close();
  {
    using profile = await Profile.open(temp.path);
    assertEquals(profile.secureIdentity?.name, "alice the owner");
    assertEquals(profile.contacts.byName("bobby the alias")?.verified, true);
    assertEquals(profile.sessions.load(BOB).length, 1);
    assertEquals([profile.prekeys.largestId(), profile.outbox.first().length], [5, 1]);
    assertEquals(profile.envelopes.nextWaiting(0)?.messageId, 7);
    const file = { name: "letter.txt", size: 5, path: null, blob: idOf(9) };
    assertEquals([...profile.history.list(BOB)].map(({ body, state }) => ({ body, state })), [
      { body: { text: "a text that came" }, state: "received" },
      { body: { text: "a text that was sent" }, state: "sent" },
      { body: { file: { ...file, key: new Uint8Array(32).fill(8) } }, state: "received" },
    ]);
    assertEquals(profile.transfers.ofHistory(3)?.state, "waiting");
    assertEquals(profile.history.sentAs(BOB, 70)?.number, 2);
    // By tags that version 0.4 did not have.
    assertEquals(profile.history.sentWith(BOB, idOf(4))?.number, 2);
    assertEquals(profile.history.receivedAs(BOB, idOf(3))?.number, 1);
  }
  const [renewed, today] = [new Database(path), emptyTables()];
  assertEquals(columnsOf(renewed), columnsOf(today));
  const version = "PRAGMA user_version";
  assertEquals(renewed.prepare(version).value(), today.prepare(version).value());
  renewed.close();
});

Deno.test("released profiles: their tables become today's, also from version 3", async () => {
  for (const change of ["", "DROP TABLE transfers; PRAGMA user_version = 3;"]) {
    await using temp = await tempFolder();
    const path = `${temp.path}/profile.db`;
    restore("secure", path, change);
    {
      using profile = await Profile.open(temp.path);
      assertSecureOwner(profile);
      assertWhole(profile);
      assertEquals(profile.transfers.all().length, change === "" ? 3 : 0);
      const file = { direction: "up", peer: BOB, blob: idOf(1), key: idOf(2), name: "a" } as const;
      profile.transfers.add({ ...file, size: 1, path: "/a", started: 1 });
    }
    const [old, today] = [new Database(path), emptyTables()];
    assertEquals(schemaOf(old), schemaOf(today));
    const version = "PRAGMA user_version";
    assertEquals(old.prepare(version).value(), today.prepare(version).value());
    old.close();
  }
});

import { Database } from "@db/sqlite";
import { Profile } from "../../../client/profile/profile.ts";
import { utf8 } from "../../../shared/bytes.ts";
import {
  generateIdentity,
  publicIdentity,
  secureClientId,
} from "../../../shared/crypto/identity.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { idOf } from "../../support/profile/database.ts";
import { filesWith } from "../../support/profile/full_profile.ts";

/** The tables as version 1 had them. */
const VERSION_1 = `
  CREATE TABLE contacts (id BLOB PRIMARY KEY, name TEXT NOT NULL, public_key BLOB) STRICT;
  CREATE TABLE classic_keys (
    number INTEGER PRIMARY KEY, contact BLOB NOT NULL, key BLOB NOT NULL, own INTEGER NOT NULL,
    sending INTEGER NOT NULL DEFAULT 0, last_used INTEGER NOT NULL DEFAULT 0,
    UNIQUE (contact, key)
  ) STRICT;
  CREATE TABLE envelopes (
    number INTEGER PRIMARY KEY, message INTEGER NOT NULL, sender BLOB NOT NULL,
    type INTEGER NOT NULL, size INTEGER NOT NULL, tail BLOB NOT NULL, content BLOB,
    state TEXT NOT NULL, UNIQUE (message, sender, type, size, tail)
  ) STRICT;
  CREATE INDEX envelopes_by_state ON envelopes (state, number) WHERE state <> 'done';
`;

/** What version 2 had more. */
const VERSION_2 = `
  CREATE TABLE secure_identity (
    one INTEGER PRIMARY KEY CHECK (one = 1), id BLOB NOT NULL, name TEXT NOT NULL,
    public_key BLOB NOT NULL, signing BLOB NOT NULL, agreement BLOB NOT NULL,
    registered INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE servers (address TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT;
  CREATE TABLE interim_counters (
    contact BLOB PRIMARY KEY, sent INTEGER NOT NULL DEFAULT -1,
    received INTEGER NOT NULL DEFAULT -1
  ) STRICT;
`;

const BOB = idOf(0xb0);
const CAROL = idOf(0xca);
const KEY = new Uint8Array(160).fill(0x30);
const SERVER = { hostname: "server.example.org", port: 4242 };
const [OLD, NEW] = [utf8("an old key of 16"), utf8("a newer key, 16.")];
const CONTENT = utf8("a content that waits");
const TEXTS = ["alice the owner", "bob the friend", "carol the other", "server.example.org"];

function withDatabase(folder: string, use: (database: Database) => void): void {
  const database = new Database(`${folder}/profile.db`);
  database.exec("PRAGMA journal_mode = WAL");
  use(database);
  database.close();
}

/** What was there from the first version on. */
function fillVersion1(database: Database): void {
  database.exec(VERSION_1);
  database.exec("INSERT INTO contacts VALUES (?, 'bob the friend', ?)", BOB, KEY);
  database.exec("INSERT INTO contacts VALUES (?, 'carol the other', NULL)", CAROL);
  const key =
    "INSERT INTO classic_keys (contact, key, own, sending, last_used) VALUES (?, ?, ?, ?, ?)";
  database.exec(key, BOB, OLD, 1, 1, 3);
  database.exec(key, BOB, NEW, 0, 0, 0);
  const envelope = "INSERT INTO envelopes VALUES (?, ?, ?, 3, 20, ?, ?, ?)";
  database.exec(envelope, 1, 7, BOB, CONTENT.slice(-16), null, "done");
  database.exec(envelope, 2, 8, BOB, CONTENT.slice(-16), CONTENT, "waiting");
  database.exec(envelope, 3, 9, CAROL, CONTENT.slice(-16), null, "waiting");
  database.exec(envelope, 4, 10, CAROL, CONTENT.slice(-16), CONTENT, "unreadable");
  // Something that was deleted, and lies in the file still.
  database.exec("CREATE TABLE old (text TEXT)");
  database.exec("INSERT INTO old VALUES ('the text that was deleted')");
  database.exec("DELETE FROM old");
  database.exec("DROP TABLE old");
}

function assertVersion1(profile: Profile): void {
  const bob = { id: BOB, name: "bob the friend", publicKey: KEY, blocked: false, verified: false };
  assertEquals(profile.contacts.byName("bob the friend"), bob);
  assertEquals(profile.contacts.all().map(({ name }) => name), [
    "bob the friend",
    "carol the other",
  ]);
  assertEquals(profile.keys.own(BOB), OLD);
  assertEquals(profile.keys.sending(BOB), OLD);
  assertEquals(profile.keys.all(BOB), [OLD, NEW]);
  const { envelopes } = profile;
  const head = { from: BOB, type: MessageType.text, size: 20 };
  for (const messageId of [7, 8]) {
    assert(envelopes.known({ ...head, messageId, tail: CONTENT.slice(-16) }));
  }
  assertEquals(envelopes.nextWaiting(0), { ...head, number: 2, messageId: 8, content: CONTENT });
  assertEquals([envelopes.nextWaiting(2)?.number, envelopes.nextWaiting(3)], [3, undefined]);
  assertEquals(envelopes.files(), new Set(["3"]));
  assertEquals(envelopes.takeNumber(), 5);
  assertEquals(envelopes.retryUnreadable(CAROL), 1);
}

Deno.test("plain tables: a profile of version 2 is sealed, nothing stays plain", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  const secrets = generateIdentity();
  const publicKey = await publicIdentity(secrets);
  const identity = { id: secureClientId(publicKey), name: "alice the owner", publicKey, secrets };
  withDatabase(folder, (database) => {
    fillVersion1(database);
    database.exec(VERSION_2);
    const { signing, agreement } = secrets;
    const sql = "INSERT INTO secure_identity VALUES (1, ?, ?, ?, ?, ?, 1)";
    database.exec(sql, identity.id, identity.name, publicKey, signing, agreement);
    database.exec("INSERT INTO servers VALUES ('server.example.org:4242', ?)", KEY.slice(0, 32));
    database.exec("INSERT INTO interim_counters VALUES (?, 5, 6)", BOB);
    database.exec("PRAGMA user_version = 2");
  });
  const deleted = utf8("the text that was deleted");
  const open = [...TEXTS.map(utf8), OLD, NEW, CONTENT, BOB, CAROL, ...Object.values(secrets)];
  for (const each of open) assert((await filesWith(folder, [each])).length > 0);
  // A crash came in the middle of it.
  await Deno.writeTextFile(`${folder}/profile.db.new`, "half of a database");
  {
    using profile = await Profile.open(folder);
    assertEquals(profile.identity, identity);
    assertEquals(profile.servers.key(SERVER), KEY.slice(0, 32));
    assertVersion1(profile);
    assertEquals(await filesWith(folder, [...open, deleted]), []);
  }
  assertEquals(temp.names(), ["incoming", "profile.db", "profile.lock"]);
  using profile = await Profile.open(folder);
  assertEquals(profile.identity, identity);
});

Deno.test("plain tables: a profile of version 1 is sealed, too", async () => {
  await using temp = await tempFolder();
  withDatabase(temp.path, (database) => {
    fillVersion1(database);
    database.exec("PRAGMA user_version = 1");
  });
  using profile = await Profile.open(temp.path);
  assert(!profile.registered);
  assertVersion1(profile);
});

Deno.test("plain tables: a registration that was under way goes on with its keys", async () => {
  await using temp = await tempFolder();
  withDatabase(temp.path, (database) => {
    database.exec(VERSION_1 + VERSION_2);
    const sql = "INSERT INTO secure_identity VALUES (1, ?, 'alice', ?, ?, ?, 0)";
    database.exec(sql, BOB, KEY, KEY.slice(0, 32), KEY.slice(32, 64));
    database.exec("PRAGMA user_version = 2");
  });
  using profile = await Profile.open(temp.path);
  assert(!profile.registered);
  assertEquals(profile.pendingIdentity?.secrets.signing, KEY.slice(0, 32));
  assertEquals((await profile.prepareSecure("alicia")).id, BOB);
  profile.registerSecure();
  assertEquals(profile.identity.name, "alicia");
});

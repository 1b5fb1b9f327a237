/** Profiles that a release wrote (`tests/vectors/profiles/`) are opened, and are whole. */
import { Database } from "@db/sqlite";
import { Profile } from "../../../client/profile/profile.ts";
import { fromHex, toHex, utf8 } from "../../../shared/bytes.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { emptyTables, idOf } from "../../support/profile/database.ts";
import { giving } from "../../support/profile/full_profile.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { readVectors, readVectorText } from "../../support/vectors.ts";

const RELEASE = "profiles/0.3.0";
const PASSPHRASE = "correct horse";
const BOB = idOf(0xb0);
const CAROL = idOf(0xca);
const SERVER = { hostname: "server.example.org", port: 4242 };
const SYMMETRIC_KEY = utf8("a key of 16 byte");

interface Owners {
  secure: { id: string; name: string; publicKey: string };
  classic: { id: string; name: string; privateKey: string };
}

const owners = readVectors<Owners>(`${RELEASE}/owners.json`);

/** Makes the database of a release in the file `path`; then runs the SQL `change`. */
function restore(name: string, path: string, change = ""): void {
  const database = new Database(path);
  database.exec(readVectorText(`${RELEASE}/${name}.sql`) + change);
  database.close();
}

/** All that the release had put into the profile is there, and found by its tags. */
function assertWhole(profile: Profile): void {
  assertEquals(profile.servers.key(SERVER), new Uint8Array(32).fill(5));
  assertEquals(profile.contacts.byName("bobby"), {
    id: BOB,
    name: "bob",
    alias: "bobby",
    publicKey: new Uint8Array(160).fill(0x30),
    blocked: false,
    verified: true,
  });
  assertEquals(profile.contacts.all().map(({ name }) => name), ["bob", "carol"]);
  assertEquals(profile.contacts.byId(CAROL)?.blocked, true);
  assertEquals(profile.keys.own(CAROL), SYMMETRIC_KEY);
  assertEquals(profile.keys.sending(CAROL), SYMMETRIC_KEY);
  assertEquals(profile.envelopes.nextWaiting(0)?.content, utf8("a content that waits"));
  assertEquals(profile.sessions.all(), []);
  assertEquals(profile.prekeys.after(0), []);
  assertEquals(profile.prekeys.largestId(), 5);
  assert(!profile.prekeys.isAgreed(utf8("a base key")));
  const [item] = profile.outbox.first();
  const content = profile.secureIdentity ? new Uint8Array(0) : utf8("outgoing content");
  assertEquals([item.content, item.history], [content, 2]);
  const file = { name: "letter.txt", size: 5, path: null, blob: idOf(9) };
  assertEquals([...profile.history.list(BOB)].map(({ body, state }) => ({ body, state })), [
    { body: { text: "hello alice" }, state: "received" },
    { body: { text: "hello bob" }, state: "sent" },
    { body: { file: { ...file, key: new Uint8Array(32).fill(8) } }, state: "received" },
  ]);
  assertEquals(profile.history.sentAs(BOB, 70)?.number, 2);
  const repeated = { peer: BOB, at: 1, stored: 2, messageId: 7, contentId: idOf(3) };
  assertEquals(profile.history.addReceived({ ...repeated, body: { text: "again" } }), undefined);
  assertEquals(profile.repairs.get(BOB).wanted, [9]);
  assert(profile.copyMarks.isFresh(idOf(6)));
}

/** What is on its way, and what becomes of it when its cipher is gone. */
function assertTransfers({ transfers }: Profile): void {
  const seen = transfers.all().map(({ direction, state, name, path, key, chunks, settled }) => {
    return { direction, state, name, path, keySize: key.length, chunks, settled };
  });
  const common = { chunks: 0, settled: false };
  assertEquals(seen, [
    // No key opens it any more.
    { ...common, direction: "down", state: "waiting", name: "letter.txt", path: null, keySize: 0 },
    // It starts anew, under another key.
    {
      ...{ ...common, direction: "up", state: "active", name: "photo.jpg" },
      ...{ path: "/home/alice/photo.jpg", keySize: 32 },
    },
    // What the server has of it is released.
    { ...common, direction: "up", state: "cancelled", name: "", path: null, keySize: 0 },
  ]);
  const [, anew, old] = transfers.all();
  assert(toHex(anew.blob) !== toHex(old.blob));
  assertEquals(old.peer.length, 0);
  assertEquals(transfers.ofHistory(3)?.number, 1);
}

function assertSecureOwner(profile: Profile): void {
  const { id, name, publicKey } = profile.secureIdentity!;
  assertEquals({ id: toHex(id), name, publicKey: toHex(publicKey) }, owners.secure);
}

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
  await Profile.importFrom(`${temp.path}/export`, folder, PASSPHRASE);
  using profile = await Profile.open(folder, giving(PASSPHRASE));
  assertSecureOwner(profile);
  assertWhole(profile);
  assertTransfers(profile);
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

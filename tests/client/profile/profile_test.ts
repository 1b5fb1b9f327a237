import { Database } from "@db/sqlite";
import { ClientError } from "../../../client/errors.ts";
import { Profile } from "../../../client/profile/profile.ts";
import { generateClassicKeyPair } from "../../../shared/crypto/classic/classic.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../support/assert.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { readTranscript } from "../../support/vectors.ts";
import { runOn } from "../../support/client_process.ts";
import { idOf, keyOf } from "../../support/profile/database.ts";
import { filesWith } from "../../support/profile/full_profile.ts";

const windows = Deno.build.os === "windows";
const { privateKey } = await generateClassicKeyPair();
const alice = { id: idOf(1), name: "alice", privateKey };
const bob = { id: idOf(2), name: "bob" };

/** Fails to open the profile in `folder`. Returns the error. */
async function refused(folder: string, messageIncludes: string): Promise<ClientError> {
  const error = await assertRejects(() => Profile.open(folder), ClientError, messageIncludes);
  assertEquals(error.code, "bad-profile");
  return error;
}

Deno.test("profile: everything in it is for its owner alone", { ignore: windows }, async () => {
  await using temp = await tempFolder();
  const parent = temp.path;
  const folder = `${parent}/new/profile`;
  using profile = await Profile.open(folder);
  await profile.register(alice);
  profile.contacts.put([bob]);
  const modes = [...Deno.readDirSync(folder)].map(({ name }) => {
    return [name, (Deno.statSync(`${folder}/${name}`).mode! & 0o777).toString(8)];
  });
  assertEquals(Object.fromEntries(modes), {
    "incoming": "700",
    "me.info": "600",
    "profile.db": "600",
    "profile.db-shm": "600",
    "profile.db-wal": "600",
    "profile.lock": "600",
  });
  assertEquals((Deno.statSync(folder).mode! & 0o777).toString(8), "700");
});

Deno.test("profile: lasts from run to run", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  {
    using profile = await Profile.open(folder);
    assert(!profile.registered);
    const error = assertThrows(() => profile.identity, ClientError, folder);
    assertEquals(error.code, "not-registered");
    await profile.register(alice);
    profile.contacts.put([bob]);
    profile.keys.put(bob.id, keyOf(1), { own: true });
    profile.keys.sendWith(bob.id, keyOf(1));
  }
  using profile = await Profile.open(folder);
  assertEquals(profile.identity, alice);
  assertEquals(profile.contacts.byName("bob")?.id, bob.id);
  assertEquals(profile.keys.sending(bob.id), keyOf(1));
});

Deno.test("profile: what others could read is closed to them", { ignore: windows }, async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/me.info`;
  const text = readTranscript()["me.info"].alice.join("\n");
  await Deno.writeTextFile(path, text, { mode: 0o644 });
  await Deno.writeTextFile(`${temp.path}/profile.db`, "", { mode: 0o644 });
  using _profile = await Profile.open(temp.path);
  for (const name of ["me.info", "profile.db"]) {
    assertEquals((await Deno.stat(`${temp.path}/${name}`)).mode! & 0o777, 0o600);
  }
  assertEquals(await Deno.readTextFile(path), text);
});

Deno.test("profile: takes the me.info of the original client", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  await Deno.writeTextFile(`${folder}/me.info`, readTranscript()["me.info"].bob.join("\n"));
  using profile = await Profile.open(folder);
  assertEquals(profile.identity.name, "bob");
});

Deno.test("profile: a name may begin with a byte order mark", async () => {
  await using temp = await tempFolder();
  const name = "\u{feff}alice";
  {
    using profile = await Profile.open(temp.path);
    await profile.register({ ...alice, name });
  }
  using profile = await Profile.open(temp.path);
  assertEquals(profile.identity.name, name);
});

Deno.test("profile: a damaged me.info is told of without its key, and left alone", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  const [name, id, key] = readTranscript()["me.info"].alice;
  const damaged = `${name}\n${id}\n!${key.slice(1)}\n`;
  await Deno.writeTextFile(`${folder}/me.info`, damaged);
  const { message } = await refused(folder, "me.info");
  assert(!message.includes(key.slice(10, 40)), message);
  assertEquals(await Deno.readTextFile(`${folder}/me.info`), damaged);
});

Deno.test("profile: a database that is none, or of a newer client, is left alone", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  await Deno.writeTextFile(`${folder}/profile.db`, "this is no database at all\n".repeat(200));
  await refused(folder, folder);
  await Deno.remove(`${folder}/profile.db`);
  const database = new Database(`${folder}/profile.db`);
  database.exec("PRAGMA user_version = 99");
  database.close();
  await refused(folder, "newer version");
});

Deno.test("profile: a folder that is a file cannot be one", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  await Deno.writeTextFile(`${folder}/file`, "");
  await refused(`${folder}/file`, "file");
});

Deno.test("profile: is one process's alone while it is open", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  const pauses: number[] = [];
  const sleep = (pause: number) => Promise.resolve(void pauses.push(pause));
  const profile = await Profile.open(folder);
  const opening = () => Profile.open(folder, { sleep });
  const { code, message } = await assertRejects(opening, ClientError, folder);
  assertEquals(code, "in-use");
  const who = `another messaging-client, process ${Deno.pid}`;
  assertEquals(message, `the profile ${folder} is in use by ${who}; wait for it, or stop it`);
  assertEquals(pauses.reduce((sum, pause) => sum + pause), 2000);
  await profile.register(alice);
  profile[Symbol.dispose]();
  profile[Symbol.dispose]();
  using other = await opening();
  assertEquals(other.identity, alice);
});

Deno.test("profile: whoever comes while it is open gets it a moment later", async () => {
  await using temp = await tempFolder();
  const profile = await Profile.open(temp.path);
  const sleep = () => Promise.resolve(profile[Symbol.dispose]());
  using other = await Profile.open(temp.path, { sleep });
  assert(!other.registered);
});

Deno.test("profile: a transaction is all or nothing, also if it is not durable", async () => {
  await using temp = await tempFolder();
  using profile = await Profile.open(temp.path);
  for (const durable of [true, false]) {
    const failing = () =>
      profile.transaction(() => {
        profile.contacts.put([bob]);
        throw new RangeError("too late");
      }, { durable });
    assertThrows(failing, RangeError, "too late");
    assertEquals(profile.contacts.byName("bob"), undefined);
  }
  const nested = () => profile.transaction(() => profile.contacts.byId(bob.id), { durable: false });
  profile.transaction(() => profile.contacts.put([bob]), { durable: false });
  assertEquals(profile.transaction(nested)?.name, "bob");
});

Deno.test("profile: a new owner uses nothing of the last one, and opens what is left", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  {
    using profile = await Profile.open(folder);
    await profile.register(alice);
    profile.contacts.put([bob]);
    profile.keys.put(bob.id, keyOf(1), { own: true });
    profile.keys.sendWith(bob.id, keyOf(1));
    const head = { messageId: 1, from: bob.id, type: MessageType.text, size: 3 };
    const [content, tail] = [new Uint8Array(3), new Uint8Array(3)];
    profile.envelopes.put([{ ...head, number: 1, content, tail }]);
  }
  await Deno.remove(`${folder}/me.info`);
  using profile = await Profile.open(folder);
  await profile.register({ ...alice, id: idOf(9) });
  assertEquals(profile.contacts.byName("bob"), undefined);
  assertEquals(profile.keys.own(bob.id), undefined);
  assertEquals(profile.keys.sending(bob.id), undefined);
  assertEquals(profile.keys.all(bob.id), [keyOf(1)]);
  assertEquals(profile.envelopes.nextWaiting(0)?.messageId, 1);
});

Deno.test("profile: what was overwritten or deleted is gone from its files", async () => {
  await using temp = await tempFolder();
  const old: Uint8Array<ArrayBuffer>[] = [];
  const sealedRows = (table: string) => {
    const database = new Database(`${temp.path}/profile.db`);
    const rows = database.prepare(`SELECT sealed FROM ${table}`).all<{ sealed: Uint8Array }>();
    database.close();
    return rows.map(({ sealed }) => new Uint8Array(sealed));
  };
  {
    using profile = await Profile.open(temp.path);
    const numbers = [1, 2, 3].map((size) =>
      profile.sessions.insert(bob.id, new Uint8Array(3000 * size))
    );
    profile.contacts.put([bob]);
    old.push(...sealedRows("sessions"), ...sealedRows("contacts"));
    assertEquals(old.length, 4);
    profile.sessions.update(numbers[0], bob.id, new Uint8Array(3000));
    profile.sessions.update(numbers[1], bob.id, new Uint8Array(50));
    profile.sessions.delete(numbers[2]);
    profile.contacts.put([{ ...bob, name: "bo" }]);
  }
  assertEquals(temp.names(), ["incoming", "profile.db", "profile.lock"]);
  const pieces = old.flatMap((row) => [row.slice(0, 40), row.slice(-40)]);
  assertEquals(await filesWith(temp.path, pieces), []);
});

Deno.test("profile: a second process is told that it is in use", async () => {
  await using temp = await tempFolder();
  using profile = await Profile.open(temp.path);
  await profile.register(alice);
  const { code, stderr } = await runOn(temp.path, ["whoami"]);
  assertEquals(code, 1);
  assert(stderr.includes(`the profile ${temp.path} is in use by another messaging-client`), stderr);
  profile[Symbol.dispose]();
  assertEquals((await runOn(temp.path, ["whoami"])).code, 0);
});

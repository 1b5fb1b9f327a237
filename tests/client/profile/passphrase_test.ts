import { Database } from "@db/sqlite";
import { ClientError } from "../../../client/errors.ts";
import { Profile } from "../../../client/profile/profile.ts";
import { utf8 } from "../../../shared/bytes.ts";
import { generateClassicKeyPair } from "../../../shared/crypto/classic/classic.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { idOf } from "../../support/profile/database.ts";
import {
  assertFull,
  CHEAP,
  filesWith,
  fill,
  giving,
  SECRETS,
} from "../../support/profile/full_profile.ts";

const FIRST = "correct horse";
const SECOND = "battery staple";

/** Fails to open the profile with this passphrase. Returns the error's code. */
async function refusedCode(folder: string, passphrase?: string): Promise<string> {
  const options = passphrase === undefined ? {} : giving(passphrase);
  return (await assertRejects(() => Profile.open(folder, options), ClientError)).code;
}

/** The data key as it lies in the clear, and the secret keys of the owner. */
function keysOf(profile: Profile): Uint8Array<ArrayBuffer>[] {
  const { signing, agreement } = profile.secureIdentity!.secrets;
  const database = new Database(`${profile.folder}/profile.db`);
  const [key] = database.prepare("SELECT key FROM keyring").value<[Uint8Array<ArrayBuffer>]>()!;
  database.close();
  return [key, signing, agreement];
}

Deno.test("passphrase: is set, changed and removed, and nothing is lost", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  let identity;
  {
    using profile = await Profile.open(folder, CHEAP);
    await fill(profile);
    ({ identity } = profile);
    assert(!profile.protected);
    const open = keysOf(profile);
    await profile.setPassphrase(FIRST);
    assert(profile.protected);
    assertFull(profile);
    // Written to once more, so that there is a log, too.
    profile.contacts.put([{ id: idOf(9), name: "dave the last" }]);
    profile.sessions.insert(idOf(9), utf8("state of session"));
    const secrets = [...SECRETS, ...open, utf8("dave the last")];
    assertEquals(await filesWith(folder, secrets), []);
    assert(temp.names().includes("profile.db-wal"));
  }
  assertEquals(await refusedCode(folder), "wrong-passphrase");
  assertEquals(await refusedCode(folder, SECOND), "wrong-passphrase");
  {
    const options = giving(FIRST);
    using profile = await Profile.open(folder, options);
    assertEquals([options.asked, profile.protected], [1, true]);
    assertEquals(profile.identity, identity);
    assertFull(profile);
    await profile.setPassphrase(SECOND);
    assertFull(profile);
  }
  assertEquals(await refusedCode(folder, FIRST), "wrong-passphrase");
  {
    using profile = await Profile.open(folder, giving(SECOND));
    await profile.setPassphrase(null);
    assertFull(profile);
  }
  const options = giving(SECOND);
  using profile = await Profile.open(folder, options);
  assertEquals([options.asked, profile.protected], [0, false]);
  assertEquals(profile.identity, identity);
  assertFull(profile);
});

Deno.test("passphrase: without one the rows are sealed as well", async () => {
  await using temp = await tempFolder();
  using profile = await Profile.open(temp.path, CHEAP);
  await fill(profile);
  const { signing, agreement } = profile.secureIdentity!.secrets;
  assertEquals(await filesWith(temp.path, [...SECRETS, signing, agreement]), []);
});

Deno.test("passphrase: one that protects nothing is refused, and changes nothing", async () => {
  await using temp = await tempFolder();
  using profile = await Profile.open(temp.path, CHEAP);
  await fill(profile);
  for (const bad of ["", "short", "x".repeat(1025)]) {
    const { code } = await assertRejects(() => profile.setPassphrase(bad), ClientError);
    assertEquals(code, "bad-passphrase");
  }
  assert(!profile.protected);
  assertFull(profile);
});

Deno.test("passphrase: the key of a classic identity goes with it, and comes back", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  const { privateKey } = await generateClassicKeyPair();
  const alice = { id: idOf(1), name: "alice the owner", privateKey };
  const secrets = [...SECRETS, privateKey, utf8(privateKey.toBase64().slice(8, 108))];
  let meInfo;
  {
    using profile = await Profile.open(folder, CHEAP);
    await profile.register(alice);
    await fill(profile, { secure: false });
    meInfo = await Deno.readTextFile(`${folder}/me.info`);
    await profile.setPassphrase(FIRST);
    assertEquals(profile.identity, alice);
    assertEquals(await filesWith(folder, secrets), []);
    assert(!temp.names().includes("me.info"));
  }
  // A crash came before me.info was deleted.
  await Deno.writeTextFile(`${folder}/me.info`, meInfo);
  {
    using profile = await Profile.open(folder, giving(FIRST));
    assertEquals(profile.identity, alice);
    assert(!temp.names().includes("me.info"));
    await profile.setPassphrase(null);
  }
  assertEquals(await Deno.readTextFile(`${folder}/me.info`), meInfo);
  using profile = await Profile.open(folder, CHEAP);
  assertEquals(profile.identity, alice);
  assertFull(profile);
});

Deno.test("passphrase: a protected classic identity is never in the clear", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  const { privateKey } = await generateClassicKeyPair();
  const alice = { id: idOf(1), name: "alice", privateKey };
  {
    using profile = await Profile.open(folder, CHEAP);
    await profile.setPassphrase(FIRST);
    await profile.register(alice);
  }
  assert(!temp.names().includes("me.info"));
  {
    using profile = await Profile.open(folder, giving(FIRST));
    assertEquals(profile.identity, alice);
  }
  await Deno.writeTextFile(`${folder}/me.info`, "damaged");
  assertEquals(await refusedCode(folder, FIRST), "bad-profile");
});

Deno.test("passphrase: what a crash left is in nobody's way", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  {
    using profile = await Profile.open(folder, CHEAP);
    await fill(profile);
  }
  for (const left of ["half of a database", ""]) {
    for (const name of ["profile.db.new", "import.new", "me.info.new"]) {
      await Deno.writeTextFile(`${folder}/${name}`, left);
    }
    using profile = await Profile.open(folder, CHEAP);
    assertFull(profile);
    assertEquals(temp.names().filter((name) => name.endsWith(".new")), []);
    await Deno.writeTextFile(`${folder}/profile.db.new`, left);
    await profile.setPassphrase(null);
    assertFull(profile);
  }
});

Deno.test("passphrase: the old file stays in use when the new one cannot replace it", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  using profile = await Profile.open(folder, CHEAP);
  await fill(profile);
  // Another reader of the database keeps its log from being closed.
  const reader = new Database(`${folder}/profile.db`);
  reader.exec("BEGIN");
  reader.prepare("SELECT count(*) FROM contacts").get();
  await assertRejects(() => profile.setPassphrase(FIRST), Error);
  reader.close();
  assert(!profile.protected);
  assertFull(profile);
});

Deno.test("passphrase: a keyring that was changed is told from a wrong passphrase", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  {
    using profile = await Profile.open(folder, CHEAP);
    await profile.setPassphrase(FIRST);
  }
  const change = (sql: string) => {
    const database = new Database(`${folder}/profile.db`);
    database.exec(sql);
    database.close();
  };
  // log2 N of 62, which would take all memory there is.
  change("UPDATE keyring SET key = CAST(x'023e0801' || substr(key, 5) AS BLOB)");
  assertEquals(await refusedCode(folder, FIRST), "bad-profile");
  change("DELETE FROM keyring");
  assertEquals(await refusedCode(folder, FIRST), "bad-profile");
});

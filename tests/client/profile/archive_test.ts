import { namesIn } from "../../../client/disk/private_file.ts";
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
  FILE,
  filesWith,
  fill,
  giving,
  SECRETS,
} from "../../support/profile/full_profile.ts";

const windows = Deno.build.os === "windows";
const PASSPHRASE = "correct horse";
const ADDRESS = "server.example.org:4242";

/** An export, and what it was made of. */
const original = await exportOne();

async function exportOne() {
  await using temp = await tempFolder();
  using profile = await Profile.open(`${temp.path}/profile`, CHEAP);
  await fill(profile);
  await Deno.writeTextFile(`${profile.folder}/server.info`, `${ADDRESS}\n`);
  await profile.exportTo(`${temp.path}/export`, PASSPHRASE);
  assertFull(profile);
  return {
    identity: profile.identity,
    bytes: await Deno.readFile(`${temp.path}/export`),
    mode: (await Deno.stat(`${temp.path}/export`)).mode! & 0o777,
    database: await Deno.readFile(`${profile.folder}/profile.db`),
  };
}

/** Puts the export into a folder. */
async function exportIn(folder: string): Promise<string> {
  await Deno.writeFile(`${folder}/export`, original.bytes);
  return `${folder}/export`;
}

/** Fails to import `file` into `folder`, which stays as it was. Returns the error's code. */
async function refusedCode(file: string, folder: string, passphrase = PASSPHRASE): Promise<string> {
  const before = await namesIn(folder);
  const importing = () => Profile.importFrom(file, folder, passphrase, CHEAP);
  const { code } = await assertRejects(importing, ClientError);
  assertEquals(await namesIn(folder), before);
  return code;
}

Deno.test("export: everything comes back elsewhere, under its passphrase", async () => {
  await using temp = await tempFolder();
  const folder = `${temp.path}/new/profile`;
  await Profile.importFrom(await exportIn(temp.path), folder, PASSPHRASE, CHEAP);
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  assertEquals(names, ["incoming", "profile.db", "profile.lock", "server.info"]);
  assertEquals((await Deno.readTextFile(`${folder}/server.info`)).trim(), ADDRESS);
  assertEquals(
    (await assertRejects(() => Profile.open(folder, CHEAP), ClientError)).code,
    "wrong-passphrase",
  );
  using profile = await Profile.open(folder, giving(PASSPHRASE));
  assert(profile.protected);
  assertEquals(profile.identity, original.identity);
  assertFull(profile);
});

Deno.test(
  "export: nothing of the profile can be read in the file",
  { ignore: windows },
  async () => {
    await using temp = await tempFolder();
    await exportIn(temp.path);
    assertEquals(await filesWith(temp.path, [...SECRETS, utf8(FILE), utf8(ADDRESS)]), []);
    assertEquals(original.mode, 0o600);
  },
);

Deno.test("export: never writes over a file", async () => {
  await using temp = await tempFolder();
  const file = `${temp.path}/precious`;
  await Deno.writeTextFile(file, "precious");
  using profile = await Profile.open(`${temp.path}/profile`, CHEAP);
  for (const path of [file, `${temp.path}/none/export`]) {
    const error = await assertRejects(() => profile.exportTo(path, PASSPHRASE), ClientError, path);
    assertEquals(error.code, "file");
  }
  const { message } = await assertRejects(() => profile.exportTo(file, PASSPHRASE), ClientError);
  assert(message.includes("exists already; choose another name"), message);
  const { code } = await assertRejects(() => profile.exportTo(`${file}2`, "short"), ClientError);
  assertEquals(code, "bad-passphrase");
  assertEquals(await Deno.readTextFile(file), "precious");
  assertEquals(temp.names(), ["precious", "profile"]);
});

Deno.test("export: includes a classic identity, also one without a passphrase", async () => {
  await using temp = await tempFolder();
  const { privateKey } = await generateClassicKeyPair();
  const alice = { id: idOf(1), name: "alice", privateKey };
  {
    using profile = await Profile.open(`${temp.path}/old`, CHEAP);
    await profile.register(alice);
    await profile.exportTo(`${temp.path}/export`, PASSPHRASE);
    assertEquals(profile.protected, false);
  }
  const renewed = Profile.importFrom(`${temp.path}/export`, `${temp.path}/new`, PASSPHRASE, CHEAP);
  assertEquals(await renewed, false);
  using profile = await Profile.open(`${temp.path}/new`, giving(PASSPHRASE));
  assertEquals(profile.identity, alice);
  assert(!await Deno.stat(`${temp.path}/new/me.info`).catch(() => null));
});

Deno.test("import: leaves a profile that somebody has alone", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  const file = await exportIn(folder);
  const { privateKey } = await generateClassicKeyPair();
  {
    using profile = await Profile.open(folder, CHEAP);
    await fill(profile);
    await profile.setPassphrase("another passphrase");
  }
  assertEquals(await refusedCode(file, folder), "already-registered");
  {
    using profile = await Profile.open(folder, giving("another passphrase"));
    assertFull(profile);
  }
  const classic = `${folder}/classic`;
  {
    using profile = await Profile.open(classic, CHEAP);
    await profile.register({ id: idOf(1), name: "alice", privateKey });
  }
  assertEquals(await refusedCode(file, classic), "already-registered");
  using open = await Profile.open(`${folder}/open`, CHEAP);
  const sleep = () => Promise.resolve();
  const importing = () => Profile.importFrom(file, open.folder, PASSPHRASE, { ...CHEAP, sleep });
  assertEquals((await assertRejects(importing, ClientError)).code, "in-use");
});

Deno.test("import: an incomplete or damaged export leaves no profile behind", async () => {
  await using temp = await tempFolder();
  const folder = `${temp.path}/profile`;
  assertEquals(
    await refusedCode(await exportIn(temp.path), folder, "battery staple"),
    "wrong-passphrase",
  );
  assertEquals(await refusedCode(`${temp.path}/none`, folder), "file");
  const { bytes } = original;
  const file = `${temp.path}/file`;
  const damaged = [new Uint8Array(0), utf8("no database"), bytes.slice(0, bytes.length / 2)];
  const withoutId = bytes.slice();
  withoutId.fill(0, 68, 72); // what is written last
  for (
    const each of [...damaged, withoutId, original.database]
  ) {
    await Deno.writeFile(file, each);
    assertEquals(await refusedCode(file, folder), "file");
  }
  using profile = await Profile.open(folder, CHEAP);
  assert(!profile.registered && !profile.protected);
  assertEquals(profile.contacts.all(), []);
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  assertEquals(names.filter((name) => name.includes(".new") || name === "server.info"), []);
});

Deno.test("import: a bit that was changed anywhere is noticed, or changes nothing", async () => {
  await using temp = await tempFolder();
  const { bytes } = original;
  let refused = 0;
  for (let round = 0; round < 6; round++) {
    const changed = bytes.slice();
    // Through the middle of each page, where the rows are.
    for (let at = 3000 + 100 * round; at < bytes.length; at += 4096) changed[at] ^= 1 << round;
    const file = `${temp.path}/${round}`;
    await Deno.writeFile(file, changed);
    const folder = `${temp.path}/profile${round}`;
    try {
      await Profile.importFrom(file, folder, PASSPHRASE, CHEAP);
      using profile = await Profile.open(folder, giving(PASSPHRASE));
      assertFull(profile);
    } catch (error) {
      assert(error instanceof ClientError, String(error));
      refused++;
    }
  }
  assert(refused > 0);
});

/** The passphrase of a profile, and moving it, with real files. */
import { type AnyCommand, type ClientContext, runCommand } from "../../../../client/cli/command.ts";
import { exportCommand } from "../../../../client/cli/commands/export.ts";
import { importCommand } from "../../../../client/cli/commands/import.ts";
import { passphrase } from "../../../../client/cli/commands/passphrase.ts";
import type { Output } from "../../../../client/cli/output/output.ts";
import { ClientError } from "../../../../client/errors.ts";
import { Profile } from "../../../../client/profile/profile.ts";
import {
  NEW_PASSPHRASE_VARIABLE,
  PASSPHRASE_VARIABLE,
  Passphrases,
} from "../../../../client/cli/terminal/passphrase.ts";
import { assert, assertEquals, assertRejects } from "../../../support/assert.ts";
import { commandContext } from "../../../support/client/command_context.ts";
import { CHEAP } from "../../../support/profile/full_profile.ts";
import { PASSPHRASE, restore } from "../../../support/profile/released_profiles.ts";
import { tempFolder } from "../../../support/temp_folder.ts";

const ONE = "the first passphrase";
const TWO = "the second passphrase";

/** The passphrases of a process with these variables, and no terminal. */
function given(current?: string, next?: string): Passphrases {
  const environment = new Map([[PASSPHRASE_VARIABLE, current], [NEW_PASSPHRASE_VARIABLE, next]]);
  return new Passphrases({ environment: (variable) => environment.get(variable) });
}

/** What one run of the client does on the profile in `folder`. */
async function run<T>(
  folder: string,
  passphrases: Passphrases,
  act: (profile: Profile) => T,
): Promise<Awaited<T>> {
  using profile = await Profile.open(folder, {
    ...CHEAP,
    passphrase: () => passphrases.current(),
  });
  return await act(profile);
}

async function register(folder: string): Promise<void> {
  await run(folder, given(), async (profile) => {
    await profile.prepareSecure("alice");
    profile.registerSecure();
  });
}

async function result(command: AnyCommand, args: unknown, given: Partial<ClientContext>) {
  const [output] = await Array.fromAsync(runCommand(command, args, commandContext(given)));
  return output;
}

function change(
  folder: string,
  action: "set" | "change" | "remove",
  passphrases: Passphrases,
): Promise<Output> {
  return run(
    folder,
    passphrases,
    (profile) => result(passphrase, { action }, { profile, passphrases }),
  );
}

function exportTo(path: string, folder: string, passphrases: Passphrases): Promise<Output> {
  return run(
    folder,
    passphrases,
    (profile) => result(exportCommand, { path }, { profile, passphrases }),
  );
}

function importFrom(
  path: string,
  folder: string,
  passphrases: Passphrases,
  notes: string[] = [],
): Promise<Output> {
  const options = { profile: folder, json: false, quiet: false };
  const note = (text: string) => void notes.push(text);
  return result(importCommand, { path }, { options, passphrases, note });
}

async function code(act: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => act, ClientError)).code;
}

const nameIn = (folder: string, passphrases: Passphrases) =>
  run(folder, passphrases, ({ identity }) => identity.name);

Deno.test("protection: a passphrase is set, changed and removed", async () => {
  await using temp = await tempFolder();
  const folder = `${temp.path}/alice`;
  await register(folder);
  assertEquals(await change(folder, "set", given(ONE)), { kind: "passphrase", action: "set" });
  assertEquals(await nameIn(folder, given(ONE)), "alice");
  assertEquals(await code(nameIn(folder, given(TWO))), "wrong-passphrase");
  assertEquals(await code(nameIn(folder, given())), "no-passphrase");

  await change(folder, "change", given(ONE, TWO));
  assertEquals(await nameIn(folder, given(TWO)), "alice");
  assertEquals(await code(nameIn(folder, given(ONE))), "wrong-passphrase");

  await change(folder, "remove", given(TWO));
  assertEquals(await nameIn(folder, given()), "alice");
});

Deno.test("protection: what is not as it must be is told, and stays", async () => {
  await using temp = await tempFolder();
  const folder = `${temp.path}/alice`;
  await register(folder);
  for (const action of ["change", "remove"] as const) {
    assertEquals(await code(change(folder, action, given(ONE, TWO))), "no-passphrase");
  }
  assertEquals(await code(change(folder, "set", given())), "no-passphrase");
  assertEquals(await code(change(folder, "set", given("short"))), "bad-passphrase");
  assertEquals(await nameIn(folder, given()), "alice");

  await change(folder, "set", given(ONE));
  assertEquals(await code(change(folder, "set", given(ONE))), "has-passphrase");
  assertEquals(await code(change(folder, "change", given(ONE))), "no-passphrase");
  assertEquals(await nameIn(folder, given(ONE)), "alice");
});

Deno.test("protection: a profile moves in a file, under a passphrase for the file", async () => {
  await using temp = await tempFolder();
  const [from, to, path] = ["from", "to", "file"].map((name) => `${temp.path}/${name}`);
  await register(from);
  assertEquals(await code(exportTo(path, from, given())), "no-passphrase");
  assertEquals(temp.names(), ["from"]);
  assertEquals(await exportTo(path, from, given(ONE)), { kind: "exported", path });
  assertEquals(await nameIn(from, given()), "alice");

  assertEquals(await code(importFrom(path, to, given(TWO))), "wrong-passphrase");
  const output = await importFrom(path, to, given(ONE));
  assert(output.kind === "imported" && output.identity.name === "alice" && output.path === to);
  assertEquals(await nameIn(to, given(ONE)), "alice");
  assertEquals(await code(importFrom(path, to, given(ONE))), "already-registered");
});

Deno.test("protection: a protected profile is exported under its own passphrase", async () => {
  await using temp = await tempFolder();
  const [from, to, path] = ["from", "to", "file"].map((name) => `${temp.path}/${name}`);
  await register(from);
  await change(from, "set", given(ONE));
  await exportTo(path, from, given(ONE, TWO));
  await importFrom(path, to, given(ONE));
  assertEquals(await nameIn(to, given(ONE)), "alice");
});

Deno.test("protection: who imports an export of version 0.3 hears what starts anew", async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/export`;
  restore("export", path);
  const notes: string[] = [];
  const passphrases = given(PASSPHRASE);
  assertEquals((await importFrom(path, `${temp.path}/old`, passphrases, notes)).kind, "imported");
  assertEquals(notes.length, 1);
  assert(notes[0].includes("Sessions begin anew"), notes[0]);

  const again = `${temp.path}/again`;
  await exportTo(again, `${temp.path}/old`, passphrases);
  await importFrom(again, `${temp.path}/new`, passphrases, notes);
  assertEquals(notes.length, 1);
});

import { ClientError } from "../../../client/errors.ts";
import { profileFolder } from "../../../client/cli/profile_folder.ts";
import { assertEquals, assertRejects } from "../../support/assert.ts";
import { tempFolder } from "../../support/temp_folder.ts";

Deno.test("profile folder: the option, the variable, the current folder, the home", async () => {
  await using temp = await tempFolder();
  const current = temp.path;
  const folder = (given: string | undefined, variable: string, dataDirectory?: string) =>
    profileFolder(given, { environment: () => variable, dataDirectory }, { current });
  assertEquals(await folder("given", "variable", "data"), "given");
  assertEquals(await folder(undefined, "variable", "data"), "variable");
  assertEquals(await folder(undefined, "", "data"), "data/messaging");
  assertEquals(await folder(undefined, ""), current);
  for (const name of ["profile.db", "me.info", "server.info"]) {
    await Deno.writeTextFile(`${current}/${name}`, "");
    assertEquals(await folder(undefined, "", "data"), current, name);
    assertEquals(await folder(undefined, "variable", "data"), "variable");
    await Deno.remove(`${current}/${name}`);
  }
});

Deno.test("profile folder: not a current one with files of another user", async () => {
  await using temp = await tempFolder();
  const options = { current: temp.path, user: (Deno.lstatSync(temp.path).uid ?? 0) + 1 };
  const folder = (given?: string) =>
    profileFolder(given, { environment: () => "", dataDirectory: "data" }, options);
  assertEquals(await folder(), "data/messaging");
  for (const name of ["profile.db", "me.info", "server.info"]) {
    await Deno.symlink("nowhere", `${temp.path}/${name}`);
    await assertRejects(() => folder(), ClientError, `${name} in this folder belongs to another`);
    assertEquals(await folder("."), ".");
    await Deno.remove(`${temp.path}/${name}`);
  }
});

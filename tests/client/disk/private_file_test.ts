import {
  isForeign,
  lockHolder,
  tryLock,
  writePrivateFile,
} from "../../../client/disk/private_file.ts";
import { readIfThere } from "../../../shared/files.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { tempFolder } from "../../support/temp_folder.ts";

const windows = Deno.build.os === "windows";

Deno.test("private file: is written whole, for its owner alone", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  const path = `${folder}/me`;
  await writePrivateFile(path, "first, and longer\n");
  await writePrivateFile(path, "second\n");
  assertEquals(await readIfThere(path), "second\n");
  if (!windows) assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  assertEquals(temp.names(), ["me"]);
});

Deno.test("private file: one that others could read is replaced by one that they cannot", {
  ignore: windows,
}, async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  const path = `${folder}/me`;
  await Deno.writeTextFile(path, "old", { mode: 0o644 });
  await writePrivateFile(path, "new");
  assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
});

Deno.test("private file: what a crash left is harmless and never taken for the file", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  const path = `${folder}/me`;
  await Deno.writeTextFile(`${path}.new`, "half of a fi");
  assertEquals(await readIfThere(path), undefined);
  await writePrivateFile(path, "whole");
  assertEquals(await readIfThere(path), "whole");
  assertEquals(temp.names(), ["me"]);
});

Deno.test("private file: where it cannot be written the old one stays", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  const path = `${folder}/me`;
  await writePrivateFile(path, "old");
  await Deno.mkdir(`${path}.new/full`, { recursive: true });
  await assertRejects(() => writePrivateFile(path, "new"), Error);
  assertEquals(await readIfThere(path), "old");
});

Deno.test("private file: a missing one is no error, one that cannot be read is", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  assertEquals(await readIfThere(`${folder}/nothing`), undefined);
  await assertRejects(() => readIfThere(folder), Error);
});

Deno.test("lock: one has it at a time, and it is free when that one ends", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  const path = `${folder}/lock`;
  const first = await tryLock(path);
  assert(first);
  assertEquals(await tryLock(path), null);
  if (!windows) assertEquals(await lockHolder(path), Deno.pid);
  first[Symbol.dispose]();
  const second = await tryLock(path);
  assert(second);
  second[Symbol.dispose]();
  if (!windows) assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
});

Deno.test("private file: a link is foreign by its own owner, not its target's", async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/link`;
  const own = Deno.lstatSync(temp.path).uid;
  const other = own === null ? null : own + 1;
  assertEquals(await isForeign(path, own), null);
  await Deno.symlink("nowhere", path);
  for (const name of [path, `${path}/`]) {
    assertEquals(await isForeign(name, own), false, name);
    assertEquals(await isForeign(name, other), other !== null, name);
    assertEquals(await isForeign(name, null), false, name);
  }
});

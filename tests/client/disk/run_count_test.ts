import { RunCount } from "../../../client/disk/run_count.ts";
import { assertEquals } from "../../support/assert.ts";
import { tempFolder } from "../../support/temp_folder.ts";

const ID = new Uint8Array(16).fill(7);

Deno.test("run count: what was written is read, each client has its own private file", async () => {
  await using temp = await tempFolder();
  const state = `${temp.path}/not/there/yet`;
  const count = new RunCount(state, ID);
  assertEquals(await count.read(), 0);
  for (const runs of [1, 2, 1_000_000]) {
    await count.write(runs);
    assertEquals(await count.read(), runs);
  }
  const other = new RunCount(state, new Uint8Array(16));
  assertEquals(await other.read(), 0);
  await other.write(3);
  assertEquals(await count.read(), 1_000_000);
  const files = [...Deno.readDirSync(`${state}/messaging-client`)];
  assertEquals(files.length, 2);
  for (const { name } of files) {
    assertEquals(/^[0-9a-f]{32}$/.test(name), true, name);
    if (Deno.build.os === "windows") continue;
    const { mode } = Deno.statSync(`${state}/messaging-client/${name}`);
    assertEquals((mode ?? 0) & 0o777, 0o600);
  }
});

Deno.test("run count: where nothing is kept, or nothing that makes sense, it is 0", async () => {
  await using temp = await tempFolder();
  const none = new RunCount(undefined, ID);
  await none.write(5);
  assertEquals(await none.read(), 0);
  await Deno.writeTextFile(`${temp.path}/file`, "");
  const inFile = new RunCount(`${temp.path}/file`, ID);
  await inFile.write(5);
  assertEquals(await inFile.read(), 0);
  const count = new RunCount(temp.path, ID);
  await count.write(5);
  const [{ name }] = Deno.readDirSync(`${temp.path}/messaging-client`);
  for (const text of ["", "5", "05\n", "-5\n", "5\n\n", "1e3\n", "9".repeat(16) + "\n", "\xff\n"]) {
    await Deno.writeTextFile(`${temp.path}/messaging-client/${name}`, text);
    assertEquals(await count.read(), 0, JSON.stringify(text));
  }
});

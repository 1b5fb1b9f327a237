import { ClientError } from "../../../client/errors.ts";
import { publishFile } from "../../../client/disk/files.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import type { Published } from "../../support/client/publish_process.ts";

const CONTENT = sampleBytes(300_000);
/** Another disk than that of {@link tempFolder}, if the machine has one. */
const OTHER_DISK = "/dev/shm";
const PROCESS = new URL("../../support/client/publish_process.ts", import.meta.url).href;

/** Publishes a draft of this content; the draft must stay if that fails, and only then. */
type Publish = (content: Uint8Array, folder: string, name: string) => Promise<string>;

/** Registers a test for a draft on the same disk as the folder, and one for another disk. */
function publishTest(name: string, test: (publish: Publish, folder: string) => Promise<void>) {
  const variants = [
    { where: "on its disk", publish: publishHere, ignore: false },
    { where: "from another disk", publish: publishFromOther, ignore: !hasOtherDisk() },
  ];
  for (const { where, publish, ignore } of variants) {
    Deno.test(`publish ${where}: ${name}`, { ignore }, async () => {
      await using out = await tempFolder();
      await test(publish, out.path);
    });
  }
}

async function publishHere(content: Uint8Array, folder: string, name: string): Promise<string> {
  await using drafts = await tempFolder();
  const draft = `${drafts.path}/draft`;
  await Deno.writeFile(draft, content);
  try {
    const path = await publishFile(draft, folder, { name, owner: newOwner() });
    assertEquals(drafts.names(), []);
    return path;
  } catch (error) {
    assertEquals(await Deno.readFile(draft), content);
    throw error;
  }
}

async function publishFromOther(content: Uint8Array, folder: string, name: string) {
  await using temp = await tempFolder();
  await Deno.writeFile(`${temp.path}/content`, content);
  const args = ["run", "--allow-all", PROCESS, `${temp.path}/content`];
  args.push(OTHER_DISK, folder, name, newOwner());
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).output();
  const { path, error, draftLeft }: Published = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals(draftLeft, path === undefined);
  if (path !== undefined) return path;
  throw new ClientError(error!.code as "file", error!.message);
}

let owners = 0;

/** The owner of one profile. */
function newOwner(): string {
  return `owner-${++owners}`;
}

function hasOtherDisk(): boolean {
  if (Deno.build.os !== "linux") return false;
  const folder = Deno.makeTempDirSync();
  const args = ["-c", "%d", OTHER_DISK, folder];
  const { stdout } = new Deno.Command("stat", { args, stderr: "null" }).outputSync();
  Deno.removeSync(folder);
  const [other, own] = new TextDecoder().decode(stdout).trim().split("\n");
  return own !== undefined && other !== own;
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

publishTest("it gets its name, whole, for its owner alone", async (publish, folder) => {
  const path = await publish(CONTENT, folder, "alice-3.bin");
  assertEquals(path, `${folder}/alice-3.bin`);
  assertEquals(await Deno.readFile(path), CONTENT);
  assertEquals(names(folder), ["alice-3.bin"]);
});

publishTest("an empty file is a file, a missing folder is made", async (publish, folder) => {
  const path = await publish(new Uint8Array(0), `${folder}/a/b`, "c");
  assertEquals(path, `${folder}/a/b/c`);
  assertEquals((await Deno.stat(path)).size, 0);
});

publishTest("whatever is there already stays as it is", async (publish, folder) => {
  await Deno.writeTextFile(`${folder}/alice-3.bin`, "mine");
  await Deno.mkdir(`${folder}/alice-3 (2).bin`);
  await Deno.symlink(`${folder}/nothing`, `${folder}/alice-3 (3).bin`);
  await Deno.writeTextFile(`${folder}/alice-3 (4).bin`, "");
  const before = names(folder);
  const path = await publish(CONTENT, folder, "alice-3.bin");
  assertEquals(path, `${folder}/alice-3 (5).bin`);
  assertEquals(await Deno.readFile(path), CONTENT);
  assertEquals(await Deno.readTextFile(`${folder}/alice-3.bin`), "mine");
  assertEquals(await Deno.readTextFile(`${folder}/alice-3 (4).bin`), "");
  assertEquals(names(folder), [...before, "alice-3 (5).bin"].sort());
});

publishTest("names without an ending, or with nothing else, count on", async (publish, folder) => {
  for (const name of ["plain", ".hidden"]) {
    for (const expected of [name, `${name} (2)`, `${name} (3)`]) {
      assertEquals(await publish(CONTENT, folder, name), `${folder}/${expected}`);
    }
  }
});

publishTest("several at the same time all get names of their own", async (publish, folder) => {
  const contents = [1, 2, 3, 4].map((seed) => sampleBytes(5000, seed));
  const paths = await Promise.all(contents.map((content) => publish(content, folder, "x.bin")));
  assertEquals(new Set(paths).size, contents.length);
  for (const [i, path] of paths.entries()) assertEquals(await Deno.readFile(path), contents[i]);
  assertEquals(names(folder).length, contents.length);
});

publishTest("where it fails nothing appears", async (publish, folder) => {
  await Deno.writeTextFile(`${folder}/file`, "");
  for (const [target, name] of [[`${folder}/file`, "a"], [folder, "n".repeat(300)]]) {
    const error = await assertRejects(() => publish(CONTENT, target, name), ClientError, target);
    assertEquals(error.code, "file");
  }
  assertEquals(names(folder), ["file"]);
});

Deno.test("publish: a draft that is missing is an error of the file", async () => {
  await using out = await tempFolder();
  const missing = `${out.path}/draft`;
  const error = await assertRejects(
    () => publishFile(missing, out.path, { name: "a", owner: "b" }),
    ClientError,
  );
  assert(error.message.includes(out.path), error.message);
  assertEquals(out.names(), []);
});

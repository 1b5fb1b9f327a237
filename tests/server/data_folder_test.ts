/** New folders outlast a power failure, and one server at a time has them. */
import { makeFolder, openDataFolder } from "../../server/data_folder.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { tempFolder } from "../support/temp_folder.ts";

/** Returns the paths that are fsynced while `action` runs, in their order. */
async function syncedBy(action: () => Promise<unknown>): Promise<string[]> {
  const { open } = Deno;
  const synced: string[] = [];
  Deno.open = async (path, options) => {
    const file = await open(path, options);
    file.sync = () => {
      synced.push(String(path).replace(/\/+$/, ""));
      return Promise.resolve();
    };
    return file;
  };
  try {
    await action();
  } finally {
    Deno.open = open;
  }
  return synced;
}

Deno.test("data folder: each new folder is synced into the one above it", async () => {
  await using temp = await tempFolder();
  const { path } = temp;
  const data = `${path}/new/folder/`;
  const synced = await syncedBy(async () => (await openDataFolder(data))[Symbol.dispose]());
  const expected = [path, `${path}/new`, `${path}/new/folder`, `${path}/new/folder`];
  assertEquals(synced.slice(0, 4), Deno.build.os === "windows" ? [] : expected);
  assertEquals(
    await syncedBy(async () => (await openDataFolder(data))[Symbol.dispose]()),
    [],
    "what is there needs no sync",
  );
  for (const name of ["files", "chunks", "server.lock"]) {
    const { mode } = await Deno.stat(`${data}/${name}`);
    if (Deno.build.os !== "windows") assertEquals(mode! & 0o077, 0, name);
  }
});

Deno.test("data folder: the current one, a relative one, and the root", async () => {
  for (const path of [".", "./", "/", "tests", "tests/server/"]) await makeFolder(path);
});

Deno.test("data folder: a file in its place is an error, and so is one above", async () => {
  await using temp = await tempFolder();
  await Deno.writeTextFile(`${temp.path}/file`, "");
  await assertRejects(() => makeFolder(`${temp.path}/file`), Error);
  await assertRejects(() => makeFolder(`${temp.path}/file/folder`), Error);
});

Deno.test("data folder: a second server is refused until the first has given it back", async () => {
  await using temp = await tempFolder();
  {
    using _first = await openDataFolder(temp.path);
    await assertRejects(() => openDataFolder(temp.path), Error, "a server runs on");
  }
  using next = await openDataFolder(temp.path);
  assert(next);
});

import { DEFAULT_LIMITS } from "../../../server/limits/limits.ts";
import { openStorage } from "../../../server/storage/open_storage.ts";
import { StorageError } from "../../../shared/errors.ts";
import { assertEquals, assertRejects } from "../../support/assert.ts";
import { tempFolder } from "../../support/temp_folder.ts";

const OPTIONS = { limits: DEFAULT_LIMITS, now: () => 1, clock: () => 0 };

Deno.test("open storage: a path is a SQLite file, for its owner alone", async () => {
  await using folder = await tempFolder();
  const path = `${folder.path}/server.db`;
  const storage = await openStorage(path, OPTIONS);
  const files = [path, `${path}-wal`, `${path}-shm`];
  const modes = files.map((file) => Deno.statSync(file).mode ?? 0);
  await storage.close();
  if (Deno.build.os !== "windows") {
    assertEquals(modes.map((mode) => mode & 0o777), [0o600, 0o600, 0o600]);
  }
  assertEquals(folder.names(), ["server.db"]);
});

Deno.test("open storage: an engine that there is not is refused, and no file made", async () => {
  await using folder = await tempFolder();
  for (const address of ["postgres://localhost/messages", "sqlite3://server.db"]) {
    await assertRejects(() => openStorage(address, OPTIONS), StorageError, "no storage engine");
  }
  assertEquals(folder.names(), []);
});

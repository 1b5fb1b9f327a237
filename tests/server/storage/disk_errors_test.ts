import { Database } from "@db/sqlite";
import { DiskError, diskError, type Fault } from "../../../server/storage/disk_errors.ts";
import { SqliteFile } from "../../../server/storage/sqlite/database.ts";
import { StorageError } from "../../../shared/errors.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { tempFolder } from "../../support/temp_folder.ts";

/** Codes of SQLite, plain and extended, and those of the system, with what they mean. */
const CODES: [number | string, Fault][] = [
  [5, "locked"],
  [8, "read-only"],
  [8 | 1 << 8, "read-only"],
  [10, "failing"],
  [10 | 3 << 8, "failing"], // a failed write
  [10 | 4 << 8, "failing"], // a failed fsync
  [10 | 19 << 8, "full"], // no room for the index of the write-ahead log
  [11, "damaged"],
  [11 | 1 << 8, "damaged"],
  [13, "full"],
  [14, "missing"],
  [26, "damaged"],
  [19, "unknown"], // a constraint
  ["ENOSPC", "full"],
  ["EDQUOT", "full"],
  ["EROFS", "read-only"],
  ["EIO", "failing"],
  ["EACCES", "missing"],
  ["ENOENT", "missing"],
  ["EMFILE", "unknown"],
];

const ALL = "SELECT * FROM numbers";

Deno.test("disk errors: each code has its fault, its text and its advice", () => {
  for (const [code, fault] of CODES) {
    const cause = Object.assign(
      new Error(),
      typeof code === "number" ? { errcode: code } : { code },
    );
    const error = diskError(cause);
    assert(error instanceof DiskError, `${code}`);
    assertEquals([error.fault, error.cause], [fault, cause], `${code}`);
    assertEquals(error.code, fault === "full" ? "disk-full" : "failed", `${code}`);
    assert(error.message !== "" && error.advice !== "", `${code}`);
  }
  const committing = new Error("database or disk is full"); // as the runtime reports it
  assertEquals((diskError(committing) as DiskError).fault, "full");
  const refused = new StorageError("unknown-client", "no client has this ID");
  assertEquals(diskError(refused), refused);
  assertEquals((diskError(undefined) as DiskError).fault, "unknown");
});

Deno.test("disk errors: a page that is overwritten is told by reads and by writes", async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/a.db`;
  const before = new Database(path);
  before.exec("CREATE TABLE numbers (number INTEGER PRIMARY KEY, text TEXT)");
  const add = "INSERT INTO numbers (text) VALUES (?)";
  for (let i = 0; i < 200; i++) before.exec(add, "x".repeat(1000));
  before.close();
  const bytes = await Deno.readFile(path);
  bytes.fill(0xff, 5 * 4096);
  await Deno.writeFile(path, bytes);

  const file = new SqliteFile(path, new Database(path), { clock: () => 0 });
  const [all, one] = [file.prepare(ALL), file.prepare(add)];
  for (const run of [() => file.read(() => all.all()), () => file.write(() => one.run("y"))]) {
    const error = await assertRejects(run, DiskError);
    assertEquals([error.fault, error.message], ["damaged", "the server's database is damaged"]);
  }
  await file.close();
});

Deno.test("disk errors: one that takes no writes is told and read, and goes on later", async () => {
  const database = new Database(":memory:");
  database.exec("CREATE TABLE numbers (number INTEGER PRIMARY KEY)");
  const file = new SqliteFile(":memory:", database, { clock: () => 0 });
  const [add, all] = [file.prepare("INSERT INTO numbers VALUES (1)"), file.prepare(ALL)];
  database.exec("PRAGMA query_only = ON");
  const error = await assertRejects(() => file.write(() => add.run()), DiskError);
  assertEquals([error.fault, error.message], ["read-only", "the server's disk is read-only"]);
  assertEquals((await file.read(() => all.all())).length, 0);
  database.exec("PRAGMA query_only = OFF");
  assertEquals(await file.write(() => add.run()), 1);
  await file.close();
});

/** What the contract (`tests/contract/`) does not ask of every storage. */
import { Database } from "@db/sqlite";
import { DEFAULT_LIMITS } from "../../../../server/limits/limits.ts";
import { SqliteStorage } from "../../../../server/storage/sqlite/sqlite_storage.ts";
import type { StorageOptions } from "../../../../server/storage/storage_options.ts";
import { MAX_U32 } from "../../../../shared/limits.ts";
import { MessageType } from "../../../../shared/protocol/codes.ts";
import { StorageError } from "../../../../shared/errors.ts";
import { assert, assertEquals, assertRejects } from "../../../support/assert.ts";
import { assertRefused, clientCalled } from "../../../contract/storage_contract.ts";

const alice = clientCalled("alice");
const EVERYTHING = { count: Infinity, size: Infinity };
const empty = {
  from: alice.id,
  to: alice.id,
  type: MessageType.text,
  content: { inline: new Uint8Array(0) },
};

/** Runs `test` with a storage in which alice is registered, and with its file. */
async function withStorage(
  test: (storage: SqliteStorage, path: string) => void | Promise<void>,
  options: Partial<StorageOptions> = {},
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "sqlite_" });
  const path = `${folder}/server.db`;
  const storage = new SqliteStorage(path, {
    limits: DEFAULT_LIMITS,
    now: () => 4711,
    clock: () => 0,
    ...options,
  });
  try {
    await storage.register(alice);
    await test(storage, path);
  } finally {
    await storage.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** The first column of the first row of `sql`, as another program sees it. */
function ask(path: string, sql: string) {
  const database = new Database(path);
  try {
    return database.prepare(sql).value()?.[0];
  } finally {
    database.close();
  }
}

Deno.test("SQLite: a mailbox that has given its last ID takes nothing more", () =>
  withStorage(async (storage, path) => {
    const database = new Database(path);
    database.exec("UPDATE clients SET last_message = ?", MAX_U32 - 2);
    database.close();
    assertEquals((await storage.deposit(empty)).messageId, MAX_U32 - 1);
    assertEquals((await storage.deposit(empty)).messageId, MAX_U32);
    await assertRefused(storage.deposit(empty), "mailbox-full");
    const lease = await storage.leases.take(alice.id, EVERYTHING);
    assertEquals(lease.messages.map(({ messageId }) => messageId), [MAX_U32 - 1, MAX_U32]);
    await storage.leases.remove(lease);
    await assertRefused(storage.deposit(empty), "mailbox-full"); // never an ID twice
  }));

Deno.test("SQLite: the time of a registration is the clock's", () =>
  withStorage((_, path) => {
    assertEquals(ask(path, "SELECT registered_at FROM clients"), 4711);
  }));

Deno.test("SQLite: what resolves is committed, as other programs see it", () =>
  withStorage(async (storage, path) => {
    const count = () => ask(path, "SELECT count(*) FROM messages");
    for (let i = 1; i <= 3; i++) {
      await storage.deposit(empty);
      assertEquals(count(), i);
    }
    await storage.leases.remove(await storage.leases.take(alice.id, EVERYTHING));
    assertEquals(count(), 0);
  }));

Deno.test("SQLite: while another program writes, operations fail and change nothing", () =>
  withStorage(async (storage, path) => {
    await storage.deposit(empty);
    const lease = await storage.leases.take(alice.id, EVERYTHING);
    const other = new Database(path);
    try {
      other.exec("BEGIN IMMEDIATE");
      await assertRefused(storage.deposit(empty), "failed");
      await assertRefused(storage.leases.remove(lease), "failed");
      other.exec("ROLLBACK");
    } finally {
      other.close();
    }
    // The lease has ended, so that the message can be delivered again.
    assertEquals((await storage.leases.take(alice.id, EVERYTHING)).messages.length, 1);
    assertEquals((await storage.deposit(empty)).messageId, 2);
  }));

Deno.test("SQLite: a closed storage leaves one file", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sqlite_" });
  const path = `${folder}/server.db`;
  const storage = new SqliteStorage(path, { limits: DEFAULT_LIMITS, now: () => 1, clock: () => 0 });
  await storage.register(alice);
  await storage.close();
  assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["server.db"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("SQLite: a database that cannot shrink says so, and goes on", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sqlite_" });
  const path = `${folder}/server.db`;
  const old = new Database(path);
  old.exec("CREATE TABLE old (number); DROP TABLE old");
  old.close();
  const storage = new SqliteStorage(path, { limits: DEFAULT_LIMITS, now: () => 1, clock: () => 0 });
  assertEquals(ask(path, "PRAGMA auto_vacuum"), 0);
  assertEquals(await storage.giveBack(), false);
  await assertRejects(() => storage.compact(), StorageError, "stop the server");
  await storage.register(alice);
  await storage.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("SQLite: free pages are given back until a step has worked long enough", async () => {
  for (const [pace, least, most] of [[0, 1, 3], [3, 5, 12]]) {
    let [time, transactions] = [0, 0];
    const options = { clock: () => time += pace, committed: () => transactions++ };
    await withStorage(async (storage, path) => {
      for (let i = 0; i < 4; i++) {
        await storage.deposit({ ...empty, content: { inline: new Uint8Array(65_000) } });
      }
      await storage.leases.remove(await storage.leases.take(alice.id, EVERYTHING));
      const free = Number(ask(path, "PRAGMA freelist_count"));
      assert(free > 60 && free < 80, `${free} pages are free`);
      transactions = 0;
      await storage.compact();
      assertEquals(ask(path, "PRAGMA freelist_count"), 0);
      assert(transactions >= least && transactions <= most, `${transactions} transactions`);
    }, options);
  }
});

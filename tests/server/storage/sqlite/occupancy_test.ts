import { Database } from "@db/sqlite";
import { SqliteFile } from "../../../../server/storage/sqlite/database.ts";
import { prepareDatabase } from "../../../../server/storage/sqlite/migrations.ts";
import { SqliteOccupancy } from "../../../../server/storage/sqlite/occupancy.ts";
import { SqliteStorage } from "../../../../server/storage/sqlite/sqlite_storage.ts";
import { DEFAULT_LIMITS } from "../../../../server/limits/limits.ts";
import { StorageError } from "../../../../shared/errors.ts";
import { MessageType } from "../../../../shared/protocol/codes.ts";
import { assertEquals, assertRejects, assertThrows } from "../../../support/assert.ts";
import { tempFolder } from "../../../support/temp_folder.ts";
import { clientCalled, idOf } from "../../../contract/storage_contract.ts";

/** Registers a test that gets an occupancy over clients 1 to `count`, and another connection. */
function occupancyTest(
  name: string,
  count: number,
  test: (subject: SqliteOccupancy, file: SqliteFile, other: Database) => Promise<void> | void,
): void {
  Deno.test(`occupancy: ${name}`, async () => {
    await using temp = await tempFolder();
    const path = `${temp.path}/server.db`;
    const database = new Database(path);
    prepareDatabase(database);
    const add = database.prepare(
      "INSERT INTO clients (number, id, name, public_key, registered_at) VALUES (?, ?, ?, x'', 0)",
    );
    database.transaction(() => {
      for (let i = 1; i <= count; i++) add.run(i, idOf(`client ${i}`), `client ${i}`);
    })();
    const file = new SqliteFile(path, database, { clock: () => 0 });
    const other = new Database(path);
    try {
      await test(new SqliteOccupancy(file), file, other);
    } finally {
      other.close();
      await file.close();
    }
  });
}

const ID = idOf("client 1");

occupancyTest("a mailbox and a share are looked up once", 1, (subject, _file, other) => {
  assertEquals(subject.mailboxOf(ID), { number: 1, last: 0, messages: 0, bytes: 0 });
  assertEquals(subject.share(1, ID).messages, 0);
  other.exec("UPDATE clients SET messages = 5");
  other.exec("INSERT INTO shares VALUES (1, ?, 5, 5)", ID);
  assertEquals(subject.mailboxOf(ID).messages, 0);
  assertEquals(subject.share(1, ID).messages, 0);
  assertThrows(() => subject.mailboxOf(idOf("nobody")), StorageError);
});

occupancyTest("what is counted is in the database after the commit", 1, async (subject, file) => {
  await file.write(() => {
    subject.count(1, 2, 30).last = 2;
    subject.countShare(1, ID, 2, 30);
  });
  const mailbox = file.prepare("SELECT last_message, messages, bytes FROM clients");
  const share = file.prepare("SELECT messages, bytes FROM shares");
  assertEquals([mailbox.value(), share.value()], [[2, 2, 30], [2, 30]]);
  await file.write(() => {
    subject.count(1, -2, -30);
    subject.countShare(1, ID, -2, -30);
  });
  assertEquals([mailbox.value(), share.value()], [[2, 0, 0], undefined]);
});

occupancyTest("what is undone is looked up again", 1, async (subject, file) => {
  const failure = file.write(() => {
    subject.count(1, 1, 1).last = 1;
    subject.countShare(1, ID, 1, 1);
    throw new Error("a fault");
  });
  await assertRejects(() => failure, StorageError);
  assertEquals(subject.mailboxOf(ID), { number: 1, last: 0, messages: 0, bytes: 0 });
  assertEquals(subject.share(1, ID).messages, 0);
});

occupancyTest("only so many are remembered", 10_002, (subject, _file, other) => {
  const all = Array.from({ length: 10_001 }, (_, i) => idOf(`client ${i + 1}`));
  for (const id of all) subject.mailboxOf(id);
  other.exec("UPDATE clients SET messages = 5");
  assertEquals(subject.mailboxOf(ID).messages, 5);
  for (const id of all) subject.share(1, id);
  other.exec("INSERT INTO shares VALUES (1, ?, 5, 5)", ID);
  assertEquals(subject.share(1, ID).messages, 5);
});

occupancyTest("what a transaction has changed stays to its end", 10_002, async (subject, file) => {
  await file.write(() => {
    subject.count(1, 1, 1);
    for (let i = 2; i <= 10_002; i++) subject.mailboxOf(idOf(`client ${i}`));
    subject.count(1, 1, 1);
  });
  assertEquals(file.prepare("SELECT messages FROM clients WHERE number = 1").value(), [2]);
  await file.write(() => {
    subject.countShare(1, ID, 1, 1);
    for (let i = 2; i <= 10_002; i++) subject.share(1, idOf(`client ${i}`));
    subject.mailboxOf(idOf("client 2"));
    subject.countShare(1, ID, 1, 1);
  });
  assertEquals(file.prepare("SELECT messages FROM shares").value(), [2]);
});

Deno.test("occupancy: no deposit into a mailbox that closes in the same transaction", async () => {
  await using temp = await tempFolder();
  const limits = DEFAULT_LIMITS;
  const options = { limits, now: () => 0, clock: () => 0 };
  const storage = new SqliteStorage(`${temp.path}/server.db`, options);
  const alice = clientCalled("alice");
  await storage.register(alice);
  const content = { inline: new Uint8Array(1) };
  const send = () =>
    storage.deposit({ from: idOf("bob"), to: alice.id, type: MessageType.text, content });
  await send();
  const [first, left, second] = await Promise.allSettled([
    send(),
    storage.unregister(alice.id),
    send(),
  ]);
  assertEquals([first.status, left.status, second.status], ["fulfilled", "fulfilled", "rejected"]);
  await storage.removeRemains();
  assertEquals((await storage.stats()).messages, 0);
  await storage.close();
});

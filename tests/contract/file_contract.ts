/** The part of the storage contract that is about files in chunks. */
import { toHex } from "../../shared/bytes.ts";
import { UPLOAD_WINDOW, UPLOADS_AHEAD } from "../../server/storage/file_records.ts";
import type { Storage } from "../../server/storage/storage.ts";
import {
  FILE_OVERHEAD,
  MAX_FILE_RECEIVERS,
  RECEIVER_OVERHEAD,
} from "../../server/storage/storage_options.ts";
import { FILE_CHUNK_SIZE as CHUNK } from "../../shared/limits.ts";
import { assertEquals } from "../support/assert.ts";
import { assertRefused, contractTest, type Engine, idOf } from "./storage_contract.ts";

const [alice, bob, carol] = ["alice", "bob", "carol"].map(idOf);
const [one, two, three] = ["file one", "file two", "file three"].map(idOf);

async function all({ files }: Storage): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of files.all()) ids.push(toHex(id));
  return ids;
}

export function fileContract(engine: Engine): void {
  contractTest(engine, "an upload is opened once, and found again", async (subject) => {
    const made = await subject.storage.files.open(one, alice, 100);
    const file = { id: one, owner: alice, size: 100, charged: 100, complete: false };
    assertEquals(made, { file, created: true });
    assertEquals(await subject.storage.files.open(one, alice, 100), { file, created: false });
    await subject.reopen();
    const { files } = subject.storage;
    assertEquals(await files.find(one), file);
    assertEquals(await files.find(two), undefined);
    await assertRefused(files.open(one, bob, 100), "file-taken");
    await assertRefused(files.open(one, alice, 101), "file-differs");
    assertEquals(await all(subject.storage), [toHex(one)]);
  });

  contractTest(
    engine,
    "a file is for those it was shared with, until they release it",
    async (subject) => {
      for (const name of ["bob", "carol"]) await subject.register(name);
      const { files } = subject.storage;
      await files.open(one, alice, 100);
      assertEquals(await files.findFor(one, bob), undefined);
      await files.share(one, [bob]);
      await files.share(one, [bob, carol]);
      const file = { id: one, owner: alice, size: 100, charged: 100, complete: true };
      assertEquals(await files.findFor(one, bob), file);
      assertEquals(await files.findFor(one, alice), undefined);
      assertEquals(await files.receivers(one), 2);
      assertEquals(await files.release(one, idOf("dave")), false);
      assertEquals(await files.release(one, bob), false);
      assertEquals(await files.release(one, bob), false);
      assertEquals([await files.findFor(one, bob), await files.receivers(one)], [undefined, 1]);
      assertEquals(await files.release(one, carol), true);
      assertEquals([await files.find(one), await files.receivers(one)], [undefined, 0]);
      assertEquals(await files.release(one, carol), false);
    },
  );

  contractTest(engine, "sharing is refused whole", async (subject) => {
    await subject.register("bob");
    const { files } = subject.storage;
    await assertRefused(files.share(one, [bob]), "unknown-file");
    await files.open(one, alice, 100);
    await assertRefused(files.share(one, [bob, idOf("nobody")]), "unknown-client");
    assertEquals([(await files.find(one))?.complete, await files.receivers(one)], [false, 0]);
  });

  contractTest(engine, "a reopened file keeps its receivers", async (subject) => {
    await subject.register("bob");
    const { files } = subject.storage;
    await files.open(one, alice, 100);
    await files.share(one, [bob]);
    await files.reopen(one);
    assertEquals((await files.findFor(one, bob))?.complete, false);
    await files.reopen(two); // does nothing
  });

  contractTest(engine, "an upload counts as far as it has come, and a window", async (subject) => {
    await subject.register("bob");
    const size = 40 * CHUNK;
    const charged = async () => (await subject.storage.files.find(one))?.charged;
    const { files } = subject.storage;
    await files.open(one, alice, size);
    assertEquals(await charged(), CHUNK);
    await files.open(two, alice, 100);
    assertEquals((await files.find(two))?.charged, 100);
    await files.charge(one, CHUNK); // which counts already
    assertEquals(await charged(), CHUNK);
    await files.charge(one, 2 * CHUNK);
    assertEquals(await charged(), (2 + UPLOAD_WINDOW - 1) * CHUNK);
    await subject.reopen();
    assertEquals(await charged(), (2 + UPLOAD_WINDOW - 1) * CHUNK);
    assertEquals((await subject.storage.stats()).fileBytes, 17 * CHUNK + 100);
    await subject.storage.files.settle(one, 3 * CHUNK);
    await subject.storage.files.settle(one, 5 * CHUNK);
    assertEquals(await charged(), 3 * CHUNK);
    await subject.storage.files.charge(one, 39 * CHUNK);
    assertEquals(await charged(), size);
    await subject.storage.files.share(one, [bob]);
    await subject.storage.files.settle(one, 0); // no upload any more
    assertEquals(await charged(), size);
  }, { maxSenderSize: 100 * CHUNK, maxTotalSize: 100 * CHUNK });

  contractTest(engine, "of many uploads of a sender none counts ahead", async (subject) => {
    const { files } = subject.storage;
    const id = (i: number) => idOf(`upload ${i}`);
    for (let i = 0; i < 50; i++) await files.open(id(i), alice, 90 * CHUNK);
    const { fileBytes } = await subject.storage.stats();
    assertEquals(fileBytes, UPLOADS_AHEAD * CHUNK);
    await files.charge(id(40), 100);
    await files.charge(id(40), 2 * CHUNK);
    assertEquals((await files.find(id(40)))?.charged, 2 * CHUNK);
    for (let i = UPLOADS_AHEAD; i < 50; i++) await files.remove(id(i));
    await files.charge(id(0), 2 * CHUNK);
    assertEquals((await files.find(id(0)))?.charged, (2 + UPLOAD_WINDOW - 1) * CHUNK);
  }, { maxSenderSize: 100 * CHUNK, maxTotalSize: 100 * CHUNK });

  contractTest(engine, "quotas of a sender and of all, given back at the end", async (subject) => {
    await subject.register("bob");
    const { files } = subject.storage;
    await files.open(one, alice, 600);
    await assertRefused(files.open(two, alice, 401), "quota-full");
    await assertRefused(files.open(two, alice, FILE_OVERHEAD + 1001), "never-fits");
    await files.open(two, alice, 400);
    await files.open(two, alice, 400); // a repeat takes nothing
    await assertRefused(files.open(three, bob, 501), "quota-full"); // of all together
    await files.open(three, bob, 500);
    await files.remove(one);
    await files.remove(one);
    await subject.reopen();
    await subject.storage.files.open(one, alice, 300);
    await assertRefused(subject.storage.files.open(idOf("four"), alice, 1), "quota-full");
    await subject.storage.files.share(one, [bob]);
    await subject.storage.files.release(one, bob);
    await subject.storage.files.open(idOf("four"), alice, 600);
  }, { maxSenderSize: 2 * FILE_OVERHEAD + 1000, maxTotalSize: 3 * FILE_OVERHEAD + 1500 });

  contractTest(engine, "each receiver of a file counts until it releases it", async (subject) => {
    const { files } = subject.storage;
    const names = ["bob", "carol", "dave"];
    const [bob, carol, dave] = await Promise.all(names.map((name) => subject.register(name)));
    const charged = async () => (await subject.storage.stats()).charged;
    await files.open(one, alice, 100);
    await files.share(one, [bob]);
    assertEquals(await charged(), FILE_OVERHEAD + 100 + RECEIVER_OVERHEAD);
    await assertRefused(files.share(one, [carol, dave]), "quota-full");
    await files.share(one, [bob, carol]);
    await files.share(one, [bob, carol]); // a repeat takes nothing
    await assertRefused(files.share(one, [dave]), "quota-full");
    await files.release(one, bob);
    await files.share(one, [dave]);
    assertEquals(await charged(), FILE_OVERHEAD + 100 + 2 * RECEIVER_OVERHEAD);
    await files.remove(one);
    assertEquals(await charged(), 0);
  }, { maxSenderSize: FILE_OVERHEAD + 100 + 2 * RECEIVER_OVERHEAD });

  contractTest(engine, "files of many receivers go in steps", async (subject) => {
    const { files } = subject.storage;
    const names = Array.from({ length: MAX_FILE_RECEIVERS + 1 }, (_, i) => `receiver ${i}`);
    const receivers = await Promise.all(names.map((name) => subject.register(name)));
    for (const id of [one, two, three]) {
      await files.open(id, alice, 1);
      await files.share(id, receivers.slice(1));
      await assertRefused(files.share(id, receivers), "quota-full");
    }
    subject.now = 10_000;
    for (let i = 0; i < 3; i++) assertEquals((await files.expire()).length, 1);
    assertEquals(await files.expire(), []);
    assertEquals((await subject.storage.stats()).charged, 0);
  }, { maxClients: 2 * MAX_FILE_RECEIVERS });

  contractTest(
    engine,
    "an upload whose quota is used up stays, and goes on later",
    async (subject) => {
      const { files } = subject.storage;
      await files.open(one, alice, 10 * CHUNK);
      await files.open(two, alice, 2 * CHUNK);
      await files.charge(two, 2 * CHUNK);
      await files.charge(one, 8 * CHUNK); // the window is not there any more
      assertEquals((await files.find(one))?.charged, 8 * CHUNK);
      await assertRefused(files.charge(one, 9 * CHUNK), "quota-full");
      assertEquals((await files.find(one))?.charged, 8 * CHUNK);
      await files.remove(two);
      await files.charge(one, 9 * CHUNK);
      assertEquals((await files.find(one))?.charged, 10 * CHUNK);
    },
    { maxSenderSize: 10 * CHUNK + 2 * FILE_OVERHEAD, maxTotalSize: 100 * CHUNK },
  );

  contractTest(engine, "a sender has only so many files, and unfinished ones", async (subject) => {
    await subject.register("bob");
    const { files } = subject.storage;
    await files.open(one, alice, 1);
    await assertRefused(files.open(two, alice, 1), "quota-full"); // one is not finished
    await files.share(one, [bob]);
    await files.open(two, alice, 1);
    await files.share(two, [bob]);
    await assertRefused(files.open(three, alice, 1), "quota-full");
    await files.open(three, bob, 1);
    await files.reopen(one);
    await files.release(two, bob);
    await assertRefused(files.open(idOf("four"), alice, 1), "quota-full");
  }, { maxSenderFiles: 2, maxUploads: 1 });

  contractTest(
    engine,
    "files expire: uploads without progress, and what nobody fetched",
    async (subject) => {
      await subject.register("bob");
      const { files } = subject.storage;
      await files.open(one, alice, 1);
      await files.open(two, alice, 2 * CHUNK);
      await files.open(three, alice, 1);
      await files.share(three, [bob]);
      subject.now = 1001;
      assertEquals(await files.expire(), []);
      await files.charge(two, 2 * CHUNK);
      subject.now = 1002;
      assertEquals(await files.expire(), [one]);
      assertEquals(await files.expire(), []);
      subject.now = 2001;
      await files.share(three, [bob]); // which begins anew
      await files.open(two, alice, 2 * CHUNK); // and so does this
      subject.now = 3001;
      assertEquals(await files.expire(), []);
      subject.now = 4002;
      assertEquals((await files.expire()).map(toHex).sort(), [two, three].map(toHex).sort());
      assertEquals(await all(subject.storage), []);
      assertEquals((await subject.storage.stats()).charged, 0);
    },
    { maxSenderSize: 10 * CHUNK, maxTotalSize: 10 * CHUNK },
  );

  contractTest(engine, "a closed storage returns no files", async (subject) => {
    await subject.storage.close();
    const { files } = subject.storage;
    for (const asked of [files.open(one, alice, 1), files.find(one), files.share(one, [bob])]) {
      await assertRefused(asked, "closed");
    }
  });
}

/** When a blob is fsynced: over a file that a test controls. */
import { BlobWriter } from "../../../server/contents/blob_store.ts";
import { StorageError } from "../../../shared/errors.ts";
import { MiB } from "../../../shared/limits.ts";
import { assertEquals, assertRejects } from "../../support/assert.ts";
import { settled } from "../../support/pieces.ts";
import { type TempFolder, tempFolder } from "../../support/temp_folder.ts";

const STEP = new Uint8Array(MiB);
/** The fsync begins after so many steps. */
const SYNC = 16;

/** A file that remembers what was asked of it; its bytes go nowhere. */
class FakeFile {
  /** Fsyncs, and everything after the last byte. */
  readonly calls: string[] = [];
  readonly #folder: TempFolder;
  constructor(folder: TempFolder) {
    this.#folder = folder;
  }

  write = (bytes: Uint8Array) => Promise.resolve(bytes.length);
  onSyncData: () => Promise<void> = () => Promise.resolve();
  syncData = () => {
    this.calls.push("fsync while writing");
    return this.onSyncData();
  };
  sync = () => {
    this.calls.push("fsync");
    return Promise.resolve();
  };
  close = () => {
    this.calls.push("close");
  };

  /** What makes the name of the blob last. */
  syncFolder = () => {
    this.calls.push(`fsync of ${this.#folder.names()}`);
    return Promise.resolve();
  };
}

function writerTest(
  name: string,
  test: (writer: BlobWriter, file: FakeFile, folder: TempFolder) => Promise<void>,
): void {
  Deno.test(`blob writer: ${name}`, async () => {
    await using folder = await tempFolder();
    await Deno.writeFile(`${folder.path}/blob.part`, new Uint8Array(0));
    const file = new FakeFile(folder);
    await test(new BlobWriter("blob", `${folder.path}/blob`, file, file.syncFolder), file, folder);
  });
}

async function write(writer: BlobWriter, steps: number): Promise<void> {
  for (let i = 0; i < steps; i++) await writer.write(STEP);
}

writerTest("everything is fsynced before the blob has its name", async (writer, file) => {
  await write(writer, 1);
  assertEquals(await writer.commit(), "blob");
  assertEquals(file.calls, ["fsync", "close", "fsync of blob"]);
});

writerTest("an fsync begins with every 16 MiB, and writes go on", async (writer, file) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  file.onSyncData = () => promise;
  await write(writer, SYNC - 1);
  assertEquals(file.calls, []);
  await write(writer, SYNC);
  assertEquals(file.calls, ["fsync while writing"]);
  resolve();
  await write(writer, 1);
  assertEquals(file.calls, Array(2).fill("fsync while writing"));
});

writerTest("a disk that is slow holds up the writes, and the commit", async (writer, file) => {
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  file.onSyncData = () => first.promise;
  await write(writer, 2 * SYNC - 1);
  const done: string[] = [];
  const last = write(writer, 1).then(() => done.push("written"));
  for (let i = 0; i < 10; i++) await settled();
  assertEquals(done, []);
  file.onSyncData = () => second.promise;
  first.resolve();
  await last;
  const committed = writer.commit().then(() => done.push("committed"));
  for (let i = 0; i < 10; i++) await settled();
  assertEquals([done, file.calls.at(-1)], [["written"], "fsync while writing"]);
  second.resolve();
  await committed;
});

for (const next of ["write", "commit"] as const) {
  writerTest(`an fsync that fails is told by the next ${next}`, async (writer, file, folder) => {
    file.onSyncData = () => Promise.reject(Object.assign(new Error(), { code: "ENOSPC" }));
    await write(writer, 2 * SYNC - 1);
    const failing = next === "write" ? writer.write(STEP) : writer.commit();
    assertEquals((await assertRejects(() => failing, StorageError)).code, "disk-full");
    await writer.abort();
    assertEquals(folder.names(), []);
  });
}

writerTest("an abort waits for an fsync under way", async (writer, file, folder) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  file.onSyncData = () => promise;
  await write(writer, SYNC);
  const aborted = writer.abort();
  for (let i = 0; i < 10; i++) await settled();
  assertEquals(file.calls, ["fsync while writing"]);
  resolve();
  await aborted;
  assertEquals([file.calls.at(-1), folder.names()], ["close", []]);
});

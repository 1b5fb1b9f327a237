import type { ChunkFile } from "../../../server/contents/chunk_file.ts";
import { ChunkStore } from "../../../server/contents/chunk_store.ts";
import { type Bytes, toHex } from "../../../shared/bytes.ts";
import { StorageError } from "../../../shared/errors.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { sampleBytes, settled } from "../../support/pieces.ts";
import { type TempFolder, tempFolder } from "../../support/temp_folder.ts";

const SIZE = 1000;
const CONTENT = sampleBytes(SIZE);

function storeTest(
  name: string,
  test: (store: ChunkStore, folder: TempFolder) => Promise<void>,
): void {
  Deno.test(`chunk store: ${name}`, async () => {
    await using folder = await tempFolder();
    const store = new ChunkStore(folder.path);
    try {
      await test(store, folder);
    } finally {
      await store.close();
    }
  });
}

function idOf(number: number): Bytes {
  return new Uint8Array(16).fill(number);
}

async function idsIn(store: ChunkStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const id of store.ids()) ids.push(toHex(id));
  return ids.sort();
}

storeTest("who works on a file has it to himself, in the order of asking", async (store) => {
  const order: string[] = [];
  const first = Promise.withResolvers<void>();
  const one = store.use(idOf(1), async () => {
    order.push("one begins");
    await first.promise;
    order.push("one ends");
  });
  const two = store.use(idOf(1), () => Promise.resolve(order.push("two")));
  const three = store.use(idOf(1), () => Promise.reject(new Error("three")));
  const four = store.use(idOf(1), () => Promise.resolve(order.push("four")));
  await store.use(idOf(2), () => Promise.resolve(order.push("another file")));
  first.resolve();
  await assertRejects(() => three, Error, "three");
  await Promise.all([one, two, four]);
  assertEquals(order, ["one begins", "another file", "one ends", "two", "four"]);
});

storeTest("more files than may stay open are all there", async (store, folder) => {
  const count = 150;
  const numbers = Array.from({ length: count }, (_, i) => i);
  await Promise.all(numbers.map((i) => store.use(idOf(i), (file) => file.put(0, CONTENT, SIZE))));
  for (const i of numbers) {
    const into = new Uint8Array(SIZE);
    assert(await store.use(idOf(i), (file) => file.get(0, into)));
    assertEquals(into, CONTENT);
    assertEquals(await store.size(idOf(i)), SIZE);
  }
  assertEquals((await idsIn(store)).length, count);
  assertEquals(folder.names().length, 2 * count);
});

storeTest("a file is removed unless it is needed after all", async (store, folder) => {
  await store.use(idOf(1), (file) => file.put(0, CONTENT, SIZE));
  await store.removeUnless(idOf(1), () => Promise.resolve(true));
  assertEquals(await idsIn(store), [toHex(idOf(1))]);
  await store.removeUnless(idOf(1), () => Promise.resolve(false));
  await store.removeUnless(idOf(1), () => Promise.resolve(false));
  assertEquals(folder.names(), []);
  assertEquals(await store.size(idOf(1)), 0);
});

storeTest("after a failure of the disk a file is looked at anew", async (store, folder) => {
  await store.use(idOf(1), (file) => file.put(0, CONTENT, SIZE));
  const path = `${folder.path}/${toHex(idOf(1))}`;
  await Deno.truncate(path, 10);
  assertEquals(await store.use(idOf(1), (file) => file.firstMissing(SIZE)), 1); // as it knew
  const failure = new StorageError("failed", "as a disk may");
  await assertRejects(() => store.use(idOf(1), () => Promise.reject(failure)), StorageError);
  assertEquals(await store.use(idOf(1), (file) => file.firstMissing(SIZE)), 0);
});

storeTest(
  "no more than 64 files stay open, those used last, and none after the end",
  async (store) => {
    const files: ChunkFile[] = [];
    for (let i = 0; i < 70; i++) {
      await store.use(idOf(i), async (file) => {
        files.push(file);
        await file.put(0, CONTENT, SIZE);
      });
      if (i === 63) await store.use(idOf(0), (file) => file.firstMissing(SIZE)); // used again
    }
    const open = files.flatMap((file, i) => file.opened ? [i] : []);
    assertEquals(open, [0, ...Array.from({ length: 63 }, (_, i) => i + 7)]);
    const working = Promise.withResolvers<void>();
    const used = store.use(idOf(0), () => working.promise);
    let closed = false;
    const closing = store.close().then(() => closed = true);
    for (let i = 0; i < 10; i++) await settled();
    assertEquals([closed, files[0].opened], [false, true]);
    working.resolve();
    await Promise.all([used, closing]);
    assertEquals(files.filter(({ opened }) => opened), []);
  },
);

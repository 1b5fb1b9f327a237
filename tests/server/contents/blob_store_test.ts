import { randomBytes } from "../../../shared/crypto/random.ts";
import { BlobStore } from "../../../server/contents/blob_store.ts";
import { type Bytes, concat } from "../../../shared/bytes.ts";
import { StorageError } from "../../../shared/errors.ts";
import { MiB } from "../../../shared/limits.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";

function blobTest(name: string, test: (store: BlobStore, folder: string) => Promise<void>): void {
  Deno.test(`blob store: ${name}`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "blobs_" });
    try {
      await test(new BlobStore(folder, randomBytes), folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/** Tells a sweep that these blobs are needed, and no other. */
function only(...names: string[]): (asked: string[]) => Promise<Set<string>> {
  return (asked) => Promise.resolve(new Set(asked.filter((name) => names.includes(name))));
}

async function put(store: BlobStore, ...pieces: Bytes[]): Promise<string> {
  const writer = await store.create();
  for (const piece of pieces) await writer.write(piece);
  return await writer.commit();
}

blobTest("what was written is read", async (store, folder) => {
  const pieces = [sampleBytes(1), sampleBytes(70_000), sampleBytes(0), sampleBytes(3)];
  const name = await put(store, ...pieces);
  assertEquals(namesIn(folder), [name]);
  using reader = await store.open(name);
  const content = new Uint8Array(70_004);
  for (let have = 0; have < content.length;) {
    const count = await reader.read(content.subarray(have));
    assert(count !== null, "the blob ends early");
    have += count;
  }
  assertEquals(content, concat(...pieces));
  assertEquals(await reader.read(new Uint8Array(1)), null);
});

blobTest("a blob of more than one sync is whole", async (store, folder) => {
  const step = sampleBytes(1 * MiB);
  const name = await put(store, ...Array.from({ length: 35 }, () => step));
  const content = await Deno.readFile(`${folder}/${name}`);
  assert(content.length === 35 * MiB);
  assert(
    content.every((byte, i) => byte === step[i % step.length]),
    "the blob is what was written",
  );
});

blobTest("a blob has its name only when it is whole", async (store, folder) => {
  const writer = await store.create();
  await writer.write(sampleBytes(10));
  const [unfinished] = namesIn(folder);
  assert(unfinished.endsWith(".part"));
  const name = await writer.commit();
  assertEquals(unfinished, `${name}.part`);
  assertEquals(namesIn(folder), [name]);
});

blobTest("an aborted blob is gone, before and after its commit", async (store, folder) => {
  const first = await store.create();
  await first.write(sampleBytes(17 * MiB));
  await first.abort();
  assertEquals(namesIn(folder), []);
  const second = await store.create();
  await second.write(sampleBytes(10));
  await second.commit();
  await second.abort();
  assertEquals(namesIn(folder), []);
});

blobTest("has: only what is there with its size", async (store, folder) => {
  const name = await put(store, sampleBytes(10));
  assertEquals(await store.has(name, 10), true);
  assertEquals(await store.has(name, 9), false);
  assertEquals(await store.has(name, 11), false);
  assertEquals(await store.has("0".repeat(32), 0), false);
  await Deno.truncate(`${folder}/${name}`, 9);
  assertEquals(await store.has(name, 10), false);
});

blobTest("open whole: only what is there with its size", async (store, folder) => {
  const name = await put(store, sampleBytes(10));
  {
    using reader = await store.openWhole(name, 10);
    assert(reader !== null, "it is there");
    const content = new Uint8Array(20);
    assertEquals([await reader.read(content), content.slice(0, 10)], [10, sampleBytes(10)]);
  }
  assertEquals(await store.openWhole(name, 9), null);
  assertEquals(await store.openWhole("0".repeat(32), 0), null);
  await Deno.truncate(`${folder}/${name}`, 9);
  assertEquals(await store.openWhole(name, 10), null);
});

blobTest("removing twice is fine", async (store, folder) => {
  const name = await put(store, sampleBytes(10));
  await store.remove(name);
  await store.remove(name);
  assertEquals(namesIn(folder), []);
});

blobTest("sweep: what nobody needs goes, finished or not", async (store, folder) => {
  const [needed, orphan] = [await put(store, sampleBytes(1)), await put(store, sampleBytes(2))];
  await Deno.writeFile(`${folder}/${"a".repeat(32)}.part`, sampleBytes(3));
  assertEquals(await store.sweep(only(needed, "b".repeat(32))), 2);
  assertEquals(namesIn(folder), [needed]);
  assertEquals(await store.has(orphan, 2), false);
  assertEquals(await store.sweep(only(needed)), 0);
});

blobTest("sweep: many blobs are asked about some at a time, each once", async (store, folder) => {
  const names = Array.from({ length: 1203 }, (_, i) => `${i}`.padStart(32, "0"));
  for (const name of names) await Deno.writeFile(`${folder}/${name}`, new Uint8Array(0));
  const asked: string[][] = [];
  const removed = await store.sweep((page) => {
    asked.push(page);
    return only(...names.slice(0, 3))(page);
  });
  assertEquals([removed, namesIn(folder)], [1200, names.slice(0, 3)]);
  assertEquals(asked.flat().sort(), names);
  assert(asked.every((page) => page.length <= 500), "a page is small");
});

blobTest("sweep: files of others stay", async (store, folder) => {
  const others = ["thesis.odt", "photo.part", "0123456789abcdef", "A".repeat(32), "f".repeat(33)];
  for (const name of others) await Deno.writeFile(`${folder}/${name}`, sampleBytes(1));
  await Deno.mkdir(`${folder}/lost+found`);
  await Deno.writeFile(`${folder}/lost+found/x`, sampleBytes(1));
  assertEquals(await store.sweep(only()), 0);
  assertEquals(namesIn(folder), [...others, "lost+found"].sort());
});

blobTest("a folder that is gone: failures of storage, and no crash", async (store, folder) => {
  const writer = await store.create();
  await writer.write(sampleBytes(10));
  await Deno.remove(folder, { recursive: true });
  assertEquals((await assertRejects(() => writer.commit(), StorageError)).code, "failed");
  await writer.abort();
  assertEquals((await assertRejects(() => store.create(), StorageError)).code, "failed");
  assertEquals(
    (await assertRejects(() => store.open("0".repeat(32)), StorageError)).code,
    "failed",
  );
  await Deno.mkdir(folder);
});

if (Deno.build.os !== "windows") {
  blobTest("a blob is its owner's alone", async (store, folder) => {
    const name = await put(store, sampleBytes(10));
    assertEquals((await Deno.stat(`${folder}/${name}`)).mode! & 0o777, 0o600);
  });
}

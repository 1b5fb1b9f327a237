import { ArchiveWriter, pieces, readArchive, SUMS } from "../../../server/backup/archive.ts";
import { type Bytes, concatAll, fromUtf8, toHex, utf8 } from "../../../shared/bytes.ts";
import { sha256 } from "../../../shared/crypto/hash.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { tempFolder } from "../../support/temp_folder.ts";

const FILES: Record<string, Bytes> = {
  "server.db": new Uint8Array(100_000).fill(7),
  "files/empty": new Uint8Array(0),
  "chunks/block": new Uint8Array(512).fill(1),
  "chunks/more": new Uint8Array(513).fill(2),
};

async function write(path: string, files = FILES): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const archive = new ArchiveWriter(file, new Date(0));
  for (const [name, bytes] of Object.entries(files)) {
    const parts = [bytes.subarray(0, 100), bytes.subarray(100)].filter(({ length }) => length > 0);
    await archive.add(name, bytes.length, ReadableStream.from(parts));
  }
  await archive.finish();
}

async function read(path: string): Promise<Record<string, Bytes>> {
  using file = await Deno.open(path, { read: true });
  const files: Record<string, Bytes> = {};
  for await (const { name, size, bytes } of readArchive(file)) {
    files[name] = concatAll(await Array.fromAsync(bytes));
    assertEquals(files[name].length, size);
  }
  return files;
}

Deno.test("archive: files come back, in their order, and entries may be passed over", async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/a.tar`;
  await write(path);
  const files = await read(path);
  assertEquals(files, FILES);
  assertEquals(Object.keys(files), Object.keys(FILES));
  using file = await Deno.open(path, { read: true });
  const names: string[] = [];
  for await (const { name } of readArchive(file)) names.push(name);
  assertEquals(names, Object.keys(FILES));
});

Deno.test("archive: the sums are those that sha256sum reads", async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/a.tar`;
  await write(path);
  const text = fromUtf8(await Deno.readFile(path));
  for (const [name, bytes] of Object.entries(FILES)) {
    assert(text.includes(`${toHex(sha256(bytes))}  ${name}\n`), name);
  }
});

Deno.test("archive: every cut and every changed byte that counts is noticed", async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/a.tar`;
  await write(path);
  const bytes = await Deno.readFile(path);
  const sums = bytes.length - 1024 - 512;
  for (const size of [0, 1, 511, 512, 513, 50_000, sums - 600, sums]) {
    await Deno.writeFile(path, bytes.subarray(0, size));
    await assertRejects(() => read(path), Error);
  }
  // In a name, a content, the last content and the sums.
  for (const at of [2, 600, 50_000, sums - 512 - 600, sums]) {
    const changed = bytes.slice();
    changed[at] ^= 1;
    await Deno.writeFile(path, changed);
    await assertRejects(() => read(path), Error);
  }
});

Deno.test("archive: a content of another size than was said is an error", async () => {
  await using temp = await tempFolder();
  using file = await Deno.open(`${temp.path}/a.tar`, { write: true, create: true });
  for (const size of [1, 3]) {
    const archive = new ArchiveWriter(file, new Date(0));
    await assertRejects(() => archive.add("x", size, ReadableStream.from([utf8("ab")])), Error);
    await archive.abort();
  }
});

Deno.test("archive: nothing comes behind the sums", async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/a.tar`;
  await write(path, { [SUMS]: utf8("") });
  await assertRejects(() => read(path), Error, SUMS);
});

Deno.test("archive: the pieces of a file are its bytes", async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/file`;
  const bytes = new Uint8Array(3 * 1024 * 1024 + 1).map((_, index) => index % 253);
  await Deno.writeFile(path, bytes);
  using file = await Deno.open(path, { read: true });
  assertEquals(concatAll(await Array.fromAsync(pieces(file))), bytes);
});

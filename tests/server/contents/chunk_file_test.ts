import { ChunkFile } from "../../../server/contents/chunk_file.ts";
import { INDEX_SUFFIX } from "../../../server/contents/chunk_index.ts";
import { ProtocolError } from "../../../shared/errors.ts";
import type { Bytes } from "../../../shared/bytes.ts";
import { FILE_CHUNK_SIZE, MiB } from "../../../shared/limits.ts";
import { chunkCount, chunkSizeAt } from "../../../shared/protocol/secure/files.ts";
import { Writer } from "../../../shared/cursor.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { tempFolder } from "../../support/temp_folder.ts";

const LAST = 1000;
const SIZE = 2 * FILE_CHUNK_SIZE + LAST;
const CHUNKS = [0, 1, 2].map((chunk) => sampleBytes(chunkSizeAt(chunk, SIZE), chunk + 1));

function fileTest(name: string, test: (path: string, open: () => ChunkFile) => Promise<void>) {
  Deno.test(`chunk file: ${name}`, async () => {
    await using folder = await tempFolder();
    const path = `${folder.path}/file`;
    const opened: ChunkFile[] = [];
    const open = () => {
      const file = new ChunkFile(path, () => Promise.resolve());
      opened.push(file);
      return file;
    };
    try {
      await test(path, open);
    } finally {
      for (const file of opened) await file.close();
    }
  });
}

async function putAll(file: ChunkFile): Promise<void> {
  for (const [chunk, bytes] of CHUNKS.entries()) await file.put(chunk, bytes, SIZE);
}

/** The chunk, or null if it is missing or damaged. */
async function get(file: ChunkFile, chunk: number): Promise<Bytes | null> {
  const into = new Uint8Array(chunkSizeAt(chunk, SIZE));
  return await file.get(chunk, into) ? into : null;
}

/** Changes one byte of the file at `path`. */
async function flip(path: string, at: number): Promise<void> {
  using file = await Deno.open(path, { read: true, write: true });
  const byte = new Uint8Array(1);
  await file.seek(at, Deno.SeekMode.Start);
  await file.read(byte);
  byte[0] ^= 0x10;
  await file.seek(at, Deno.SeekMode.Start);
  await file.write(byte);
}

fileTest("what was put is what one gets, before and after opening it again", async (_, open) => {
  const file = open();
  assertEquals(await file.firstMissing(SIZE), 0);
  await putAll(file);
  assertEquals(await file.firstMissing(SIZE), 3);
  await file.sync();
  for (const opened of [file, open()]) {
    for (const [chunk, bytes] of CHUNKS.entries()) assertEquals(await get(opened, chunk), bytes);
    assertEquals(await opened.firstMissing(SIZE), 3);
  }
});

fileTest(
  "chunks come in order; a repeat changes nothing, one ahead is refused",
  async (_, open) => {
    const file = open();
    const ahead = await assertRejects(() => file.put(1, CHUNKS[1], SIZE), ProtocolError);
    assertEquals(ahead.code, "malformed");
    await file.put(0, CHUNKS[0], SIZE);
    await file.put(0, new Uint8Array(FILE_CHUNK_SIZE), SIZE);
    assertEquals(await get(file, 0), CHUNKS[0]);
    assertEquals(await file.firstMissing(SIZE), 1);
    assertEquals(await get(file, 1), null);
  },
);

fileTest("a chunk of a wrong size, or behind the end, is refused", async (_, open) => {
  const file = open();
  for (const size of [1, FILE_CHUNK_SIZE - 1]) {
    await assertRejects(() => file.put(0, new Uint8Array(size), SIZE), ProtocolError);
  }
  await putAll(file);
  await assertRejects(() => file.put(2, new Uint8Array(LAST + 1), SIZE), ProtocolError);
  await assertRejects(() => file.put(3, new Uint8Array(LAST), SIZE), ProtocolError);
});

fileTest("files of one byte and around the size of a chunk", async (_, open) => {
  for (const size of [1, 16, FILE_CHUNK_SIZE - 1, FILE_CHUNK_SIZE, FILE_CHUNK_SIZE + 1]) {
    const file = open();
    for (let chunk = 0; chunk < chunkCount(size); chunk++) {
      await file.put(chunk, sampleBytes(chunkSizeAt(chunk, size)), size);
    }
    assertEquals(await file.firstMissing(size), chunkCount(size));
    await file.remove();
  }
});

fileTest("a dropped chunk is the first one missing; those behind it stay", async (_, open) => {
  const file = open();
  await putAll(file);
  await file.sync();
  await file.drop(1);
  for (const opened of [file, open()]) {
    assertEquals(await opened.firstMissing(SIZE), 1);
    assertEquals([await get(opened, 1), await get(opened, 2)], [null, CHUNKS[2]]);
  }
  await file.put(2, CHUNKS[2], SIZE); // a repeat, though it is ahead
  assertEquals(await file.firstMissing(SIZE), 1);
  await file.put(1, CHUNKS[1], SIZE);
  assertEquals(await file.firstMissing(SIZE), 3);
  assertEquals(await get(file, 1), CHUNKS[1]);
});

fileTest("a changed byte anywhere is noticed when its chunk is read", async (path, open) => {
  const file = open();
  await putAll(file);
  await file.sync();
  const places = [0, FILE_CHUNK_SIZE - 1, FILE_CHUNK_SIZE, 2 * FILE_CHUNK_SIZE, SIZE - 1];
  for (const at of places) {
    await flip(path, at);
    const found = await Promise.resolve([0, 1, 2]).then(async (chunks) => {
      const whole: boolean[] = [];
      for (const chunk of chunks) whole.push(await get(file, chunk) !== null);
      return whole;
    });
    assertEquals(found, [0, 1, 2].map((chunk) => chunk !== Math.floor(at / FILE_CHUNK_SIZE)));
    await flip(path, at);
  }
});

fileTest("what was not fsynced is checked before it counts as there", async (path, open) => {
  await putAll(open());
  await flip(path, FILE_CHUNK_SIZE + 5);
  const file = open();
  assertEquals(await file.firstMissing(SIZE), 1);
  await file.put(1, CHUNKS[1], SIZE);
  assertEquals(await file.firstMissing(SIZE), 3);
});

fileTest("a file that was cut off, or is gone, goes on where it ends", async (path, open) => {
  const first = open();
  await putAll(first);
  await first.sync();
  for (const [size, next] of [[SIZE - 1, 2], [FILE_CHUNK_SIZE + 7, 1], [0, 0]]) {
    await Deno.truncate(path, size);
    const file = open();
    assertEquals(await file.firstMissing(SIZE), next);
    for (let chunk = next; chunk < 3; chunk++) await file.put(chunk, CHUNKS[chunk], SIZE);
    assertEquals(await file.firstMissing(SIZE), 3);
    await file.sync();
  }
  await Deno.remove(path + INDEX_SUFFIX);
  assertEquals(await open().firstMissing(SIZE), 0);
  await first.remove();
  assertEquals(await open().firstMissing(SIZE), 0);
});

fileTest("a chunk that was half written when the power failed is missing", async (path, open) => {
  const file = open();
  await file.put(0, CHUNKS[0], SIZE);
  await file.close();
  using data = await Deno.open(path, { write: true, append: true });
  await data.write(new Uint8Array(5000));
  assertEquals(await open().firstMissing(SIZE), 1);
});

fileTest("beyond 4 GiB chunks are where they must be", async (path, open) => {
  const size = 4.5 * 1024 * MiB;
  const last = chunkCount(size) - 1;
  // All but the last chunk: holes that were fsynced, as the marks say.
  const marks = new Writer(8 + 8 * last).u32(last).zeros(4);
  for (let chunk = 0; chunk < last; chunk++) marks.u32(FILE_CHUNK_SIZE).u32(0);
  await Deno.writeFile(path + INDEX_SUFFIX, marks.done());
  await Deno.create(path).then((data) => data.close());
  await Deno.truncate(path, last * FILE_CHUNK_SIZE);
  const file = open();
  assertEquals(await file.firstMissing(size), last);
  const bytes = sampleBytes(chunkSizeAt(last, size));
  await file.put(last, bytes, size);
  assertEquals(await file.firstMissing(size), last + 1);
  const into = new Uint8Array(bytes.length);
  assert(await file.get(last, into));
  assertEquals(into, bytes);
  assertEquals((await Deno.stat(path)).size, size);
});

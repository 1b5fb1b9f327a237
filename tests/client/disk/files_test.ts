import { ClientError } from "../../../client/errors.ts";
import {
  haveSameContent,
  openFile,
  readEnd,
  readFile,
  readWhole,
  removeFile,
  removeOthers,
  writeNewFile,
} from "../../../client/disk/files.ts";
import { type Bytes, concat, utf8 } from "../../../shared/bytes.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { cut, sampleBytes } from "../../support/pieces.ts";
import { tempFolder } from "../../support/temp_folder.ts";

// More than what a stream reads before it is asked.
const CONTENT = sampleBytes(3_000_000);

async function whole(pieces: AsyncIterable<Uint8Array>): Promise<Bytes> {
  return concat(...await Array.fromAsync(pieces, (piece) => piece.slice()));
}

async function* given(...pieces: (Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if (piece instanceof Error) throw piece;
    yield await Promise.resolve(piece);
  }
}

/** `operation` fails with the code `file` and words that hold `messageIncludes`. */
async function fails(operation: () => Promise<unknown>, messageIncludes: string): Promise<void> {
  const error = await assertRejects(operation, ClientError, messageIncludes);
  assertEquals(error.code, "file");
}

Deno.test("files: one that is sent has its size and its bytes", async () => {
  await using temp = await tempFolder();
  for (const size of [0, 1, CONTENT.length]) {
    const path = `${temp.path}/${size}`;
    await Deno.writeFile(path, CONTENT.subarray(0, size));
    const file = await openFile(path);
    assertEquals(file.size, size);
    assertEquals(await whole(file.content), CONTENT.slice(0, size));
  }
});

Deno.test("files: one that is missing, or no file, cannot be sent", async () => {
  await using temp = await tempFolder();
  await fails(() => openFile(`${temp.path}/missing`), "missing");
  await fails(() => openFile(temp.path), "not a regular file");
  await fails(() => openFile("/dev/null"), Deno.build.os === "windows" ? "" : "not a regular file");
});

Deno.test("files: one that grows or shrinks while it is sent is not sent in part", async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/file`;
  for (const size of [CONTENT.length - 1, CONTENT.length + 1, 0]) {
    await Deno.writeFile(path, CONTENT);
    const { content } = await openFile(path);
    await Deno.truncate(path, size);
    await fails(() => whole(content), "changed while it was being sent");
  }
});

Deno.test("files: a new one replaces an old one as a whole, for its owner alone", async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/file`;
  for (const content of [CONTENT, utf8("short"), new Uint8Array(0)]) {
    assertEquals(await writeNewFile(path, given(...cut(content, [7, 100_000]))), content.length);
    assertEquals(await readWhole(path), content);
    assertEquals(await whole(readFile(path)), content);
  }
  if (Deno.build.os !== "windows") assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
});

Deno.test("files: where writing fails nothing is left", async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/file`;
  const surprise = new RangeError("surprise");
  const error = await assertRejects(
    () => writeNewFile(path, given(CONTENT, surprise)),
    RangeError,
  );
  assertEquals(error, surprise);
  await fails(() => writeNewFile(`${temp.path}/no/such/folder`, given(CONTENT)), "cannot write");
  assertEquals(temp.names(), []);
});

Deno.test("files: what cannot be read is an error of the file", async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/missing`;
  await fails(() => whole(readFile(path)), path);
  await fails(() => readWhole(path), path);
  await fails(() => readEnd(path, 1), path);
});

Deno.test("files: the end of one", async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/file`;
  await Deno.writeFile(path, CONTENT.subarray(0, 100));
  for (const size of [0, 1, 99, 100, 101, 1000]) {
    assertEquals(await readEnd(path, size), CONTENT.slice(Math.max(0, 100 - size), 100));
  }
});

Deno.test("files: one that is gone is removed already", async () => {
  await using temp = await tempFolder();
  await Deno.writeFile(`${temp.path}/file`, CONTENT);
  await removeFile(`${temp.path}/file`);
  await removeFile(`${temp.path}/file`);
  assertEquals(temp.names(), []);
});

Deno.test("files: of a folder all but the needed ones are removed", async () => {
  await using temp = await tempFolder();
  for (const name of ["1", "1.open", "2", "3"]) {
    await Deno.writeFile(`${temp.path}/${name}`, CONTENT);
  }
  await Deno.mkdir(`${temp.path}/folder`);
  await removeOthers(temp.path, new Set(["1", "3", "4"]));
  assertEquals(temp.names(), ["1", "3", "folder"]);
  assert((await Deno.stat(`${temp.path}/folder`)).isDirectory);
});

Deno.test("files: the same content is known, and what cannot be read is none", async () => {
  await using temp = await tempFolder();
  const [one, other] = [`${temp.path}/one`, `${temp.path}/other`];
  await Deno.writeFile(one, CONTENT);
  assertEquals(await haveSameContent(one, other), false);
  await Deno.writeFile(other, CONTENT);
  assertEquals(await haveSameContent(one, other), true);
  await Deno.writeFile(other, CONTENT.subarray(1));
  assertEquals(await haveSameContent(one, other), false);
  await Deno.writeFile(other, CONTENT.subarray(0, -1));
  assertEquals(await haveSameContent(one, other), false);
  await Deno.writeFile(other, CONTENT.with(CONTENT.length - 1, CONTENT.at(-1)! ^ 1));
  assertEquals(await haveSameContent(one, other), false);
});

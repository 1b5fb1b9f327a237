import { createTarDecoder } from "modern-tar";
import { archiveOf, archiveSize } from "../../../client/disk/folder_archive.ts";
import { ClientError } from "../../../client/errors.ts";
import { concat, utf8 } from "../../../shared/bytes.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { tempFolder } from "../../support/temp_folder.ts";

const windows = Deno.build.os === "windows";
const LONG = `${"über ".repeat(25)}name`;

async function unpacked(archive: Uint8Array<ArrayBuffer>) {
  const entries = [];
  const decoder = createTarDecoder({ strict: true });
  for await (const { header, body } of ReadableStream.from([archive]).pipeThrough(decoder)) {
    const { name, type, mode, mtime } = header;
    entries.push({ name, type, mode, mtime, bytes: concat(...await Array.fromAsync(body)) });
  }
  return entries;
}

Deno.test("folder archive: has all files and folders, with times and what can be run", async () => {
  await using temp = await tempFolder();
  const folder = `${temp.path}/docs`;
  await Deno.mkdir(`${folder}/empty`, { recursive: true });
  await Deno.mkdir(`${folder}/${LONG}/deep`, { recursive: true });
  const large = sampleBytes(3_000_001, 1);
  const files: [string, Uint8Array, number][] = [
    ["a.txt", utf8("first"), 0o644],
    [`${LONG}/deep/none`, new Uint8Array(), 0o640],
    ["run", utf8("#!/bin/sh\n"), 0o755],
    ["large", large, 0o600],
  ];
  for (const [name, bytes, mode] of files) {
    await Deno.writeFile(`${folder}/${name}`, bytes, { mode });
    await Deno.utime(`${folder}/${name}`, 1e9, 1e9);
  }
  if (!windows) await Deno.symlink("/etc/passwd", `${folder}/link`);
  const archive = concat(...await Array.fromAsync(archiveOf(folder, "docs")));
  const size = await archiveSize(folder);
  assert(Math.abs(size - archive.length) < 10_000, `${archive.length} bytes, not about ${size}`);
  const entries = await unpacked(archive);
  assertEquals(entries.map(({ name }) => name.normalize("NFC")), [
    "docs/",
    "docs/a.txt",
    "docs/empty/",
    "docs/large",
    "docs/run",
    `docs/${LONG}/`,
    `docs/${LONG}/deep/`,
    `docs/${LONG}/deep/none`,
  ]);
  for (const [name, bytes, mode] of files) {
    const entry = entries.find((entry) => entry.name === `docs/${name}`);
    assert(entry, name);
    assertEquals(entry.bytes, bytes, name);
    assertEquals(entry.mtime?.getTime(), 1e12);
    if (!windows) assertEquals(entry.mode, mode & 0o100 ? 0o755 : 0o644);
  }
});

Deno.test("folder archive: a profile, wherever it is in there, is not sent", async () => {
  for (const name of ["profile.db", "me.info"]) {
    await using temp = await tempFolder();
    await Deno.mkdir(`${temp.path}/deep/bob`, { recursive: true });
    await Deno.writeTextFile(`${temp.path}/deep/bob/${name}`, "keys");
    const packing = Array.fromAsync(archiveOf(temp.path, "x"));
    const { code, message } = await assertRejects(() => packing, ClientError);
    assertEquals(code, "file");
    assert(message.includes(`${temp.path}/deep/bob is not sent`), message);
  }
});

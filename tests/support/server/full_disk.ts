/**
 * A disk that is full, as a program of its own: it takes the device that is always full, which the
 * runtime opens only for programs that may do everything. Ends with exit code 0 if all is as it
 * should be.
 */
import { ChunkFile } from "../../../server/contents/chunk_file.ts";
import { StorageError } from "../../../shared/errors.ts";
import { FILE_CHUNK_SIZE } from "../../../shared/limits.ts";
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { sampleBytes } from "../pieces.ts";
import { tempFolder } from "../temp_folder.ts";
import { newToken } from "./secure_peer.ts";
import { chunkOf, download, openUpload, upload } from "./secure_uploads.ts";
import { ServerFixture } from "./server_fixture.ts";

const SIZE = 2 * FILE_CHUNK_SIZE + 100;
const CONTENT = sampleBytes(SIZE);

async function chunkFileSaysSo(): Promise<void> {
  await using folder = await tempFolder();
  const path = `${folder.path}/file`;
  await Deno.symlink("/dev/full", path);
  const file = new ChunkFile(path, () => Promise.resolve());
  const chunk = chunkOf(CONTENT, 0);
  const error = await assertRejects(() => file.put(0, chunk, SIZE), StorageError);
  assertEquals(error.code, "disk-full");
  await file.close();
  await Deno.remove(path);
  await file.put(0, chunk, SIZE);
  const into = new Uint8Array(chunk.length);
  assert(await file.get(0, into));
  assertEquals(into, chunk);
  await file.close();
}

async function serverGoesOn(): Promise<void> {
  await using server = await ServerFixture.start();
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  const [full, other] = [newToken(), newToken()];
  await openUpload(alice, full, SIZE);
  const path = `${server.folder}/chunks/${full.toHex()}`;
  await server.services.files.close();
  await Deno.remove(path);
  await Deno.symlink("/dev/full", path);
  await alice.send({ kind: "put-chunk", blob: full, chunk: 0, bytes: chunkOf(CONTENT, 0) });
  const { error, retryAfter, text } = await alice.expect("error");
  assertEquals([error, retryAfter > 0, text], ["over-quota", true, "the server's disk is full"]);
  await alice.sendText(bob.who.id, "text");
  await upload(alice, other, CONTENT, bob.who.id);
  assertEquals((await download(bob, other, SIZE)).length, SIZE);
  await Deno.remove(path); // there is room again
  assertEquals(await openUpload(alice, full, SIZE), 0);
  await upload(alice, full, CONTENT, bob.who.id);
}

if (import.meta.main) {
  await chunkFileSaysSo();
  await serverGoesOn();
}

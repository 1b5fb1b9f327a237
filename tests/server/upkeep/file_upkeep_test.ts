import { expireFiles, sweepFiles } from "../../../server/upkeep/file_upkeep.ts";
import { DAY } from "../../../server/limits/limits.ts";
import { toHex } from "../../../shared/bytes.ts";
import { FILE_CHUNK_SIZE } from "../../../shared/limits.ts";
import { assertEquals } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { newToken } from "../../support/server/secure_peer.ts";
import {
  download,
  openUpload,
  putChunks,
  share,
  upload,
} from "../../support/server/secure_uploads.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

const SIZE = FILE_CHUNK_SIZE + 1000;
const CONTENT = sampleBytes(SIZE);

function namesIn(server: ServerFixture): string[] {
  return [...Deno.readDirSync(`${server.folder}/chunks`)].map(({ name }) => name).sort();
}

/** The names of a file and its marks. */
function namesOf(...blobs: Uint8Array[]): string[] {
  return blobs.flatMap((blob) => [toHex(blob), `${toHex(blob)}.marks`]).sort();
}

Deno.test("file upkeep: what nobody fetches, and what nobody goes on with, expires", async () => {
  let now = 0;
  await using server = await ServerFixture.start({ now: () => now });
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  const [begun, whole] = [newToken(), newToken()];
  await openUpload(alice, begun, SIZE);
  await putChunks(alice, begun, CONTENT, 0, 1);
  await upload(alice, whole, CONTENT, bob.who.id);
  now = 7 * DAY;
  await expireFiles(server.services);
  assertEquals(namesIn(server), namesOf(begun, whole));
  now++;
  await expireFiles(server.services);
  assertEquals(namesIn(server), namesOf(whole));
  assertEquals(await openUpload(alice, begun, SIZE), 0); // anew
  now = 30 * DAY;
  await expireFiles(server.services);
  assertEquals(namesIn(server), namesOf(whole));
  assertEquals((await download(bob, whole, SIZE)).length, SIZE);
  now++;
  await expireFiles(server.services);
  assertEquals([namesIn(server), server.dump().shared, server.dump().receivers], [[], [], []]);
  assertEquals(await bob.refused({ kind: "get-chunk", blob: whole, chunk: 0 }), "not-found");
  assertEquals(await alice.refused({ kind: "file-state", blob: whole }), "not-found");
});

Deno.test("file upkeep: a sweep removes what no record needs, and nothing else", async () => {
  await using server = await ServerFixture.start();
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  const [begun, whole] = [newToken(), newToken()];
  await openUpload(alice, begun, SIZE);
  await putChunks(alice, begun, CONTENT, 0, 1);
  await upload(alice, whole, CONTENT, bob.who.id);
  const folder = `${server.folder}/chunks`;
  const [both, data, marks] = [newToken(), newToken(), newToken()].map(toHex);
  for (const name of [both, `${both}.marks`, data, `${marks}.marks`, "README", `${data}.bak`]) {
    await Deno.writeFile(`${folder}/${name}`, sampleBytes(100));
  }
  await sweepFiles(server.services);
  const others = ["README", `${data}.bak`];
  assertEquals(namesIn(server), [...namesOf(begun, whole), ...others].sort());
  assertEquals(await openUpload(alice, begun, SIZE), 1);
  assertEquals(toHex(await download(bob, whole, SIZE)), toHex(CONTENT));
});

Deno.test("file upkeep: a record whose bytes are gone becomes an upload again", async () => {
  await using server = await ServerFixture.start({ errors: true });
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  const [gone, short] = [newToken(), newToken()];
  for (const blob of [gone, short]) await upload(alice, blob, CONTENT, bob.who.id);
  await server.services.chunks.close();
  await Deno.remove(`${server.folder}/chunks/${toHex(gone)}`);
  await Deno.truncate(`${server.folder}/chunks/${toHex(short)}`, FILE_CHUNK_SIZE);
  await sweepFiles(server.services);
  for (const [blob, next] of [[gone, 0], [short, 1]] as const) {
    await bob.send({ kind: "get-chunk", blob, chunk: 0 });
    assertEquals((await bob.expect("error")).retryAfter > 0, true);
    assertEquals(await openUpload(alice, blob, SIZE), next);
    await putChunks(alice, blob, CONTENT, next);
    await share(alice, blob, bob.who.id);
    assertEquals(toHex(await download(bob, blob, SIZE)), toHex(CONTENT));
  }
});

import { toHex } from "../../../shared/bytes.ts";
import { FILE_CHUNK_SIZE } from "../../../shared/limits.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { newToken, type SecurePeer } from "../../support/server/secure_peer.ts";
import {
  download,
  openUpload,
  putChunks,
  share,
  upload,
} from "../../support/server/secure_uploads.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

const SIZE = 4 * FILE_CHUNK_SIZE + 1000;
const CONTENT = sampleBytes(SIZE);

/** A file that waits for bob on a server that may log what is damaged. */
async function uploaded(): Promise<
  AsyncDisposable & {
    server: ServerFixture;
    alice: SecurePeer;
    bob: SecurePeer;
    blob: Uint8Array<ArrayBuffer>;
    path: string;
  }
> {
  const server = await ServerFixture.start({ errors: true });
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  const blob = newToken();
  await upload(alice, blob, CONTENT, bob.who.id);
  const path = `${server.folder}/chunks/${toHex(blob)}`;
  const dispose = () => server[Symbol.asyncDispose]();
  return { server, alice, bob, blob, path, [Symbol.asyncDispose]: dispose };
}

async function overwrite(path: string, at: number): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.seek(at, Deno.SeekMode.Start);
  await file.write(new Uint8Array([CONTENT[at] ^ 1]));
}

Deno.test("secure file damage: a changed byte is never delivered, and sent again", async () => {
  await using test = await uploaded();
  const { server, alice, bob, blob, path } = test;
  await overwrite(path, 2 * FILE_CHUNK_SIZE + 77);
  await bob.request({ kind: "get-chunk", blob, chunk: 1 }, "chunk");
  for (let round = 0; round < 2; round++) {
    await bob.send({ kind: "get-chunk", blob, chunk: round === 0 ? 2 : 0 });
    const { error, retryAfter } = await bob.expect("error");
    assertEquals([error, retryAfter > 0], ["not-found", true]);
  }
  assert(server.log.some(({ level }) => level === "error"), "the operator is told");
  assertEquals(await alice.request({ kind: "file-state", blob }, "file-state"), {
    kind: "file-state",
    next: 2,
    waiting: 1,
  });
  assertEquals(await openUpload(alice, blob, SIZE), 2);
  await putChunks(alice, blob, CONTENT, 2); // those behind it are repeats
  await share(alice, blob, bob.who.id);
  assertEquals(toHex(await download(bob, blob, SIZE)), toHex(CONTENT));
});

Deno.test("secure file damage: one after the other, each chunk alone is sent again", async () => {
  await using test = await uploaded();
  const { alice, bob, blob, path } = test;
  for (const chunk of [4, 0, 3]) {
    await overwrite(path, chunk * FILE_CHUNK_SIZE);
    assertEquals(await bob.refused({ kind: "get-chunk", blob, chunk }), "not-found");
    assertEquals(await openUpload(alice, blob, SIZE), chunk);
    await putChunks(alice, blob, CONTENT, chunk, chunk + 1);
    assertEquals(await openUpload(alice, blob, SIZE), 5);
    await share(alice, blob, bob.who.id);
  }
  assertEquals(toHex(await download(bob, blob, SIZE)), toHex(CONTENT));
});

Deno.test("secure file damage: a file that was cut off goes on where it ends", async () => {
  await using test = await uploaded();
  const { alice, bob, blob, path } = test;
  await Deno.truncate(path, 3 * FILE_CHUNK_SIZE + 1);
  assertEquals(await bob.refused({ kind: "get-chunk", blob, chunk: 4 }), "not-found");
  assertEquals(await openUpload(alice, blob, SIZE), 4);
  await putChunks(alice, blob, CONTENT, 4);
  await share(alice, blob, bob.who.id);
  assertEquals(await bob.refused({ kind: "get-chunk", blob, chunk: 3 }), "not-found");
  assertEquals(await openUpload(alice, blob, SIZE), 3);
  await putChunks(alice, blob, CONTENT, 3);
  await share(alice, blob, bob.who.id);
  assertEquals(toHex(await download(bob, blob, SIZE)), toHex(CONTENT));
});

Deno.test("secure file damage: in an upload that nobody watched for a while", async () => {
  await using server = await ServerFixture.start();
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  const blob = newToken();
  await openUpload(alice, blob, SIZE);
  await putChunks(alice, blob, CONTENT, 0, 4);
  await server.services.files.close(); // as a stop of the server does
  await overwrite(`${server.folder}/chunks/${toHex(blob)}`, FILE_CHUNK_SIZE);
  assertEquals(await openUpload(alice, blob, SIZE), 1);
  await putChunks(alice, blob, CONTENT, 1);
  await share(alice, blob, bob.who.id);
  assertEquals(toHex(await download(bob, blob, SIZE)), toHex(CONTENT));
});

import { toHex } from "../../../shared/bytes.ts";
import { CHUNK_SIZE, sealedFileSize } from "../../../shared/crypto/file_chunks.ts";
import { FILE_CHUNK_SIZE, MiB } from "../../../shared/limits.ts";
import { chunkCount } from "../../../shared/protocol/secure/files.ts";
import { encodeSecureRequest } from "../../../shared/protocol/secure/requests.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { newToken, type SecurePeer, textOf, textTo } from "../../support/server/secure_peer.ts";
import {
  chunkOf,
  download,
  openUpload,
  putChunks,
  release,
  share,
  upload,
} from "../../support/server/secure_uploads.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

const SIZE = 3 * FILE_CHUNK_SIZE + 1000;
const CONTENT = sampleBytes(SIZE);

/** The names of what lies in the folder of chunks. */
function stored(server: ServerFixture): string[] {
  return [...Deno.readDirSync(`${server.folder}/chunks`)].map(({ name }) => name).sort();
}

async function started(): Promise<
  { server: ServerFixture; alice: SecurePeer; bob: SecurePeer } & AsyncDisposable
> {
  const server = await ServerFixture.start();
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  return { server, alice, bob, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

Deno.test("secure files: a chunk on the wire is one of the cipher", () => {
  assertEquals(sealedFileSize(CHUNK_SIZE), FILE_CHUNK_SIZE);
  for (const size of [0, 1, MiB - 1, MiB, MiB + 1, 5 * MiB, 4.5 * 1024 * MiB]) {
    assertEquals(chunkCount(sealedFileSize(size)), Math.max(1, Math.ceil(size / CHUNK_SIZE)));
  }
});

Deno.test("secure files: uploaded, shared, fetched, released and gone", async () => {
  await using test = await started();
  const { server, alice, bob } = test;
  const blob = newToken();
  assertEquals(await openUpload(alice, blob, SIZE), 0);
  await putChunks(alice, blob, CONTENT);
  assertEquals(await bob.refused({ kind: "get-chunk", blob, chunk: 0 }), "not-found");
  await share(alice, blob, bob.who.id);
  assertEquals(toHex(await download(bob, blob, SIZE)), toHex(CONTENT));
  assertEquals(stored(server), [toHex(blob), `${toHex(blob)}.marks`]);
  await release(bob, blob);
  assertEquals([stored(server), server.dump().shared, server.dump().receivers], [[], [], []]);
  assertEquals(await bob.refused({ kind: "get-chunk", blob, chunk: 0 }), "not-found");
  assertEquals(await alice.refused({ kind: "file-state", blob }), "not-found");
});

Deno.test("secure files: empty, of one byte, and around the size of a chunk", async () => {
  await using test = await started();
  for (const plain of [0, 1, MiB - 1, MiB, MiB + 1]) {
    const content = sampleBytes(sealedFileSize(plain));
    const blob = newToken();
    await upload(test.alice, blob, content, test.bob.who.id);
    assertEquals(toHex(await download(test.bob, blob, content.length)), toHex(content));
  }
});

Deno.test("secure files: every request may be repeated", async () => {
  await using test = await started();
  const { server, alice, bob } = test;
  const blob = newToken();
  const count = chunkCount(SIZE);
  for (let round = 0; round < 2; round++) {
    assertEquals(await openUpload(alice, blob, SIZE), round === 0 ? 0 : count);
    await putChunks(alice, blob, CONTENT);
    await putChunks(alice, blob, CONTENT.toReversed(), 0, 1); // not written
    await share(alice, blob, bob.who.id);
    await share(alice, blob, bob.who.id);
  }
  for (let round = 0; round < 2; round++) {
    assertEquals(toHex(await download(bob, blob, SIZE)), toHex(CONTENT));
  }
  for (let round = 0; round < 2; round++) await release(bob, blob);
  assertEquals(stored(server), []);
});

Deno.test("secure files: an upload goes on where the connection broke", async () => {
  await using test = await started();
  const { server, alice, bob } = test;
  const blob = newToken();
  await openUpload(alice, blob, SIZE);
  await putChunks(alice, blob, CONTENT, 0, 2);
  const half = encodeSecureRequest({
    kind: "put-chunk",
    blob,
    chunk: 2,
    bytes: chunkOf(CONTENT, 2),
  });
  await alice.send(half.subarray(0, half.length / 2));
  alice[Symbol.dispose]();
  await server.connectionsLeft(1);
  const again = await server.secure(alice.who);
  assertEquals(await openUpload(again, blob, SIZE), 2);
  await putChunks(again, blob, CONTENT, 2);
  await share(again, blob, bob.who.id);
  assertEquals(toHex(await download(bob, blob, SIZE)), toHex(CONTENT));
});

Deno.test("secure files: two receivers of one file, one added later, store it once", async () => {
  await using test = await started();
  const { server, alice, bob } = test;
  const carol = await server.secure("carol");
  const blob = newToken();
  await upload(alice, blob, CONTENT, bob.who.id);
  assertEquals(await carol.refused({ kind: "get-chunk", blob, chunk: 0 }), "not-found");
  await share(alice, blob, carol.who.id);
  assertEquals(stored(server).length, 2); // the file and its marks
  const [forBob, forCarol] = await Promise.all([
    download(bob, blob, SIZE),
    download(carol, blob, SIZE),
  ]);
  assertEquals([toHex(forBob), toHex(forCarol)], [toHex(CONTENT), toHex(CONTENT)]);
  await release(bob, blob);
  assertEquals(await bob.refused({ kind: "get-chunk", blob, chunk: 0 }), "not-found");
  assertEquals(await alice.request({ kind: "file-state", blob }, "file-state"), {
    kind: "file-state",
    next: chunkCount(SIZE),
    waiting: 1,
  });
  assertEquals(toHex(await download(carol, blob, SIZE)), toHex(CONTENT));
  await release(carol, blob);
  assertEquals(stored(server), []);
});

Deno.test("secure files: its uploader cancels an upload and takes a file back", async () => {
  await using test = await started();
  const { server, alice, bob } = test;
  const [begun, whole] = [newToken(), newToken()];
  await openUpload(alice, begun, SIZE);
  await putChunks(alice, begun, CONTENT, 0, 2);
  await upload(alice, whole, CONTENT, bob.who.id);
  await release(alice, begun);
  await release(alice, whole);
  assertEquals([stored(server), server.dump().shared], [[], []]);
  assertEquals(await bob.refused({ kind: "get-chunk", blob: whole, chunk: 0 }), "not-found");
  assertEquals(await openUpload(alice, whole, SIZE), 0); // anew
});

Deno.test("secure files: other requests pass between chunks, in both directions", async () => {
  await using test = await started();
  const { alice, bob } = test;
  const blob = newToken();
  await openUpload(alice, blob, SIZE);
  for (let chunk = 0; chunk < chunkCount(SIZE); chunk++) {
    await alice.send(
      { kind: "put-chunk", blob, chunk, bytes: chunkOf(CONTENT, chunk) },
      textTo(bob.who.id, `text ${chunk}`),
      { kind: "list-clients", prefix: "", after: "" },
    );
  }
  for (let chunk = 0; chunk < chunkCount(SIZE); chunk++) {
    assertEquals((await alice.expect("chunk-stored")).chunk, chunk);
    assertEquals((await alice.expect("sent")).messageId, chunk + 1);
    await alice.expect("client-page");
  }
  await share(alice, blob, bob.who.id);
  await bob.subscribe();
  for (let chunk = 0; chunk < chunkCount(SIZE); chunk++) {
    await bob.send({ kind: "get-chunk", blob, chunk }, {
      kind: "acknowledge",
      messageIds: [chunk + 1],
    });
  }
  for (let chunk = 0; chunk < chunkCount(SIZE); chunk++) {
    const { bytes } = await bob.expect("chunk");
    assertEquals(toHex(bytes), toHex(chunkOf(CONTENT, chunk)));
    await bob.expect("acknowledged");
  }
  assertEquals(textOf(await bob.push()), "text 0");
});

Deno.test("secure files: several uploads at a time, on one connection and on two", async () => {
  await using test = await started();
  const { server, alice, bob } = test;
  const twin = await server.secure(alice.who);
  const [first, second] = [newToken(), newToken()];
  for (const blob of [first, second]) await openUpload(alice, blob, SIZE);
  for (let chunk = 0; chunk < chunkCount(SIZE); chunk++) {
    const bytes = chunkOf(CONTENT, chunk);
    await alice.send(
      { kind: "put-chunk", blob: first, chunk, bytes },
      { kind: "put-chunk", blob: second, chunk, bytes },
    );
    await twin.send({ kind: "put-chunk", blob: first, chunk, bytes });
    for (const peer of [alice, alice]) await peer.expect("chunk-stored");
    await twin.expect("chunk-stored");
  }
  for (const blob of [first, second]) {
    await share(twin, blob, bob.who.id);
    const got = await download(bob, blob, SIZE);
    assert(toHex(got) === toHex(CONTENT), "the content is the same");
  }
});

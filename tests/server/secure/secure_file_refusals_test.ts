import { FILE_OVERHEAD, RECEIVER_OVERHEAD } from "../../../server/storage/storage_options.ts";
import { concat } from "../../../shared/bytes.ts";
import { FILE_CHUNK_SIZE, MAX_RECEIVERS, MAX_U32, MiB } from "../../../shared/limits.ts";
import { RequestCode } from "../../support/protocol/codes.ts";
import { secureHeader, type SecureRequest } from "../../../shared/protocol/secure/requests.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { newToken } from "../../support/server/secure_peer.ts";
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

const SIZE = 2 * FILE_CHUNK_SIZE + 100;
const CONTENT = sampleBytes(SIZE);
/** What it counts for, with one receiver. */
const CHARGED = FILE_OVERHEAD + SIZE + RECEIVER_OVERHEAD;

Deno.test("secure file refusals: another's file, or of another size, is not touched", async () => {
  await using server = await ServerFixture.start();
  const [alice, bob, carol] = [
    await server.secure("alice"),
    await server.secure("bob"),
    await server.secure("carol"),
  ];
  const [blob, whole] = [newToken(), newToken()];
  await openUpload(alice, blob, SIZE);
  await upload(alice, whole, CONTENT, bob.who.id);
  const before = server.dump();
  const bytes = chunkOf(CONTENT, 0);
  for (const each of [blob, whole]) {
    const foreign: SecureRequest[] = [
      { kind: "open-upload", blob: each, size: SIZE },
      { kind: "put-chunk", blob: each, chunk: 0, bytes },
      { kind: "share", blob: each, receivers: [bob.who.id] },
      { kind: "file-state", blob: each },
    ];
    for (const request of foreign) assertEquals(await carol.refused(request), "forbidden");
    assertEquals(await carol.refused({ kind: "get-chunk", blob: each, chunk: 0 }), "not-found");
    await release(carol, each); // which does nothing
  }
  assertEquals(
    await bob.refused({ kind: "share", blob: whole, receivers: [carol.who.id] }),
    "forbidden",
  );
  assertEquals(await alice.refused({ kind: "open-upload", blob, size: SIZE + 1 }), "malformed");
  assertEquals(await alice.refused({ kind: "get-chunk", blob: whole, chunk: 0 }), "not-found");
  assertEquals(server.dump(), before);
});

Deno.test("secure file refusals: what is not there, or cannot be", async () => {
  await using server = await ServerFixture.start();
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  const blob = newToken();
  const bytes = chunkOf(CONTENT, 0);
  const unknown: SecureRequest[] = [
    { kind: "put-chunk", blob, chunk: 0, bytes },
    { kind: "share", blob, receivers: [bob.who.id] },
    { kind: "get-chunk", blob, chunk: 0 },
    { kind: "file-state", blob },
  ];
  for (const request of unknown) assertEquals(await alice.refused(request), "not-found");
  await openUpload(alice, blob, SIZE);
  const wrong: SecureRequest[] = [
    { kind: "put-chunk", blob, chunk: 1, bytes }, // ahead
    { kind: "put-chunk", blob, chunk: 3, bytes },
    { kind: "put-chunk", blob, chunk: MAX_U32, bytes },
    { kind: "put-chunk", blob, chunk: 0, bytes: bytes.subarray(1) },
    { kind: "share", blob, receivers: [bob.who.id] }, // not whole
    { kind: "share", blob, receivers: [bob.who.id, alice.who.id] },
    // Sizes that no file has: a chunk without a tag, or with nothing else behind another one.
    ...[0, 1, 15, FILE_CHUNK_SIZE + 1, FILE_CHUNK_SIZE + 15, FILE_CHUNK_SIZE + 16, SIZE - 84]
      .map((size) => ({ kind: "open-upload", blob: newToken(), size } as const)),
  ];
  for (const request of wrong) assertEquals(await alice.refused(request), "malformed");
  for (const size of [16, 17, FILE_CHUNK_SIZE, FILE_CHUNK_SIZE + 17, 2 * FILE_CHUNK_SIZE]) {
    assertEquals(await openUpload(alice, newToken(), size), 0);
  }
  await putChunks(alice, blob, CONTENT);
  const stranger = newToken();
  assertEquals(await alice.refused({ kind: "share", blob, receivers: [stranger] }), "not-found");
  await share(alice, blob, bob.who.id);
  assertEquals(await alice.refused({ kind: "put-chunk", blob, chunk: 3, bytes }), "malformed");
  assertEquals(await bob.refused({ kind: "get-chunk", blob, chunk: 3 }), "malformed");
  assertEquals((await download(bob, blob, SIZE)).length, SIZE);
});

Deno.test("secure file refusals: malformed frames leave the next in its place", async () => {
  await using server = await ServerFixture.start();
  const alice = await server.secure("alice");
  const blob = newToken();
  const payload = (code: number, size: number) =>
    concat(secureHeader(code, size), sampleBytes(size));
  const huge = concat(secureHeader(RequestCode.openUpload, 24), blob, new Uint8Array(8).fill(255));
  const wrong = [
    payload(RequestCode.openUpload, 23),
    payload(RequestCode.openUpload, 25),
    huge,
    payload(RequestCode.putChunk, 20),
    payload(RequestCode.putChunk, 20 + FILE_CHUNK_SIZE + 1),
    payload(RequestCode.share, 16),
    payload(RequestCode.share, 40),
    payload(RequestCode.share, 16 + 16 * (MAX_RECEIVERS + 1)),
    payload(RequestCode.getChunk, 19),
    payload(RequestCode.release, 17),
    payload(RequestCode.fileState, 15),
  ];
  for (const [i, bytes] of wrong.entries()) {
    assertEquals(await alice.refused(bytes), "malformed", `${i}`);
    assertEquals(await alice.refused({ kind: "file-state", blob }), "not-found");
  }
  assertEquals(
    await alice.refused(secureHeader(RequestCode.putChunk, 2 * MiB + 1)),
    "malformed",
  );
  assert(await alice.ended()); // more than is skipped
});

Deno.test("secure file refusals: quotas of a sender and of all", async () => {
  await using server = await ServerFixture.start({
    limits: { maxSenderSize: 2 * CHARGED, maxTotalSize: 3 * CHARGED },
  });
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  const open = (size = SIZE): SecureRequest => ({ kind: "open-upload", blob: newToken(), size });
  const blob = newToken();
  await upload(alice, blob, CONTENT, bob.who.id);
  assertEquals(await alice.refused(open(2 * CHARGED)), "too-large");
  assertEquals(await alice.refused(open(SIZE + RECEIVER_OVERHEAD + 17)), "over-quota");
  await upload(alice, newToken(), CONTENT, bob.who.id);
  assertEquals(await alice.refused(open(16)), "over-quota");
  await upload(bob, newToken(), CONTENT, alice.who.id);
  assertEquals(await bob.refused(open(16)), "over-quota");
  await release(bob, blob);
  await bob.request(open(), "upload");
});

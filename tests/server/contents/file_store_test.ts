import { DAY } from "../../../server/limits/limits.ts";
import { toHex } from "../../../shared/bytes.ts";
import { FILE_CHUNK_SIZE } from "../../../shared/limits.ts";
import { ProtocolError } from "../../../shared/errors.ts";
import { assertEquals, assertRejects } from "../../support/assert.ts";
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
import { storageWith } from "../../support/server/storage_with.ts";
import { FileStore } from "../../../server/contents/file_store.ts";

const SIZE = FILE_CHUNK_SIZE + 1000;
const CONTENT = sampleBytes(SIZE);

function namesIn(server: ServerFixture): string[] {
  return [...Deno.readDirSync(`${server.folder}/chunks`)].map(({ name }) => name).sort();
}

/** The names of a file and its marks. */
function namesOf(...blobs: Uint8Array[]): string[] {
  return blobs.flatMap((blob) => [toHex(blob), `${toHex(blob)}.marks`]).sort();
}

Deno.test("file store: what nobody fetches, and what nobody goes on with, expires", async () => {
  let now = 0;
  await using server = await ServerFixture.start({ now: () => now });
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  const [begun, whole] = [newToken(), newToken()];
  await openUpload(alice, begun, SIZE);
  await putChunks(alice, begun, CONTENT, 0, 1);
  await upload(alice, whole, CONTENT, bob.who.id);
  now = 7 * DAY;
  await server.services.files.expire();
  assertEquals(namesIn(server), namesOf(begun, whole));
  now++;
  await server.services.files.expire();
  assertEquals(namesIn(server), namesOf(whole));
  assertEquals(await openUpload(alice, begun, SIZE), 0); // anew
  now = 30 * DAY;
  await server.services.files.expire();
  assertEquals(namesIn(server), namesOf(whole));
  assertEquals((await download(bob, whole, SIZE)).length, SIZE);
  now++;
  await server.services.files.expire();
  assertEquals([namesIn(server), server.dump().shared, server.dump().receivers], [[], [], []]);
  assertEquals(await bob.refused({ kind: "get-chunk", blob: whole, chunk: 0 }), "not-found");
  assertEquals(await alice.refused({ kind: "file-state", blob: whole }), "not-found");
});

Deno.test("file store: a sweep removes what no record needs, and nothing else", async () => {
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
  await server.services.files.sweep();
  const others = ["README", `${data}.bak`];
  assertEquals(namesIn(server), [...namesOf(begun, whole), ...others].sort());
  assertEquals(await openUpload(alice, begun, SIZE), 1);
  assertEquals(toHex(await download(bob, whole, SIZE)), toHex(CONTENT));
});

Deno.test("file store: a record whose bytes are gone becomes an upload again", async () => {
  await using server = await ServerFixture.start({ errors: true });
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  const [gone, short] = [newToken(), newToken()];
  for (const blob of [gone, short]) await upload(alice, blob, CONTENT, bob.who.id);
  await server.services.files.close();
  await Deno.remove(`${server.folder}/chunks/${toHex(gone)}`);
  await Deno.truncate(`${server.folder}/chunks/${toHex(short)}`, FILE_CHUNK_SIZE);
  await server.services.files.sweep();
  for (const [blob, next] of [[gone, 0], [short, 1]] as const) {
    await bob.send({ kind: "get-chunk", blob, chunk: 0 });
    assertEquals((await bob.expect("error")).retryAfter > 0, true);
    assertEquals(await openUpload(alice, blob, SIZE), next);
    await putChunks(alice, blob, CONTENT, next);
    await share(alice, blob, bob.who.id);
    assertEquals(toHex(await download(bob, blob, SIZE)), toHex(CONTENT));
  }
});

Deno.test("file store: a file that is opened anew while it expires keeps its bytes", async () => {
  let now = 0;
  await using server = await ServerFixture.start({ now: () => now });
  const { storage, log } = server.services;
  const [id, owner] = [newToken(), newToken()];
  const first = CONTENT.subarray(0, FILE_CHUNK_SIZE);
  const records = storageWith(storage.files, {
    expire: async () => {
      const ids = await storage.files.expire();
      if (ids.length > 0) {
        assertEquals(await store.open(id, owner, SIZE), 0);
        await store.put({ blob: id, chunk: 0 }, owner, first);
      }
      return ids;
    },
  });
  const store = new FileStore(`${server.folder}/chunks`, records, log);
  await store.open(id, owner, SIZE);
  now = 8 * DAY;
  await store.expire();
  assertEquals(await store.state(id, owner), { next: 1, waiting: 0 });
  await store.close();
});

Deno.test("file store: who asks for a file waits for its record and its bytes", async () => {
  await using server = await ServerFixture.start();
  const { storage, log } = server.services;
  const [id, owner] = [newToken(), newToken()];
  const order: string[] = [];
  const [removed, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const records = storageWith(storage.files, {
    remove: async (id) => {
      order.push("remove");
      await storage.files.remove(id);
      removed.resolve();
      await go.promise; // the record is gone, the bytes are not
    },
    open: (...file) => {
      order.push("open");
      return storage.files.open(...file);
    },
  });
  const store = new FileStore(`${server.folder}/chunks`, records, log);
  await storage.files.open(id, owner, SIZE);
  await store.put({ blob: id, chunk: 0 }, owner, CONTENT.subarray(0, FILE_CHUNK_SIZE));
  const released = store.release(id, owner);
  await removed.promise;
  const opened = store.open(id, owner, SIZE);
  await store.open(newToken(), owner, SIZE); // another file does not wait
  assertEquals(order, ["remove", "open"]);
  go.resolve();
  await released;
  assertEquals(await opened, 0);
  assertEquals(order, ["remove", "open", "open"]);
  await store.close();
});

Deno.test("file store: a chunk for a complete file changes nothing", async () => {
  await using server = await ServerFixture.start();
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  const blob = newToken();
  await upload(alice, blob, CONTENT, bob.who.id);
  const { files } = server.services;
  const other = new Uint8Array(FILE_CHUNK_SIZE);
  await files.put({ blob, chunk: 0 }, alice.who.id, other);
  const beyond = files.put({ blob, chunk: 2 }, alice.who.id, other);
  assertEquals((await assertRejects(() => beyond, ProtocolError)).code, "malformed");
  assertEquals(toHex(await download(bob, blob, SIZE)), toHex(CONTENT));
});

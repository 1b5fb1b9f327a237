/**
 * A server on a disk that becomes full, as a program of its own. TMPDIR is the disk, of 32 MiB.
 * Ends with exit code 0 if all is as it should be.
 */
import { Database } from "@db/sqlite";
import { FILE_CHUNK_SIZE, MiB } from "../../../shared/limits.ts";
import { assert, assertEquals } from "../assert.ts";
import { sampleBytes } from "../pieces.ts";
import { newToken, type SecurePeer, textTo } from "../server/secure_peer.ts";
import { chunkOf, download, openUpload, share } from "../server/secure_uploads.ts";
import { ServerFixture } from "../server/server_fixture.ts";

const FULL = ["over-quota", true, "the server's disk is full"];
const CONTENT = sampleBytes(60 * FILE_CHUNK_SIZE);

async function assertFull(peer: SecurePeer): Promise<void> {
  const { error, retryAfter, text } = await peer.expect("error");
  assertEquals([error, retryAfter > 0, text], FULL);
}

await using server = await ServerFixture.start({ limits: { reserve: 8 * MiB } });
const { disk } = server.services;
const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
await disk.look();

// The reserve: files are refused, texts and acknowledgements go on.
const blob = newToken();
const size = 20 * FILE_CHUNK_SIZE;
await openUpload(alice, blob, size);
const filler = `${server.folder}/filler`;
await Deno.writeFile(filler, new Uint8Array(14 * MiB));
await disk.look();
let chunk = 0;
for (;; chunk++) {
  await alice.send({ kind: "put-chunk", blob, chunk, bytes: chunkOf(CONTENT, chunk) });
  const answer = await alice.next();
  if (answer.kind === "chunk-stored") continue;
  assert(answer.kind === "error");
  assertEquals([answer.error, answer.retryAfter > 0, answer.text], FULL);
  break;
}
assert(chunk > 3, `${chunk} chunks were taken`);
await alice.send(textTo(bob.who.id, sampleBytes(1.5 * MiB)));
await assertFull(alice);
await alice.send({ kind: "open-upload", blob: newToken(), size: 2 * MiB });
await assertFull(alice);
await alice.sendText(bob.who.id, "text");
const [{ messageId }] = await bob.poll();
await bob.acknowledge(messageId);

// There is room again: the file goes on where it was, without a restart.
await Deno.remove(filler);
await disk.look();
const again = await server.secure(alice.who);
assertEquals(await openUpload(again, blob, size), chunk);
for (; chunk < 20; chunk++) {
  await again.request(
    { kind: "put-chunk", blob, chunk, bytes: chunkOf(CONTENT, chunk) },
    "chunk-stored",
  );
}
await share(again, blob, bob.who.id);

// Nothing is left at all: texts are refused, and those that were acknowledged are there.
const sent: number[] = [];
using rest = await Deno.open(filler, { write: true, create: true });
try {
  for (;;) await rest.write(new Uint8Array(4096));
} catch (error) {
  assertEquals((error as { code?: string }).code, "ENOSPC");
}
for (;;) {
  await again.send(textTo(bob.who.id, sampleBytes(2000)));
  const answer = await again.next();
  if (answer.kind === "sent") sent.push(answer.messageId);
  else {
    assert(answer.kind === "error");
    assertEquals([answer.error, answer.retryAfter > 0, answer.text], FULL);
    break;
  }
  assert(sent.length < 10_000);
}
assertEquals((await bob.poll()).map(({ messageId }) => messageId), sent);
await rest.truncate(0);
sent.push(await again.sendText(bob.who.id, "there is room"));
assertEquals((await bob.poll()).map(({ messageId }) => messageId), sent);
await bob.acknowledge(...sent);
assertEquals(await bob.poll(), []);
assertEquals((await download(bob, blob, size)).length, size);
const database = new Database(`${server.folder}/server.db`);
assertEquals(database.prepare("PRAGMA integrity_check").value(), ["ok"]);
database.close();
console.log("done");

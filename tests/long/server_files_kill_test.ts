/** The server killed outright while a file in chunks goes up or down. */
import { toHex } from "../../shared/bytes.ts";
import { FILE_CHUNK_SIZE } from "../../shared/limits.ts";
import { chunkCount } from "../../shared/protocol/secure/files.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { sampleBytes } from "../support/pieces.ts";
import { newToken, SecurePeer, Someone } from "../support/server/secure_peer.ts";
import {
  chunkOf,
  download,
  openUpload,
  putChunks,
  release,
  share,
} from "../support/server/secure_uploads.ts";
import { startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";

const SIZE = 40 * FILE_CHUNK_SIZE + 1000; // more than is written between two fsyncs
const COUNT = chunkCount(SIZE);

async function connect(port: number, who: Someone): Promise<SecurePeer> {
  const peer = await SecurePeer.open(port);
  const { registered } = await peer.login(who);
  if (!registered) await peer.register(who);
  return peer;
}

Deno.test("killed during an upload, again and again: it resumes and is whole", async () => {
  await using temp = await tempFolder();
  const content = sampleBytes(SIZE);
  const [alice, bob] = [await Someone.called("alice"), await Someone.called("bob")];
  const blob = newToken();
  let least = 0;
  for (const until of [1, 7, 33, 38, COUNT]) {
    await using server = await startServer({ data: temp.path });
    using peer = await connect(server.port, alice);
    const next = await openUpload(peer, blob, SIZE);
    assert(next >= least, `what was answered is there: ${next} of ${least}`);
    await putChunks(peer, blob, content, next, until);
    least = until;
    // Further ones, of which nobody has seen an answer.
    const sending = (async () => {
      for (let chunk = until; chunk < Math.min(COUNT, until + 5); chunk++) {
        await peer.send({ kind: "put-chunk", blob, chunk, bytes: chunkOf(content, chunk) });
      }
    })().catch(() => {});
    await server.kill("SIGKILL");
    await sending;
  }
  {
    await using server = await startServer({ data: temp.path });
    using peer = await connect(server.port, alice);
    using receiver = await connect(server.port, bob);
    assertEquals(await openUpload(peer, blob, SIZE), COUNT);
    await share(peer, blob, receiver.who.id);
    await receiver.request({ kind: "get-chunk", blob, chunk: 0 }, "chunk");
    await server.kill("SIGKILL");
  }
  await using server = await startServer({ data: temp.path });
  using receiver = await connect(server.port, bob);
  assertEquals(toHex(await download(receiver, blob, SIZE)), toHex(content));
  await release(receiver, blob);
  assertEquals([...Deno.readDirSync(`${temp.path}/chunks`)], []);
});

Deno.test("stopped in the middle of an upload: it goes on, and old bytes are swept", async () => {
  await using temp = await tempFolder();
  const content = sampleBytes(SIZE);
  const alice = await Someone.called("alice");
  const [blob, orphan] = [newToken(), toHex(newToken())];
  {
    await using server = await startServer({ data: temp.path });
    using peer = await connect(server.port, alice);
    await openUpload(peer, blob, SIZE);
    await putChunks(peer, blob, content, 0, 10);
    assertEquals((await server.stop()).code, 0);
  }
  for (const name of [orphan, `${orphan}.marks`]) {
    await Deno.writeFile(`${temp.path}/chunks/${name}`, sampleBytes(10));
  }
  await using server = await startServer({ data: temp.path });
  assertEquals([...Deno.readDirSync(`${temp.path}/chunks`)].length, 2);
  using peer = await connect(server.port, alice);
  assertEquals(await openUpload(peer, blob, SIZE), 10);
});

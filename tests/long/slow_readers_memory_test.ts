/**
 * Two hundred readers of a file that do not read, and uploads that drip: the memory of the real
 * server stays flat, and others go on. All seem to come from addresses of their own.
 */
import { type Bytes, concat } from "../../shared/bytes.ts";
import { FILE_CHUNK_SIZE, MiB } from "../../shared/limits.ts";
import { encodeSecureRequest } from "../../shared/protocol/secure/requests.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { sampleBytes } from "../support/pieces.ts";
import { peakMemory, PROCESS_FACTS } from "../support/process_facts.ts";
import { newToken, SecurePeer, Someone, textOf } from "../support/server/secure_peer.ts";
import { openUpload, upload } from "../support/server/secure_uploads.ts";
import { startServer } from "../support/server_process.ts";

const READERS = 200;
const UPLOADS = 48;
/** The connections of one identity. */
const EACH = 16;
/** More than the system itself takes for a peer that does not read. */
const ASKED = 24;
/** Without the budget they would hold four chunks each, 800 MiB. */
const BUDGET = "64M";
const MOST = 200 * MiB;

Deno.test({
  name: "memory: two hundred slow readers of chunks, and uploads that drip",
  ignore: !PROCESS_FACTS,
  async fn() {
    await using server = await startServer({
      args: ["--memory", BUDGET, "--exempt", "127.0.0.1"],
    });
    await using stack = new AsyncDisposableStack();
    const login = async (who: Someone) => {
      const peer = stack.use(await SecurePeer.open(server.port));
      if (!(await peer.login(who)).registered) await peer.register(who);
      return peer;
    };
    const alice = await login(await Someone.called("alice"));
    const readers: SecurePeer[] = [];
    const ids = [];
    while (readers.length < READERS) {
      const who = await Someone.called(`reader ${readers.length}`);
      ids.push(who.id);
      for (let i = 0; i < EACH; i++) readers.push(await login(who));
    }
    const bob = await login(await Someone.called("bob"));
    const blob = newToken();
    await upload(alice, blob, sampleBytes(2 * FILE_CHUNK_SIZE), ...ids, bob.who.id);
    const bytes = sampleBytes(FILE_CHUNK_SIZE);
    const drips: [SecurePeer, Bytes][] = [];
    while (drips.length < UPLOADS) {
      const who = await Someone.called(`writer ${drips.length}`);
      for (let i = 0; i < EACH; i++) {
        const [peer, own] = [await login(who), newToken()];
        await openUpload(peer, own, 2 * FILE_CHUNK_SIZE);
        const put = encodeSecureRequest({ kind: "put-chunk", blob: own, chunk: 0, bytes });
        drips.push([peer, put.subarray(0, 10_000)]);
      }
    }
    const before = await peakMemory(server.pid);
    const get = (chunk: number) => encodeSecureRequest({ kind: "get-chunk", blob, chunk });
    for (const reader of readers) {
      reader.send(concat(...Array.from({ length: ASKED }, () => get(0)))).catch(() => {});
    }
    for (const [peer, part] of drips) peer.send(part).catch(() => {});
    // Texts and polls do not wait for chunks.
    for (let i = 0; i < 50; i++) {
      const id = await alice.sendText(bob.who.id, `text ${i}`);
      assertEquals((await bob.poll()).map(textOf), [`text ${i}`]);
      await bob.acknowledge(id);
    }
    // A healthy reader gets its chunks again and again, meanwhile and afterwards.
    for (let i = 0; i < 50; i++) {
      await bob.request({ kind: "get-chunk", blob, chunk: i % 2 }, "chunk");
    }
    await upload(alice, newToken(), sampleBytes(2 * FILE_CHUNK_SIZE), bob.who.id);
    const grown = await peakMemory(server.pid) - before;
    assert(grown < MOST, `${grown} bytes`);
  },
});

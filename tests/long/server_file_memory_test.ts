/** The server's memory while files in chunks pass through it: the real process. */
import { concat } from "../../shared/bytes.ts";
import { FILE_CHUNK_SIZE, MiB } from "../../shared/limits.ts";
import { encodeSecureRequest } from "../../shared/protocol/secure/requests.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { peakMemory, PROCESS_FACTS } from "../support/process_facts.ts";
import { startServer } from "../support/server_process.ts";
import { newToken, SecurePeer, Someone } from "../support/server/secure_peer.ts";
import { openUpload, share } from "../support/server/secure_uploads.ts";

const COUNT = 300;
/** More than everything that the server may hold on to, and far less than what passes through. */
const GROWTH = 150 * MiB;
/** Chunks that are asked for at a time; the server works on fewer. */
const WINDOW = 50;

Deno.test({
  name: "memory: a file of 300 MiB in chunks, sent and collected by a peer that reads late",
  ignore: !PROCESS_FACTS,
  fn: async () => {
    await using server = await startServer();
    using alice = await SecurePeer.open(server.port);
    using bob = await SecurePeer.open(server.port);
    for (const [peer, name] of [[alice, "alice"], [bob, "bob"]] as const) {
      const who = await Someone.called(name);
      await peer.login(who);
      await peer.register(who);
    }
    const before = await peakMemory(server.pid);
    const grown = async () => await peakMemory(server.pid) - before;
    const blob = newToken();
    await openUpload(alice, blob, COUNT * FILE_CHUNK_SIZE);
    const bytes = new Uint8Array(FILE_CHUNK_SIZE).fill(7);
    const sending = (async () => {
      for (let chunk = 0; chunk < COUNT; chunk++) {
        await alice.send({ kind: "put-chunk", blob, chunk, bytes });
      }
    })();
    for (let chunk = 0; chunk < COUNT; chunk++) {
      assertEquals((await alice.expect("chunk-stored")).chunk, chunk);
    }
    await sending;
    await share(alice, blob, bob.who.id);
    const uploaded = await grown();
    assert(uploaded < GROWTH, `grew by ${uploaded} bytes while it was sent`);

    for (let from = 0; from < COUNT; from += WINDOW) {
      const asked = Array.from(
        { length: WINDOW },
        (_, i) => encodeSecureRequest({ kind: "get-chunk", blob, chunk: from + i }),
      );
      await bob.send(concat(...asked));
      await alice.request({ kind: "file-state", blob }, "file-state"); // while bob does not read
      for (let i = 0; i < WINDOW; i++) {
        assertEquals((await bob.expect("chunk")).bytes.length, FILE_CHUNK_SIZE);
      }
    }
    const collected = await grown();
    assert(collected < GROWTH, `grew by ${collected} bytes while it was collected`);
  },
});

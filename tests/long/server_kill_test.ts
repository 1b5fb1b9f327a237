/** The server killed outright: what it has acknowledged is there afterwards, and nothing else. */
import { type Bytes, equalBytes, utf8 } from "../../shared/bytes.ts";
import { MiB } from "../../shared/limits.ts";
import { encodeSendPrefix } from "../../shared/protocol/classic/requests.ts";
import { encodeRequestHeader } from "../../shared/protocol/frame.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { sampleBytes } from "../support/pieces.ts";
import { startServer } from "../support/server_process.ts";
import { expectKind, keyOf, Peer, requestBytes, ZERO_ID } from "../support/server/peer.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { until } from "../support/until.ts";

const POLL = { kind: "get-messages" } as const;
const ROUNDS = 10;

function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(`${folder}/files`)].map(({ name }) => name).sort();
}

Deno.test("killed right after an acknowledgement: the message is there", async () => {
  await using temp = await tempFolder();
  const data = temp.path;
  const file = sampleBytes(1 * MiB);
  let alice: Bytes = ZERO_ID;
  let sent: Bytes[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    await using server = await startServer({ data });
    using peer = await Peer.connect(server.port);
    // What the server before this one acknowledged just before it was killed.
    if (round > 0) {
      const key = await peer.request(alice, { kind: "public-key", target: alice });
      assertEquals(expectKind(key, "public-key").publicKey, keyOf(`alice ${round - 1}`));
      const { messages } = expectKind(await peer.request(alice, POLL), "messages");
      assertEquals(messages.map(({ messageId }) => messageId), [1, 2]);
      for (const [i, { content }] of messages.entries()) {
        assert(equalBytes(content, sent[i]), "the content is the same");
      }
    }
    alice = await peer.register(`alice ${round}`);
    const text = utf8(`text ${round}`);
    sent = round % 2 === 0 ? [text, file] : [file, text]; // either is the last one in turn
    for (const content of sent) await peer.sendText(alice, alice, content);
    const { signal } = await server.kill("SIGKILL");
    assertEquals(signal, "SIGKILL");
  }
});

Deno.test("killed while many wait for their acknowledgements: those that came hold", async () => {
  await using temp = await tempFolder();
  const data = temp.path;
  const acknowledged: number[] = [];
  let alice: Bytes;
  {
    await using server = await startServer({ data });
    using first = await Peer.connect(server.port);
    alice = await first.register("alice");
    const enough = Promise.withResolvers<void>();
    const senders = Array.from({ length: 8 }, async (_, i) => {
      using peer = await Peer.connect(server.port);
      try {
        for (;;) {
          acknowledged.push(await peer.sendText(alice, alice, utf8(`from ${i}`)));
          if (acknowledged.length >= 200) enough.resolve();
        }
      } catch {
        // The server is gone.
      }
    });
    await enough.promise;
    await server.kill("SIGKILL");
    await Promise.all(senders);
  }
  await using server = await startServer({ data });
  using peer = await Peer.connect(server.port);
  const stored = new Set((await peer.poll(alice)).map(({ messageId }) => messageId));
  assertEquals(acknowledged.filter((id) => !stored.has(id)), []);
  assertEquals(new Set(acknowledged).size, acknowledged.length);
});

Deno.test("killed in the middle of an upload: nothing of it is left", async () => {
  await using temp = await tempFolder();
  const data = temp.path;
  let alice: Bytes;
  {
    await using server = await startServer({ data });
    using peer = await Peer.connect(server.port);
    alice = await peer.register("alice");
    const size = 3 * MiB;
    await peer.send(
      encodeRequestHeader({ clientId: alice, version: 2, code: 103, size: size + 21 }),
      encodeSendPrefix({ to: alice, type: 4, size }),
      new Uint8Array(1 * MiB),
    );
    await until("the upload is under way", () => filesIn(data).length === 1);
    await server.kill("SIGKILL");
  }
  assertEquals(filesIn(data).length, 1); // left behind, and swept up by the next server
  await using server = await startServer({ data });
  assertEquals(filesIn(data), []);
  using peer = await Peer.connect(server.port);
  assertEquals(await peer.poll(alice), []);
});

Deno.test("killed while storing or removing a file: the next start cleans up", async () => {
  await using temp = await tempFolder();
  const data = temp.path;
  const orphans = ["0".repeat(32), "1".repeat(32) + ".part"];
  let alice: Bytes;
  let needed: string[];
  {
    await using server = await startServer({ data });
    using peer = await Peer.connect(server.port);
    alice = await peer.register("alice");
    await peer.sendText(alice, alice, sampleBytes(100_000));
    needed = filesIn(data);
    await server.kill("SIGKILL");
  }
  // A file that was renamed before its row was committed, or whose row is deleted; and a part.
  for (const name of orphans) await Deno.writeFile(`${data}/files/${name}`, sampleBytes(10));
  await using server = await startServer({ data });
  assertEquals(filesIn(data), needed);
  using peer = await Peer.connect(server.port);
  const { messages } = expectKind(await peer.request(alice, POLL), "messages");
  assertEquals(messages.map(({ content }) => content), [sampleBytes(100_000)]);
});

Deno.test("killed in the middle of a delivery: the messages are all there", async () => {
  await using temp = await tempFolder();
  const data = temp.path;
  let alice: Bytes;
  const file = sampleBytes(20 * MiB);
  {
    await using server = await startServer({ data });
    using peer = await Peer.connect(server.port);
    alice = await peer.register("alice");
    await peer.sendText(alice, alice, utf8("text"));
    await peer.sendText(alice, alice, file);
    await peer.send(requestBytes(alice, POLL));
    await peer.read(100_000);
    await server.kill("SIGKILL");
  }
  await using server = await startServer({ data });
  using peer = await Peer.connect(server.port);
  const { messages } = expectKind(await peer.request(alice, POLL), "messages");
  assertEquals(messages.map(({ content }) => content.length), [4, file.length]);
});

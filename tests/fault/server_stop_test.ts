/** The server asked to stop: by SIGTERM, SIGINT or SIGHUP, at rest and at work. */
import { type Bytes, utf8 } from "../../shared/bytes.ts";
import { encodeSendPrefix } from "../../shared/protocol/classic/requests.ts";
import { encodeRequestHeader } from "../../shared/protocol/frame.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { startServer } from "../support/server_process.ts";
import { expectKind, Peer, requestBytes } from "../support/server/peer.ts";
import { SecurePeer, Someone } from "../support/server/secure_peer.ts";
import { until } from "../support/until.ts";

/** What a closed database leaves in its folder, and nothing else. */
const CLOSED = ["chunks", "files", "server.db", "server.key", "server.lock"];

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

function stopTest(name: string, test: () => Promise<void>): void {
  // Windows knows no such signals.
  Deno.test({ name: `stop: ${name}`, ignore: Deno.build.os === "windows", fn: test });
}

/** Begins to send a file of `size` bytes. Returns the rest of it. */
async function beginUpload(peer: Peer, id: Bytes, size: number, folder: string) {
  const content = new Uint8Array(size);
  await peer.send(
    encodeRequestHeader({ clientId: id, version: 2, code: 103, size: size + 21 }),
    encodeSendPrefix({ to: id, type: 4, size }),
    content.subarray(0, size / 2),
  );
  await until("the upload is under way", () => namesIn(`${folder}/files`).length === 1);
  return content.subarray(size / 2);
}

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  stopTest(`${signal} at rest, with connections open`, async () => {
    await using server = await startServer();
    using idle = await Peer.connect(server.port);
    const alice = await idle.register("alice");
    await idle.sendText(alice, alice, utf8("text"));
    using silent = await Peer.connect(server.port);
    const { code, stdout } = await server.kill(signal);
    assertEquals(code, 0);
    assertEquals(stdout.split("\n").length, 2); // the one line
    assertEquals(await idle.rest(), new Uint8Array(0));
    assertEquals(await silent.rest(), new Uint8Array(0));
    assertEquals(namesIn(server.data), CLOSED);
  });
}

stopTest("a request under way is finished, and no connection taken", async () => {
  await using server = await startServer();
  using peer = await Peer.connect(server.port);
  const alice = await peer.register("alice");
  const rest = await beginUpload(peer, alice, 200_000, server.data);
  const stopped = server.stop();
  await until("no connection is taken", async () => {
    try {
      (await Peer.connect(server.port)).close();
      return false;
    } catch (error) {
      return error instanceof Deno.errors.ConnectionRefused;
    }
  });
  await peer.send(rest);
  assertEquals(expectKind(await peer.response(), "sent").messageId, 1);
  assertEquals(await peer.rest(), new Uint8Array(0));
  assertEquals((await stopped).code, 0);
  assertEquals(namesIn(server.data), CLOSED);

  await using again = await startServer({ data: server.data });
  using second = await Peer.connect(again.port);
  const [message] = await second.poll(alice);
  assertEquals([message.messageId, message.text.length], [1, 200_000]);
});

stopTest("a second signal ends it at once", async () => {
  await using server = await startServer();
  using peer = await Peer.connect(server.port);
  const alice = await peer.register("alice");
  await beginUpload(peer, alice, 200_000, server.data);
  server.process.kill("SIGTERM");
  await until("it is stopping", () => server.output.stderr.includes("SIGTERM"));
  assertEquals((await server.kill("SIGINT")).code, 1);
});

stopTest("who takes too long is cut off when the drain is over", async () => {
  await using server = await startServer({ args: ["--drain", "1"] });
  using peer = await Peer.connect(server.port);
  const alice = await peer.register("alice");
  await beginUpload(peer, alice, 200_000, server.data);
  assertEquals((await server.stop()).code, 0);
  assertEquals(await peer.rest(), new Uint8Array(0));
  assertEquals(namesIn(server.data), CLOSED);
});

stopTest("a subscriber is told, and what it has not acknowledged stays", async () => {
  await using server = await startServer();
  using peer = await SecurePeer.open(server.port);
  const alice = await Someone.called("alice");
  await peer.login(alice);
  await peer.register(alice);
  await peer.subscribe();
  await peer.sendText(alice.id, "hello");
  assertEquals(await peer.texts(1), ["hello"]);
  const stopped = server.kill("SIGHUP");
  const { retryAfter } = await peer.expect("stopping");
  assert(retryAfter > 0);
  assert(await peer.ended());
  peer[Symbol.dispose]();
  assertEquals((await stopped).code, 0);
  await using again = await startServer({ data: server.data });
  using next = await SecurePeer.open(again.port);
  await next.login(alice);
  assertEquals((await next.poll()).length, 1);
});

stopTest("what was acknowledged is in the database that it leaves", async () => {
  await using server = await startServer();
  using peer = await Peer.connect(server.port);
  const alice = await peer.register("alice");
  const texts = Array.from({ length: 300 }, (_, i) => `text ${i}`);
  for (const text of texts) await peer.sendText(alice, alice, utf8(text));
  assertEquals((await server.stop()).code, 0);
  assert(!namesIn(server.data).includes("server.db-wal"));
  await using again = await startServer({ data: server.data });
  using second = await Peer.connect(again.port);
  await second.send(requestBytes(alice, { kind: "get-messages" }));
  const { messages } = expectKind(await second.response(), "messages");
  assertEquals(messages.map(({ content }) => new TextDecoder().decode(content)), texts);
});

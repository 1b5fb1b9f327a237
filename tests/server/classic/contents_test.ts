/** Contents of every size on their way through: into the database or a file, and out again. */
import { type Bytes, concat, utf8 } from "../../../shared/bytes.ts";
import { StorageError } from "../../../shared/errors.ts";
import { MAX_INLINE_SIZE, MiB } from "../../../shared/limits.ts";
import { encodeSendPrefix } from "../../../shared/protocol/classic/requests.ts";
import { encodeRequestHeader } from "../../../shared/protocol/frame.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { until } from "../../support/until.ts";
import { expectKind, requestBytes } from "../../support/server/peer.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";
import { storageWith } from "../../support/server/storage_with.ts";

const POLL = { kind: "get-messages" } as const;

/** Everything of request 103 but its content. */
function announcement(alice: Bytes, size: number): Bytes {
  const header = { clientId: alice, version: 2, code: 103, size: size + 21 };
  return concat(encodeRequestHeader(header), encodeSendPrefix({ to: alice, type: 4, size }));
}

const SIZES = [0, 1, MAX_INLINE_SIZE - 1, MAX_INLINE_SIZE, MAX_INLINE_SIZE + 1, 3 * MiB];

for (const size of SIZES) {
  Deno.test(`a content of ${size} bytes`, async () => {
    await using server = await ServerFixture.start();
    const peer = await server.connect();
    const alice = await peer.register("alice");
    const content = sampleBytes(size);
    const request = { kind: "send", to: alice, type: 4, content } as const;
    expectKind(await peer.request(alice, request), "sent");
    const isFile = size > MAX_INLINE_SIZE;
    assertEquals(server.files().map((file) => file.split(" ")[1]), isFile ? [`${size}`] : []);
    const { messages } = expectKind(await peer.request(alice, POLL), "messages");
    assertEquals(messages.length, 1);
    assert(messages[0].content.length === size);
    assert(messages[0].content.every((byte, i) => byte === content[i]));
    assertEquals(await peer.poll(alice), []);
    assertEquals(server.files(), []); // removed with its message
  });
}

Deno.test("a content of 40 MiB, in pieces of odd sizes, between small ones", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.connect();
  const alice = await peer.register("alice");
  const content = sampleBytes(40 * MiB);
  await peer.sendText(alice, alice, utf8("before"));
  await peer.send(announcement(alice, content.length));
  for (let at = 0, step = 1; at < content.length; at += step, step = (step * 7 + 1) % 300_007) {
    await peer.send(content.subarray(at, at + step));
  }
  assertEquals(expectKind(await peer.response(), "sent").messageId, 2);
  await peer.sendText(alice, alice, utf8("after"));

  await peer.send(requestBytes(alice, POLL));
  assertEquals((await peer.header()).size, 3 * 25 + 11 + content.length);
  const received = [];
  for (let i = 0; i < 3; i++) received.push(await peer.read((await peer.messageHead()).size));
  assertEquals(received.map((bytes) => bytes.length), [6, content.length, 5]);
  assert(received[1].every((byte, i) => byte === content[i]), "the content is the same");
});

Deno.test("a broken upload leaves nothing behind", async () => {
  await using server = await ServerFixture.start();
  const first = await server.connect();
  const alice = await first.register("alice");
  const before = server.dump();
  for (const sent of [0, 1, 65_537, 3 * MiB - 1]) {
    const peer = await server.connect();
    await peer.send(announcement(alice, 3 * MiB));
    await until("the upload is under way", () => server.files().length === 1);
    await peer.send(new Uint8Array(sent));
    peer.close();
    await server.connectionsLeft(1);
    assertEquals(server.dump(), before, `${sent} bytes`);
  }
});

Deno.test("uploads at a time do not mix", async () => {
  await using server = await ServerFixture.start();
  const first = await server.connect();
  const alice = await first.register("alice");
  const contents = [1, 2, 3, 4, 5].map((seed) => sampleBytes(300_000 + seed, seed));
  await Promise.all(contents.map(async (content) => {
    const peer = await server.connect();
    await peer.sendText(alice, alice, content);
  }));
  const { messages } = expectKind(await first.request(alice, POLL), "messages");
  assertEquals(messages.length, contents.length);
  for (const { content } of messages) {
    assertEquals(content, contents[content.length - 300_001]);
  }
});

Deno.test("a disk or a database that fails: refused, and nothing is left", async () => {
  const failure = () => Promise.reject(new StorageError("failed", "the disk is full"));
  await using server = await ServerFixture.start({
    errors: true,
    services: ({ storage }) => ({ storage: storageWith(storage, { deposit: failure }) }),
  });
  const peer = await server.connect();
  const alice = await peer.register("alice");
  const before = server.dump();
  for (const size of [10, 100_000, 3 * MiB]) {
    const content = new Uint8Array(size);
    const response = await peer.request(alice, { kind: "send", to: alice, type: 4, content });
    assertEquals(response, { version: 2, kind: "failure" });
    assertEquals(server.dump(), before);
  }
  await Deno.remove(`${server.folder}/files`);
  const content = new Uint8Array(100_000);
  const response = await peer.request(alice, { kind: "send", to: alice, type: 4, content });
  assertEquals(response, { version: 2, kind: "failure" });
  await Deno.mkdir(`${server.folder}/files`);
  assertEquals(server.dump(), before);
  assertEquals(await peer.poll(alice), []); // the connection is still in step
});

Deno.test("damaged files are left out, the rest is delivered, and they stay", async () => {
  await using server = await ServerFixture.start({ errors: true });
  const peer = await server.connect();
  const alice = await peer.register("alice");
  // Each file has another size, so that they can be told apart.
  const sizes = [5, 100_001, 100_002, 100_003, 6];
  for (const size of sizes) await peer.sendText(alice, alice, new Uint8Array(size));
  const fileOf = (size: number) =>
    server.file(server.files().find((file) => file.endsWith(` ${size}`))!.split(" ")[0]);
  await Deno.remove(fileOf(100_001));
  await Deno.truncate(fileOf(100_003), 99_000);

  const received = expectKind(await peer.request(alice, POLL), "messages").messages;
  assertEquals(received.map(({ messageId, content }) => [messageId, content.length]), [
    [1, 5],
    [3, 100_002],
    [5, 6],
  ]);
  assertEquals(await peer.poll(alice), []);
  assertEquals(server.dump().messages.map((row) => (row as number[])[1]), [2, 4]);
  assertEquals(server.files().map((file) => file.split(" ")[1]), ["99000"]);
  const warnings = server.log.filter(({ level }) => level === "error");
  assertEquals(warnings.map(({ properties }) => properties.count), [2], "once");
});

Deno.test("a mailbox of damaged files delivers nothing until they are repaired", async () => {
  await using server = await ServerFixture.start({ errors: true });
  const peer = await server.connect();
  const alice = await peer.register("alice");
  await peer.sendText(alice, alice, utf8("x".repeat(100_000)));
  const file = server.file(server.files()[0].split(" ")[0]);
  await Deno.rename(file, `${server.folder}/away`);
  assertEquals(await peer.poll(alice), []);
  assertEquals(await peer.poll(alice), []);
  await Deno.rename(`${server.folder}/away`, file);
  assertEquals((await peer.poll(alice)).map(({ text }) => text.length), [100_000]);
  assertEquals(await peer.poll(alice), []);
  assertEquals(server.dump().messages, []);
});

Deno.test("a file that shrinks during its delivery ends the connection, and stays", async () => {
  await using server = await ServerFixture.start({ errors: true });
  const peer = await server.connect();
  const alice = await peer.register("alice");
  const size = 1024 * MiB; // more than the sockets hold
  const file = await server.depositHole(alice, size);
  await peer.send(requestBytes(alice, POLL));
  assertEquals((await peer.header()).size, 25 + size);
  await Deno.truncate(file, 0);
  const rest = await peer.rest();
  assert(rest.length < 25 + size, "the response stays incomplete, and says so by its size");
  await server.connectionsLeft(0);
  assertEquals(server.dump().messages.length, 1);
});

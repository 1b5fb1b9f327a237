/** When delivered messages are removed, and when they come back. */
import { type Bytes, utf8 } from "../../../shared/bytes.ts";
import { MESSAGE_HEAD_SIZE } from "../../../shared/protocol/message.ts";
import { assertEquals } from "../../support/assert.ts";
import { expectKind, type Peer, requestBytes } from "../../support/server/peer.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";
import { storageWith } from "../../support/server/storage_with.ts";

const POLL = { kind: "get-messages" } as const;
const LIST = { kind: "client-list" } as const;

/** Registers alice, for whom `texts` wait. Each fits into one segment with its head. */
async function aliceWith(server: ServerFixture, ...texts: string[]): Promise<Bytes> {
  const peer = await server.connect();
  const alice = await peer.register("alice");
  for (const text of texts) await peer.sendText(alice, alice, utf8(text));
  peer.close();
  await server.connectionsLeft(0);
  return alice;
}

/** The texts that a new connection finds. It resets afterwards, so that they stay. */
async function waiting(server: ServerFixture, id: Bytes): Promise<string[]> {
  const peer = await server.connect();
  const { messages } = expectKind(await peer.request(id, POLL), "messages");
  await reset(server, peer);
  return messages.map(({ content }) => new TextDecoder().decode(content));
}

/** Ends the connection with a part of a header, which proves nothing. */
async function reset(server: ServerFixture, peer: Peer): Promise<void> {
  const before = server.listener.connections;
  await peer.send(new Uint8Array(1));
  peer.close();
  await server.connectionsLeft(before - 1);
}

Deno.test("a clean close after the whole response removes what it held", async () => {
  await using server = await ServerFixture.start();
  const alice = await aliceWith(server, "one", "two");
  const peer = await server.connect();
  assertEquals((await peer.poll(alice)).map(({ text }) => text), ["one", "two"]);
  assertEquals(server.dump().messages.length, 2); // not before the peer has shown that it got them
  peer.close();
  await server.connectionsLeft(0);
  assertEquals(server.dump().messages, []);
});

Deno.test("the next request removes what the response before it held", async () => {
  await using server = await ServerFixture.start();
  const alice = await aliceWith(server, "one", "two");
  const peer = await server.connect();
  await peer.poll(alice);
  expectKind(await peer.request(alice, LIST), "client-list");
  assertEquals(server.dump().messages, []);
});

Deno.test("a refused request is a sign, too", async () => {
  await using server = await ServerFixture.start();
  const alice = await aliceWith(server, "one");
  const peer = await server.connect();
  await peer.poll(alice);
  const target = new Uint8Array(16).fill(9);
  expectKind(await peer.request(alice, { kind: "public-key", target }), "failure");
  assertEquals(server.dump().messages, []);
});

Deno.test("a reset in the middle of a response brings all of it back", async () => {
  await using server = await ServerFixture.start();
  const alice = await aliceWith(server, "one", "two", "three");
  const before = server.dump();
  const peer = await server.connect();
  await peer.send(requestBytes(alice, POLL));
  const { size } = await peer.header();
  assertEquals(size, 3 * MESSAGE_HEAD_SIZE + 11);
  await peer.read(MESSAGE_HEAD_SIZE + 3); // all of the first message
  peer.close();
  await server.connectionsLeft(0);
  assertEquals(server.dump(), before);
  assertEquals(await waiting(server, alice), ["one", "two", "three"]);
});

Deno.test("a reset in the middle of a large content brings it back", async () => {
  await using server = await ServerFixture.start();
  const alice = await aliceWith(server, "small");
  await server.depositHole(alice, 1 << 30); // more than the sockets hold
  const before = server.dump();
  const peer = await server.connect();
  await peer.send(requestBytes(alice, POLL));
  const { size } = await peer.header();
  await peer.read(1_000_000);
  peer.close();
  await server.connectionsLeft(0);
  assertEquals(server.dump(), before);
  const again = await server.connect();
  await again.send(requestBytes(alice, POLL));
  assertEquals((await again.header()).size, size);
});

Deno.test("an end inside the next header brings the messages back", async () => {
  await using server = await ServerFixture.start();
  const alice = await aliceWith(server, "one", "two");
  for (const size of [1, 21]) {
    const peer = await server.connect();
    assertEquals((await peer.poll(alice)).length, 2);
    await peer.send(requestBytes(alice, LIST).subarray(0, size));
    peer.close();
    await server.connectionsLeft(0);
    assertEquals(server.dump().messages.length, 2);
  }
  assertEquals(await waiting(server, alice), ["one", "two"]);
});

Deno.test("other connections do not see leased messages, but see new ones", async () => {
  await using server = await ServerFixture.start();
  const alice = await aliceWith(server, "one", "two");
  const [first, second] = [await server.connect(), await server.connect()];
  assertEquals((await first.poll(alice)).length, 2);
  assertEquals(await second.poll(alice), []);
  await second.sendText(alice, alice, utf8("three"));
  assertEquals(await second.poll(alice), [{ messageId: 3, text: "three" }]);
  await reset(server, first);
  // The second connection's next poll confirms its own message and finds the returned ones.
  assertEquals((await second.poll(alice)).map(({ text }) => text), ["one", "two"]);
  assertEquals(server.dump().messages.length, 2);
});

Deno.test("a second poll that came with the first proves nothing", async () => {
  await using server = await ServerFixture.start();
  const alice = await aliceWith(server, "one", "two");
  const peer = await server.connect();
  const poll = requestBytes(alice, POLL);
  await peer.send(new Uint8Array([...poll, ...poll]));
  assertEquals((await peer.header()).size, 2 * MESSAGE_HEAD_SIZE + 6);
  await peer.read(2 * MESSAGE_HEAD_SIZE + 6);
  assertEquals((await peer.header()).size, 0); // the first two are leased still
  assertEquals(server.dump().messages.length, 2);
  await reset(server, peer);
  assertEquals(await waiting(server, alice), ["one", "two"]);
});

Deno.test("a second poll that came while the first was answered proves nothing", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  await using server = await ServerFixture.start({
    services: ({ storage }) => ({
      storage: storageWith(storage, {
        leases: storageWith(storage.leases, {
          async take(mailbox, room) {
            asked.resolve();
            await answer.promise;
            return await storage.leases.take(mailbox, room);
          },
        }),
      }),
    }),
  });
  const alice = await aliceWith(server, "one", "two");
  const peer = await server.connect();
  await peer.send(requestBytes(alice, POLL));
  await asked.promise;
  await peer.send(requestBytes(alice, POLL));
  answer.resolve();
  await peer.read((await peer.header()).size);
  assertEquals((await peer.header()).size, 0);
  assertEquals(server.dump().messages.length, 2);
  await reset(server, peer);
  assertEquals(await waiting(server, alice), ["one", "two"]);
});

Deno.test("a request after an ambiguous one proves everything before it", async () => {
  await using server = await ServerFixture.start();
  const alice = await aliceWith(server, "one", "two");
  const peer = await server.connect();
  const poll = requestBytes(alice, POLL);
  await peer.send(new Uint8Array([...poll, ...poll]));
  await peer.read((await peer.header()).size);
  await peer.header();
  assertEquals(await peer.poll(alice), []);
  assertEquals(server.dump().messages, []);
});

Deno.test("an end of sending before the response proves nothing", async () => {
  await using server = await ServerFixture.start();
  const alice = await aliceWith(server, "one");
  const peer = await server.connect();
  await peer.send(requestBytes(alice, POLL));
  await peer.endSending();
  assertEquals((await peer.rest()).length, 7 + MESSAGE_HEAD_SIZE + 3);
  await server.connectionsLeft(0);
  assertEquals(await waiting(server, alice), ["one"]);
});

Deno.test("a failure to remove delivered messages brings them back", async () => {
  let broken = true;
  await using server = await ServerFixture.start({
    errors: true,
    services: ({ storage }) => ({
      storage: storageWith(storage, {
        leases: storageWith(storage.leases, {
          remove: (lease, messages) =>
            broken ? Promise.reject(new Error("no disk")) : storage.leases.remove(lease, messages),
        }),
      }),
    }),
  });
  const alice = await aliceWith(server, "one");
  const peer = await server.connect();
  await peer.poll(alice);
  await peer.send(requestBytes(alice, LIST));
  assertEquals(await peer.rest(), new Uint8Array(0));
  await server.connectionsLeft(0);
  broken = false;
  assertEquals(await waiting(server, alice), ["one"]);
});

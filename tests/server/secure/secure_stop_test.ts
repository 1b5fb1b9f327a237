import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { until } from "../../support/until.ts";
import { encodeSecureRequest } from "../../../shared/protocol/secure/requests.ts";
import { RESTART_TIME } from "../../../server/wire/error_replies.ts";
import { type SecurePeer, textTo } from "../../support/server/secure_peer.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";
import { storageWith } from "../../support/server/storage_with.ts";

/** Returns what is pushed before push 2002, behind which the channel must end. */
async function untilStopping(peer: SecurePeer) {
  const messages = [];
  while (peer.stopping === null) {
    const response = await peer.next();
    if (response.kind === "stopping") break;
    assert(response.kind === "push", response.kind);
    messages.push(response.message);
  }
  assert(await peer.ended());
  return messages;
}

Deno.test("secure stop: every client gets an end, idle, subscribed or logged out", async () => {
  await using server = await ServerFixture.start();
  const peers = [await server.open(), await server.secure("idle"), await server.secure("sub")];
  await peers[2].subscribe();
  const stopped = server.listener.stop();
  assertEquals((await peers[2].expect("stopping")).retryAfter, RESTART_TIME);
  for (const peer of peers) {
    assert(await peer.ended());
    peer[Symbol.dispose]();
  }
  await stopped;
  assertEquals(server.listener.connections, 0);
});

Deno.test("secure stop: what is under way is answered first", async () => {
  const go = Promise.withResolvers<void>();
  let deposits = 0;
  await using server = await ServerFixture.start({
    services: ({ storage }) => ({
      storage: storageWith(storage, {
        deposit: async (deposit) => {
          deposits++;
          await go.promise;
          return await storage.deposit(deposit);
        },
      }),
    }),
  });
  const peer = await server.secure("alice");
  await peer.subscribe();
  await peer.send(...Array.from({ length: 5 }, (_, i) => textTo(peer.who.id, `text ${i}`)));
  await until("all are under way", () => deposits === 5);
  const stopped = server.listener.stop();
  go.resolve();
  for (let i = 1; i <= 5; i++) assertEquals((await peer.expect("sent")).messageId, i);
  await untilStopping(peer);
  peer[Symbol.dispose]();
  await stopped;
});

Deno.test("secure stop: a message that is being pushed is pushed whole", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.secure("alice");
  const content = sampleBytes(4_000_000);
  for (let i = 0; i < 10; i++) await peer.request(textTo(peer.who.id, content), "sent");
  await peer.subscribe();
  const first = await peer.push();
  assertEquals(first.messageId, 1);
  const stopped = server.listener.stop();
  for (const { content } of await untilStopping(peer)) assertEquals(content.length, 4_000_000);
  peer[Symbol.dispose]();
  await stopped;
});

Deno.test("secure stop: a started upload is finished, a request behind it is refused", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.secure("alice");
  const frame = encodeSecureRequest(textTo(peer.who.id, sampleBytes(300_000)));
  await peer.send(frame.subarray(0, 250_000));
  await until("it is being stored", () => server.files().length === 1);
  const stopped = server.listener.stop();
  await peer.send(frame.subarray(250_000), textTo(peer.who.id, "too late"));
  assertEquals((await peer.expect("sent")).messageId, 1);
  const { error, retryAfter } = await peer.expect("error");
  assertEquals([error, retryAfter], ["shutting-down", RESTART_TIME]);
  assert(await peer.ended());
  peer[Symbol.dispose]();
  await stopped;
  const { messages } = server.dump();
  assertEquals(messages.length, 1);
});

Deno.test("secure stop: it does not wait long for who does not go", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.secure("alice");
  await server.listener.stop();
  assert(await peer.ended());
  await assertRejects(async () => {
    for (;;) await peer.sendText(peer.who.id, "anybody there?");
  }, Error);
});

Deno.test("secure stop: requests that wait behind one under way are refused in order", async () => {
  const go = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  await using server = await ServerFixture.start({
    services: ({ storage }) => ({
      storage: storageWith(storage, {
        clients: async (ids) => {
          asked.resolve();
          await go.promise;
          return await storage.clients(ids);
        },
      }),
    }),
  });
  const peer = await server.secure("alice");
  const idle = await server.secure("idle");
  const { id } = peer.who;
  const poll = { kind: "get-messages", after: 0 } as const;
  await peer.send({ kind: "find-clients", ids: [id] }, textTo(id, "too late"), poll);
  await asked.promise;
  const stopped = server.listener.stop();
  assert(await idle.ended());
  idle[Symbol.dispose]();
  go.resolve();
  await peer.expect("found-clients");
  for (let i = 0; i < 2; i++) assertEquals((await peer.expect("error")).error, "shutting-down");
  assert(await peer.ended());
  peer[Symbol.dispose]();
  await stopped;
  assertEquals(server.dump().messages, []);
});

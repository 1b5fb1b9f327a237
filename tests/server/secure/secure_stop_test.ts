import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { until } from "../../support/until.ts";
import { encodeSecureRequest } from "../../../shared/protocol/secure/requests.ts";
import { textTo } from "../../support/server/secure_peer.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";
import { storageWith } from "../../support/server/storage_with.ts";

Deno.test("secure stop: every client gets an end, idle, subscribed or logged out", async () => {
  await using server = await ServerFixture.start();
  const peers = [await server.open(), await server.secure("idle"), await server.secure("sub")];
  await peers[2].subscribe();
  const stopped = server.listener.stop();
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
  while (!await peer.ended()) await peer.push();
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
  while (!await peer.ended()) assertEquals((await peer.push()).content.length, content.length);
  peer[Symbol.dispose]();
  await stopped;
});

Deno.test("secure stop: a started upload is finished, a request behind it is not", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.secure("alice");
  const frame = encodeSecureRequest(textTo(peer.who.id, sampleBytes(300_000)));
  await peer.send(frame.subarray(0, 250_000));
  await until("it is being stored", () => server.files().length === 1);
  const stopped = server.listener.stop();
  await peer.send(frame.subarray(250_000), textTo(peer.who.id, "too late"));
  assertEquals((await peer.expect("sent")).messageId, 1);
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

import { Listener } from "../../../server/connections/listener.ts";
import { concat, utf8 } from "../../../shared/bytes.ts";
import { encodeSendPrefix } from "../../../shared/protocol/classic/requests.ts";
import { encodeRequestHeader } from "../../../shared/protocol/frame.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../support/assert.ts";
import { until } from "../../support/until.ts";
import { expectKind, Peer, requestBytes } from "../../support/server/peer.ts";
import { refusalsOf } from "../../support/server/samples.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";
import { storageWith } from "../../support/server/storage_with.ts";

const LIST = { kind: "client-list" } as const;
const POLL = { kind: "get-messages" } as const;
const NOTHING = new Uint8Array(0);

Deno.test("listener: when all places are taken, the idlest before login makes room", async () => {
  const exempt = ["127.0.0.1"];
  await using server = await ServerFixture.start({ limits: { maxConnections: 3 }, exempt });
  const alice = await server.secure("alice");
  const [second, third] = [await server.connect(), await server.connect()];
  const id = await second.register("bob"); // a classic client never logs in
  await server.connectionsLeft(3);
  const fourth = await server.open();
  assertEquals(await third.rest(), NOTHING); // the second was answered lately
  expectKind(await second.request(id, LIST), "client-list");
  await fourth.login(alice.who);
  const fifth = await server.open();
  assertEquals(await second.rest(), NOTHING);
  await fifth.login(alice.who);
  // Nobody who has logged in makes room.
  assertEquals(await (await server.connect()).rest(), NOTHING);
  for (const peer of [alice, fourth, fifth]) await peer.acknowledge();
  assertEquals(await refusalsOf(server.services.metrics), { connections: 3 });

  fifth[Symbol.dispose]();
  await server.connectionsLeft(2);
  expectKind(await (await server.connect()).request(id, LIST), "client-list");
});

Deno.test("listener: a port in use is refused", async () => {
  await using server = await ServerFixture.start();
  const { port } = server.listener.address;
  assertThrows(
    () => new Listener(server.services, { hostname: "127.0.0.1", port }),
    Deno.errors.AddrInUse,
  );
});

Deno.test("stop: idle connections end, and no new one is taken", async () => {
  await using server = await ServerFixture.start({ limits: { stopDeadline: 3_600_000 } });
  const { port } = server.listener.address;
  const peers = await Promise.all(Array.from({ length: 5 }, () => server.connect()));
  await server.connectionsLeft(5);
  const stopped = server.listener.stop();
  await server.connectionsLeft(0); // not only when the time to finish is over
  await stopped;
  for (const peer of peers) assertEquals(await peer.rest(), NOTHING);
  await assertRejects(() => Peer.connect(port), Deno.errors.ConnectionRefused);
  await server.listener.stop(); // again is fine
});

Deno.test("stop: a request under way is finished, a further one is not begun", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.connect();
  const alice = await peer.register("alice");
  const size = 200_000;
  const content = new Uint8Array(size);
  const header = { clientId: alice, version: 2, code: 103, size: size + 21 };
  await peer.send(
    encodeRequestHeader(header),
    encodeSendPrefix({ to: alice, type: 4, size }),
    content.subarray(0, 1000),
  );
  await until("the upload is under way", () => server.files().length === 1);
  const stopped = server.listener.stop();
  await peer.send(content.subarray(1000), requestBytes(alice, LIST));
  const response = await peer.rest();
  assertEquals(response.length, 7 + 20); // the answer to the upload alone
  await stopped;
  assertEquals(server.dump().messages.length, 1);
});

Deno.test("stop: a delivered response may still be confirmed", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.connect();
  const alice = await peer.register("alice");
  await peer.sendText(alice, alice, utf8("text"));
  assertEquals((await peer.poll(alice)).length, 1);
  const stopped = server.listener.stop();
  peer.close();
  await stopped;
  assertEquals(server.dump().messages, []);
});

Deno.test("stop: who takes too long is cut off", async () => {
  const limits = { stopDeadline: 100, headerDeadline: 3_600_000, idleDeadline: 3_600_000 };
  await using server = await ServerFixture.start({ limits });
  const uploader = await server.connect();
  const alice = await uploader.register("alice");
  await server.depositHole(alice, 2 ** 30); // more than the sockets hold
  const before = server.dump();
  const header = { clientId: alice, version: 2, code: 103, size: 100_000 + 21 };
  const prefix = encodeSendPrefix({ to: alice, type: 4, size: 100_000 });
  await uploader.send(concat(encodeRequestHeader(header), prefix));
  await until("the upload is under way", () => server.files().length === 2);
  const reader = await server.connect();
  await reader.send(requestBytes(alice, POLL));
  await reader.header();
  const silent = await server.connect();
  await silent.send(new Uint8Array(1)); // of a header
  const stopped = server.listener.stop();
  await server.connectionsLeft(0);
  await stopped;
  assertEquals(server.dump(), before);
  assertEquals(await uploader.rest(), NOTHING);
  assert((await reader.rest()).length < 2 ** 30);
});

Deno.test("connections that end in every way leave nothing open", async () => {
  // What stays open in this process fails the test, as the test runner watches it.
  await using server = await ServerFixture.start();
  const first = await server.connect();
  const alice = await first.register("alice");
  await first.sendText(alice, alice, new Uint8Array(100_000));
  const requests = [
    NOTHING,
    new Uint8Array(1),
    requestBytes(alice, LIST),
    requestBytes(alice, POLL),
    requestBytes(alice, POLL).fill(3, 16, 17),
    encodeRequestHeader({ clientId: alice, version: 2, code: 103, size: 0xffff_ffff }),
    requestBytes(alice, { kind: "send", to: alice, type: 4, content: new Uint8Array(99_999) })
      .subarray(0, 80_000),
  ];
  for (const request of [...requests, ...requests]) {
    const peer = await server.connect();
    await peer.send(request);
    peer.close();
  }
  await server.connectionsLeft(1);
  assertEquals(server.files().length, 1);
  expectKind(await first.request(alice, LIST), "client-list");
});

Deno.test("a bug in a handler ends its connection, and no other", async () => {
  await using server = await ServerFixture.start({
    errors: true,
    services: ({ storage }) => ({
      storage: storageWith(storage, {
        clientsExcept: () => Promise.reject(new TypeError("a bug")),
      }),
    }),
  });
  const [first, second] = [await server.connect(), await server.connect()];
  const alice = await first.register("alice");
  await first.send(requestBytes(alice, LIST));
  assertEquals(await first.rest(), NOTHING);
  assertEquals(await second.poll(alice), []);
  const errors = server.log.filter(({ level }) => level === "error");
  assertEquals(errors.map(({ properties }) => String(properties.error)), ["TypeError: a bug"]);
});

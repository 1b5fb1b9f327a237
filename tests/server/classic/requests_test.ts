/** The five requests, answered. */
import { concat, utf8 } from "../../../shared/bytes.ts";
import { encodeRequest } from "../../../shared/protocol/classic/requests.ts";
import { encodeResponse, type Response } from "../../../shared/protocol/classic/responses.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { expectKind, keyOf, requestBytes, ZERO_ID } from "../../support/server/peer.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

Deno.test("register: a new ID each time, whatever the header's ID", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.connect();
  const ids = [];
  for (const [i, name] of ["alice", "bob", "carol"].entries()) {
    const clientId = new Uint8Array(16).fill(i);
    const request = { kind: "register", name, publicKey: keyOf(name) } as const;
    ids.push(expectKind(await peer.request(clientId, request), "registered").clientId);
  }
  assertEquals(new Set(ids.map(String)).size, 3);
  for (const id of ids) assert(id.some((byte) => byte !== 0) && id.length === 16);
});

Deno.test("register: names of the extreme sizes, and of any script", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.connect();
  const names = ["ab", "💬💬", "é".repeat(127), "x".repeat(254), "שלום", "a b"];
  for (const name of names) await peer.register(name);
  const me = await peer.register("me");
  const { clients } = expectKind(await peer.request(me, { kind: "client-list" }), "client-list");
  assertEquals(clients.map(({ name }) => name), names);
});

Deno.test("client list: the others in the order of registration", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.connect();
  const alice = await peer.register("alice");
  assertEquals(await peer.request(alice, { kind: "client-list" }), {
    version: 2,
    kind: "client-list",
    clients: [],
  });
  const bob = await peer.register("bob");
  const carol = await peer.register("carol");
  const list = expectKind(await peer.request(bob, { kind: "client-list" }), "client-list");
  assertEquals(list.clients, [{ id: alice, name: "alice" }, { id: carol, name: "carol" }]);
});

Deno.test("client list: longer than a page", async () => {
  await using server = await ServerFixture.start();
  const names = Array.from({ length: 1300 }, (_, i) => `client ${i}`);
  await Promise.all(names.map((name) => {
    const id = new Uint8Array(16);
    crypto.getRandomValues(id);
    return server.services.storage.register({ id, name, publicKey: keyOf(name) });
  }));
  const peer = await server.connect();
  const me = await peer.register("me");
  const list = expectKind(await peer.request(me, { kind: "client-list" }), "client-list");
  assertEquals(list.clients.map(({ name }) => name), names);
});

Deno.test("public key: as it was registered", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.connect();
  const [alice, bob] = [await peer.register("alice"), await peer.register("bob")];
  for (const [asker, target, name] of [[alice, bob, "bob"], [bob, bob, "bob"]] as const) {
    assertEquals(await peer.request(asker, { kind: "public-key", target }), {
      version: 2,
      kind: "public-key",
      clientId: target,
      publicKey: keyOf(name),
    });
  }
});

Deno.test("public key: the original client puts the target's ID into the header", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.connect();
  const alice = await peer.register("alice");
  const response = await peer.request(alice, { kind: "public-key", target: alice });
  assertEquals(expectKind(response, "public-key").publicKey, keyOf("alice"));
});

Deno.test("send and get messages: every type, to others and to oneself", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.connect();
  const [alice, bob] = [await peer.register("alice"), await peer.register("bob")];
  const sent = [
    { from: alice, type: MessageType.keyRequest, content: new Uint8Array(0) },
    { from: bob, type: MessageType.key, content: new Uint8Array(128).fill(1) },
    { from: alice, type: MessageType.text, content: utf8("not looked at") },
    { from: alice, type: MessageType.file, content: new Uint8Array(100_000).fill(2) },
    { from: alice, type: MessageType.key, content: utf8("nor this") },
  ];
  for (const [i, { from, type, content }] of sent.entries()) {
    const response = await peer.request(from, { kind: "send", to: bob, type, content });
    assertEquals(response, { version: 2, kind: "sent", to: bob, messageId: i + 1 });
  }
  const { messages } = expectKind(await peer.request(bob, { kind: "get-messages" }), "messages");
  assertEquals(messages, sent.map((message, i) => ({ ...message, messageId: i + 1 })));
  assertEquals(await peer.poll(bob), []);
  assertEquals(await peer.poll(alice), []);
});

Deno.test("message IDs go on after a delivery", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.connect();
  const alice = await peer.register("alice");
  for (let id = 1; id <= 3; id++) {
    assertEquals(await peer.sendText(alice, alice, utf8("text")), id);
    assertEquals(await peer.poll(alice), [{ messageId: id, text: "text" }]);
  }
});

Deno.test("versions 1 and 2 are understood and answered with 2", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.connect();
  for (const version of [1, 2]) {
    const ask = async (request: Parameters<typeof encodeRequest>[0]): Promise<Response> => {
      await peer.send(encodeRequest({ ...request, version }));
      return await peer.response();
    };
    const id = { clientId: ZERO_ID, version };
    const name = `client ${version}`;
    const publicKey = keyOf(name);
    const registered = await ask({ ...id, kind: "register", name, publicKey });
    const { clientId } = expectKind(registered, "registered");
    const to = clientId;
    const answers = [
      registered,
      await ask({ clientId, version, kind: "client-list" }),
      await ask({ clientId, version, kind: "public-key", target: clientId }),
      await ask({ clientId, version, kind: "send", to, type: 3, content: utf8("text") }),
      await ask({ clientId, version, kind: "get-messages" }),
      await ask({ clientId, version, kind: "public-key", target: ZERO_ID }),
    ];
    assertEquals(
      answers.map(({ version, kind }) => `${version} ${kind}`),
      ["registered", "client-list", "public-key", "sent", "messages", "failure"]
        .map((kind) => `2 ${kind}`),
    );
  }
});

Deno.test("a response is exactly what the specification says, to the byte", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.connect();
  const [alice, bob] = [await peer.register("alice"), await peer.register("bob")];
  await peer.sendText(alice, bob, utf8("hello"));
  const poll = requestBytes(bob, { kind: "get-messages" });
  await peer.send(poll, poll);
  await peer.endSending();
  const message = { from: alice, messageId: 1, type: MessageType.text, content: utf8("hello") };
  const delivery = encodeResponse({ version: 2, kind: "messages", messages: [message] });
  const empty = encodeResponse({ version: 2, kind: "messages", messages: [] });
  assertEquals(await peer.rest(), concat(delivery, empty)); // and not a byte more
});

import { type Bytes, concat, fromUtf8, utf8 } from "../../../shared/bytes.ts";
import type { RequestBody } from "../../../shared/protocol/classic/requests.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { keyOf, type Peer, requestBytes, ZERO_ID } from "../../support/server/peer.ts";
import { Someone, textOf } from "../../support/server/secure_peer.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

const POLL = { kind: "get-messages" } as const;
const LIST = { kind: "client-list" } as const;

function sendTo(to: Bytes, content: Bytes = utf8("forged")): RequestBody {
  return { kind: "send", to, type: MessageType.text, content };
}

async function kindOf(peer: Peer, clientId: Bytes, body: RequestBody): Promise<string> {
  return (await peer.request(clientId, body)).kind;
}

Deno.test("no downgrade: a secure key cannot be registered the classic way", async () => {
  await using server = await ServerFixture.start();
  const alice = await Someone.called("alice");
  const before = server.dump();
  const peer = await server.connect();
  const prefixed = keyOf("later version");
  prefixed.set([0x4d, 0x53, 0x33]);
  for (const publicKey of [alice.publicKey, alice.publicKey.with(3, 9), prefixed]) {
    assertEquals(
      await kindOf(peer, ZERO_ID, { kind: "register", name: "eve", publicKey }),
      "failure",
    );
  }
  assertEquals(server.dump(), before);
  await server.secure(alice);
  const after = server.dump();
  const register = { kind: "register", name: "eve", publicKey: alice.publicKey } as const;
  assertEquals(await kindOf(peer, alice.id, register), "failure");
  assertEquals(server.dump(), after);
});

Deno.test("no downgrade: for a secure ID classic 103 and 104 fail, 101 and 102 work", async () => {
  await using server = await ServerFixture.start();
  const classic = await server.connect();
  const bob = await classic.register("bob");
  const alice = await server.secure("alice");
  const { id, publicKey } = alice.who;
  await classic.sendText(bob, id, utf8("waits"));
  const before = server.dump();
  const large = sampleBytes(100_000);
  for (const peer of [classic, await server.connect()]) {
    assertEquals(await kindOf(peer, id, POLL), "failure");
    for (const content of [new Uint8Array(0), utf8("forged"), large]) {
      assertEquals(await kindOf(peer, id, sendTo(bob, content)), "failure");
      assertEquals(await kindOf(peer, id, sendTo(id, content)), "failure");
    }
    const list = await peer.request(id, LIST);
    assert(list.kind === "client-list");
    assertEquals(list.clients, [{ id: bob, name: "bob" }]);
    const key = await peer.request(id, { kind: "public-key", target: id });
    assert(key.kind === "public-key");
    assertEquals(key.publicKey, publicKey);
  }
  assertEquals(server.dump(), before);
  assertEquals((await alice.poll()).map(textOf), ["waits"]);
});

Deno.test("no downgrade: not before the registration, and not on an older connection", async () => {
  await using server = await ServerFixture.start();
  const classic = await server.connect();
  const bob = await classic.register("bob");
  const alice = await Someone.called("alice");
  const attack = async () => {
    for (const body of [POLL, sendTo(bob), sendTo(alice.id)]) {
      assertEquals(await kindOf(classic, alice.id, body), "failure");
    }
  };
  await attack();
  const peer = await server.open();
  await peer.login(alice);
  await attack();
  await peer.register(alice);
  const before = server.dump();
  await attack();
  peer[Symbol.dispose]();
  await attack();
  assertEquals(server.dump(), before);
  assertEquals(before.messages, []);
});

Deno.test("no downgrade: not among pipelined requests while the registration happens", async () => {
  await using server = await ServerFixture.start();
  const classic = await server.connect();
  const bob = await classic.register("bob");
  const alice = await Someone.called("alice");
  const peer = await server.open();
  const rounds = 100;
  const round = concat(
    requestBytes(alice.id, POLL),
    requestBytes(alice.id, sendTo(bob)),
    requestBytes(bob, sendTo(bob, utf8("from bob"))),
  );
  const attack = (async () => {
    const kinds: string[] = [];
    for (let i = 0; i < rounds; i++) await classic.send(round);
    for (let i = 0; i < 3 * rounds; i++) kinds.push((await classic.response()).kind);
    return kinds;
  })();
  await peer.login(alice);
  await peer.register(alice);
  const kinds = await attack;
  const expected = Array.from({ length: rounds }, () => ["failure", "failure", "sent"]).flat();
  assertEquals(kinds, expected);
  const senders = new Set((server.dump().messages as unknown[][]).map((row) => row[2]));
  assertEquals(senders.size, 1);
  assertEquals(await peer.poll(), []);
});

Deno.test("no downgrade: a poll for a secure ID does not lease its messages", async () => {
  await using server = await ServerFixture.start();
  const classic = await server.connect();
  const bob = await classic.register("bob");
  const alice = await server.secure("alice");
  await alice.subscribe();
  await classic.send(
    requestBytes(bob, sendTo(alice.who.id, utf8("one"))),
    requestBytes(alice.who.id, POLL),
    requestBytes(bob, sendTo(alice.who.id, utf8("two"))),
    requestBytes(alice.who.id, POLL),
  );
  for (const kind of ["sent", "failure", "sent", "failure"]) {
    assertEquals((await classic.response()).kind, kind);
  }
  assertEquals(await alice.texts(2), ["one", "two"]);
  classic.close();
  await server.connectionsLeft(1);
  assertEquals((await alice.poll()).map(textOf), ["one", "two"]);
});

Deno.test("no downgrade: classic and secure clients reach each other", async () => {
  await using server = await ServerFixture.start();
  const classic = await server.connect();
  const bob = await classic.register("bob");
  const alice = await server.secure("alice");
  assertEquals(await classic.sendText(bob, alice.who.id, utf8("from the old world")), 1);
  const [message] = await alice.poll();
  assertEquals([message.from, fromUtf8(message.content)], [bob, "from the old world"]);
  assertEquals(await alice.sendText(bob, "from the new one"), 1);
  assertEquals(await classic.poll(bob), [{ messageId: 1, text: "from the new one" }]);
  // What the secure protocol keeps until it is acknowledged, the classic one removes as ever.
  classic.close();
  await server.connectionsLeft(1);
  assertEquals((server.dump().messages as unknown[][]).length, 1);
});

Deno.test("no downgrade: a connection stays with the protocol that it began with", async () => {
  await using server = await ServerFixture.start();
  const classic = await server.connect();
  const bob = await classic.register("bob");
  const bytes = requestBytes(bob, LIST);
  bytes[16] = 3;
  await classic.send(bytes);
  assertEquals((await classic.response()).kind, "failure");
  assertEquals((await classic.rest()).length, 0);
});

Deno.test("no downgrade: --no-classic refuses classic requests and no secure ones", async () => {
  await using server = await ServerFixture.start();
  const old = await server.connect();
  const bob = await old.register("bob");
  const strict = server.listenAlso({ classic: false });
  const alice = await Someone.called("alice");
  const peer = await server.open(strict);
  await peer.login(alice);
  await peer.register(alice);
  const before = server.dump();
  const bodies: [Bytes, RequestBody][] = [
    [ZERO_ID, { kind: "register", name: "carol", publicKey: keyOf("carol") }],
    [bob, LIST],
    [bob, { kind: "public-key", target: bob }],
    [bob, sendTo(bob)],
    [bob, sendTo(alice.id, sampleBytes(100_000))],
    [bob, POLL],
    [alice.id, POLL],
  ];
  for (const [id, body] of bodies) {
    const classic = await server.connect(strict);
    assertEquals(await kindOf(classic, id, body), "failure", body.kind);
    assertEquals((await classic.rest()).length, 0);
  }
  assertEquals(server.dump(), before);
  await peer.sendText(alice.id, "hello");
  assertEquals((await peer.poll()).map(textOf), ["hello"]);
});

import { concat } from "../../../shared/bytes.ts";
import { ChannelOpening } from "../../../shared/channel/opening.ts";
import { writeAll } from "../../../shared/io.ts";
import { encodeRequestHeader } from "../../../shared/protocol/frame.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { textTo } from "../../support/server/secure_peer.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

// That the server logs no error, which the fixture makes sure of, is part of each of these: who
// needs no login must not be able to fill its log.

function handshakeWith(message: Uint8Array, size = message.length): Uint8Array {
  const clientId = new Uint8Array(16);
  return concat(encodeRequestHeader({ clientId, version: 3, code: 110, size }), message);
}

Deno.test("broken peers: invalid handshakes end the connection and nothing else", async () => {
  await using server = await ServerFixture.start();
  const { request } = new ChannelOpening();
  const wrong = [
    handshakeWith(new Uint8Array(32)), // a key of small order
    handshakeWith(new Uint8Array(31)),
    handshakeWith(new Uint8Array(33)),
    handshakeWith(new Uint8Array(0), 0xffff_ffff),
    concat(request.subarray(0, 17), new Uint8Array([112]), request.subarray(18)),
  ];
  for (const bytes of wrong) {
    const peer = await server.connect();
    await peer.send(bytes);
    assertEquals((await peer.rest()).length, 0);
  }
  for (const cut of [1, 21, 22, 53]) {
    const peer = await server.connect();
    await peer.send(request.subarray(0, cut));
    peer.close();
  }
  await server.connectionsLeft(0);
});

Deno.test("broken peers: bytes that are no record, at every point of a conversation", async () => {
  await using server = await ServerFixture.start();
  const { who } = await server.secure("alice");
  const junk = [
    new Uint8Array([0, 15]),
    new Uint8Array(18),
    concat(new Uint8Array([0, 16]), sampleBytes(16)),
    concat(new Uint8Array([0x27, 0x10]), sampleBytes(10_000)),
  ];
  for (const bytes of junk) {
    const fresh = await server.open();
    const known = await server.secure(who);
    const subscribed = await server.secure(who);
    await subscribed.subscribe();
    for (const peer of [fresh, known, subscribed]) {
      await writeAll(peer.conn, bytes);
      await assertRejects(() => peer.next(), Error);
      peer[Symbol.dispose]();
    }
  }
  await server.connectionsLeft(1);
  const peer = await server.secure(who);
  assertEquals(await peer.sendText(who.id, "still there"), 1);
});

Deno.test("broken peers: a recorded conversation, played again, says nothing", async () => {
  await using server = await ServerFixture.start();
  const alice = await server.secure("alice");
  const recorded: Uint8Array[] = [];
  const relay = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const relaying = (async () => {
    using down = await relay.accept();
    using up = await Deno.connect({
      hostname: "127.0.0.1",
      port: server.listener.address.port,
    });
    const tap = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(bytes, controller) {
        recorded.push(bytes.slice());
        controller.enqueue(bytes);
      },
    });
    await Promise.allSettled([
      down.readable.pipeThrough(tap).pipeTo(up.writable),
      up.readable.pipeTo(down.writable),
    ]);
  })();
  const victim = await server.openAt(relay.addr.port);
  await victim.login(alice.who);
  await victim.sendText(alice.who.id, "once");
  await victim.channel.end();
  assert(await victim.ended());
  victim[Symbol.dispose]();
  await relaying;
  relay.close();
  const before = server.dump();
  const attacker = await server.connect();
  await attacker.send(...recorded);
  // A handshake is answered, with keys that nobody has; what follows is no record under them.
  assertEquals((await attacker.rest()).length, 103);
  assertEquals(server.dump(), before);
  assertEquals(before.messages.length, 1);
});

Deno.test("broken peers: connections that come and go leave nothing behind", async () => {
  await using server = await ServerFixture.start();
  const { who } = await server.secure("alice");
  for (let round = 0; round < 20; round++) {
    const peers = await Promise.all([server.open(), server.secure(who), server.secure(who)]);
    await peers[2].send({ kind: "subscribe" }, textTo(who.id, sampleBytes(round * 5_000)));
    for (const peer of peers) peer[Symbol.dispose]();
  }
  await server.connectionsLeft(1);
});

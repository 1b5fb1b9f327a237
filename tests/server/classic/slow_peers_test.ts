/** Peers that are slow or silent: what each deadline ends, and what it spares. */
import { type Bytes, concat, utf8 } from "../../../shared/bytes.ts";
import { encodeSendPrefix } from "../../../shared/protocol/classic/requests.ts";
import { encodeRequestHeader } from "../../../shared/protocol/frame.ts";
import { assertEquals } from "../../support/assert.ts";
import { until } from "../../support/until.ts";
import { expectKind, keyOf, type Peer, requestBytes, ZERO_ID } from "../../support/server/peer.ts";
import { FakeClock, ServerFixture } from "../../support/server/server_fixture.ts";

const LIST = { kind: "client-list" } as const;
const NEVER = 1e12;

/** A server with a fake clock, which tells how often it has set a deadline of each kind. */
class Timed implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly set = { header: 0, idle: 0 };
  server!: ServerFixture;
  peer!: Peer;
  alice!: Bytes;

  static async start(deadlines: { header: number; idle: number }): Promise<Timed> {
    const timed = new Timed();
    const { set } = timed;
    timed.server = await ServerFixture.start({
      clock: timed.clock,
      services: ({ limits }) => ({
        limits: {
          ...limits,
          get headerDeadline() {
            set.header++;
            return deadlines.header;
          },
          get idleDeadline() {
            set.idle++;
            return deadlines.idle;
          },
        },
      }),
    });
    timed.peer = await timed.server.connect();
    timed.alice = await timed.peer.register("alice");
    return timed;
  }

  /** Sends `bytes`, and waits until the server has set a deadline for them. */
  async send(bytes: Uint8Array, kind: "header" | "idle"): Promise<void> {
    const before = this.set[kind];
    await this.peer.send(bytes);
    await until("the bytes have arrived", () => this.set[kind] > before);
  }

  /** Moves the clock and waits until the server, which is otherwise idle, has looked at it. */
  async pass(milliseconds: number): Promise<void> {
    this.clock.now += milliseconds;
    const { looks } = this.clock;
    await until("deadlines were swept", () => this.clock.looks > looks);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}

/** The parts of requests after which all but a content is still missing. */
const unfinished: [name: string, request: (alice: Bytes) => Bytes, size: number][] = [
  ["a header", (alice) => requestBytes(alice, LIST), 10],
  [
    "a payload",
    () => requestBytes(ZERO_ID, { kind: "register", name: "carol", publicKey: keyOf("carol") }),
    300,
  ],
  [
    "what stands before a content",
    (alice) => requestBytes(alice, { kind: "send", to: alice, type: 3, content: utf8("text") }),
    40,
  ],
];

for (const [name, request, size] of unfinished) {
  Deno.test(`the header deadline: ${name} that does not come to its end`, async () => {
    await using timed = await Timed.start({ header: 10_000, idle: NEVER });
    const { peer, server, alice } = timed;
    const bytes = request(alice);
    await timed.send(bytes.subarray(0, size), "header");
    await timed.pass(9_999);
    await peer.send(bytes.subarray(size)); // just in time
    const { kind } = await peer.response();
    assertEquals(kind === "failure", false);

    const before = server.dump();
    await timed.send(bytes.subarray(0, size - 1), "header");
    await timed.pass(9_999);
    await peer.send(bytes.subarray(size - 1, size)); // a further byte buys no time
    timed.clock.now += 1;
    assertEquals(await peer.rest(), new Uint8Array(0));
    await server.connectionsLeft(0);
    assertEquals(server.dump(), before);
  });
}

Deno.test("the idle deadline: between requests", async () => {
  await using timed = await Timed.start({ header: NEVER, idle: 60_000 });
  const { peer, server, alice } = timed;
  const idle = timed.set.idle;
  expectKind(await peer.request(alice, LIST), "client-list");
  await until("the server waits again", () => timed.set.idle >= idle + 2);
  await timed.pass(59_999);
  expectKind(await peer.request(alice, LIST), "client-list");
  timed.clock.now += 60_001 + 59_999;
  assertEquals(await peer.rest(), new Uint8Array(0));
  await server.connectionsLeft(0);
});

for (const size of [1000, 200_000]) {
  Deno.test(`the idle deadline: a content of ${size} bytes that comes slowly`, async () => {
    await using timed = await Timed.start({ header: NEVER, idle: 60_000 });
    const { peer, server, alice } = timed;
    const header = { clientId: alice, version: 2, code: 103, size: size + 21 };
    const prefix = encodeSendPrefix({ to: alice, type: 4, size });
    const content = new Uint8Array(size);
    await timed.send(concat(encodeRequestHeader(header), prefix), "idle");
    for (let at = 0; at < 300; at += 100) {
      await timed.send(content.subarray(at, at + 100), "idle");
      await timed.pass(59_999); // each piece buys time
    }
    await peer.send(content.subarray(300));
    expectKind(await peer.response(), "sent");

    const before = server.dump();
    await timed.send(concat(encodeRequestHeader(header), prefix), "idle");
    await timed.send(content.subarray(0, 100), "idle");
    timed.clock.now += 60_000; // nothing moves any more
    assertEquals(await peer.rest(), new Uint8Array(0));
    await server.connectionsLeft(0);
    assertEquals(server.dump(), before);
  });
}

Deno.test("the idle deadline: a peer that does not read", async () => {
  await using timed = await Timed.start({ header: NEVER, idle: 60_000 });
  const { peer, server, alice } = timed;
  await server.depositHole(alice, 2 ** 30); // more than the sockets hold
  const before = server.dump();
  await peer.send(requestBytes(alice, { kind: "get-messages" }));
  const { size } = await peer.header();
  await until("the server has given the peer up", () => {
    timed.clock.now += 60_000;
    return server.listener.connections === 0;
  });
  assertEquals(server.dump(), before);
  const other = await server.connect();
  await other.send(requestBytes(alice, { kind: "get-messages" }));
  assertEquals((await other.header()).size, size); // the message is back
});

Deno.test("the idle deadline: a delivery that the peer never confirms", async () => {
  await using timed = await Timed.start({ header: NEVER, idle: 60_000 });
  const { peer, server, alice } = timed;
  await peer.sendText(alice, alice, utf8("text"));
  assertEquals((await peer.poll(alice)).length, 1);
  await until("the server has given the peer up", () => {
    timed.clock.now += 60_000;
    return server.listener.connections === 0;
  });
  const other = await server.connect();
  assertEquals(await other.poll(alice), [{ messageId: 1, text: "text" }]);
});

import { ChannelOpening } from "../../../shared/channel/opening.ts";
import { writeAll } from "../../../shared/io.ts";
import { encodeSecureRequest } from "../../../shared/protocol/secure/requests.ts";
import { assertEquals, assertRejects } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { until } from "../../support/until.ts";
import { textTo } from "../../support/server/secure_peer.ts";
import { FakeClock, ServerFixture } from "../../support/server/server_fixture.ts";

const NEVER = 1e12;

/** A server whose time stands still until a test moves it. */
class Timed implements AsyncDisposable {
  readonly clock = new FakeClock();
  server!: ServerFixture;

  static async start(
    deadlines: { header?: number; idle?: number; session?: number },
  ): Promise<Timed> {
    const timed = new Timed();
    timed.server = await ServerFixture.start({
      clock: timed.clock,
      limits: {
        headerDeadline: deadlines.header ?? NEVER,
        idleDeadline: deadlines.idle ?? NEVER,
        sessionIdleDeadline: deadlines.session ?? NEVER,
      },
    });
    return timed;
  }

  /** Moves the time by so many milliseconds and waits until deadlines were looked at. */
  async pass(milliseconds: number): Promise<void> {
    const { clock } = this;
    clock.now += milliseconds;
    const { looks } = clock;
    // The second look is one that began after the first was over.
    await until("the server has looked at the clock", () => clock.looks >= looks + 2);
  }

  /** Lets time pass until `left` connections are left. */
  async passUntilLeft(left: number): Promise<void> {
    await until(`${left} connections are left`, () => {
      this.clock.now += 1000;
      return this.server.listener.connections === left;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server[Symbol.asyncDispose]();
  }
}

Deno.test("secure deadlines: the login must come in time, however much else comes", async () => {
  await using timed = await Timed.start({ header: 1000 });
  const { server } = timed;
  const silent = await server.open();
  const dripping = await server.open();
  const login = encodeSecureRequest({
    kind: "login",
    publicKey: new Uint8Array(160),
    signature: new Uint8Array(64),
  });
  for (const [from, to] of [[0, 10], [10, 22], [22, login.length - 1]]) {
    await dripping.send(login.subarray(from, to));
    await timed.pass(333);
  }
  assertEquals(server.listener.connections, 2);
  timed.clock.now += 1;
  await server.connectionsLeft(0);
  for (const peer of [silent, dripping]) await assertRejects(() => peer.next(), Error);
});

Deno.test("secure deadlines: a handshake must come in time", async () => {
  await using timed = await Timed.start({ header: 1000 });
  const { server } = timed;
  const { request } = new ChannelOpening();
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: server.listener.address.port });
  await writeAll(conn, request.subarray(0, 53));
  await until("the server serves it", () => server.listener.connections === 1);
  await timed.passUntilLeft(0);
  assertEquals(await conn.read(new Uint8Array(1)), null);
});

Deno.test("secure deadlines: a logged-in client may be silent for long, not forever", async () => {
  await using timed = await Timed.start({ header: 1000, idle: 5000, session: 60_000 });
  const { server, clock } = timed;
  const alice = await server.secure("alice");
  const silent = await server.secure("silent");
  await alice.subscribe();
  clock.now += 59_000;
  await alice.acknowledge(); // a sign of life
  clock.now += 1000;
  await server.connectionsLeft(1);
  await assertRejects(() => silent.next(), Error);
  await timed.pass(58_999);
  assertEquals(server.listener.connections, 1);
  await alice.acknowledge();
  clock.now += 60_000;
  await server.connectionsLeft(0);
});

Deno.test("secure deadlines: a request that has begun must go on", async () => {
  await using timed = await Timed.start({ header: 1000, idle: 5000 });
  for (const cut of [1, 22, 59, 10_000]) {
    const peer = await timed.server.secure(`client ${cut}`);
    const frame = encodeSecureRequest(textTo(peer.who.id, sampleBytes(100_000)));
    await peer.send(frame.subarray(0, cut));
    await timed.passUntilLeft(0);
  }
  assertEquals(timed.server.files(), []);
});

Deno.test("secure deadlines: an upload may be slow as long as bytes move", async () => {
  await using timed = await Timed.start({ header: 1000, idle: 5000, session: 6000 });
  const peer = await timed.server.secure("alice");
  const frame = encodeSecureRequest(textTo(peer.who.id, sampleBytes(100_000)));
  for (let at = 0; at < frame.length; at += 25_015) {
    const { looks } = timed.clock;
    await peer.send(frame.subarray(at, at + 25_015));
    await until("the server has seen it", () => timed.clock.looks > looks);
    timed.clock.now += 900;
  }
  assertEquals((await peer.expect("sent")).messageId, 1);
});

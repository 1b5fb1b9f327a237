/** One address that takes all it can get: connections, registrations, lines of the log. */
import { assert, assertEquals } from "../support/assert.ts";
import { expectKind, keyOf, Peer, ZERO_ID } from "../support/server/peer.ts";
import { refusalsOf } from "../support/server/samples.ts";
import { Someone } from "../support/server/secure_peer.ts";
import { FakeClock, ServerFixture } from "../support/server/server_fixture.ts";
import { startServer } from "../support/server_process.ts";

const NOTHING = new Uint8Array(0);

/** A server, and what makes the next connections come from elsewhere, as far as it can tell. */
async function start(clock?: FakeClock) {
  const exempt = new Set<string>();
  const server = await ServerFixture.start({ clock, services: () => ({ exempt }) });
  const elsewhere = async <T>(work: () => Promise<T>): Promise<T> => {
    exempt.add("127.0.0.1");
    try {
      return await work();
    } finally {
      exempt.clear();
    }
  };
  return { server, elsewhere };
}

Deno.test("floods: connections of one address, while others come and go", async () => {
  const { server, elsewhere } = await start();
  await using _ = server;
  const open: Peer[] = [];
  for (let i = 0; i < 256; i++) open.push(await server.connect());
  await server.connectionsLeft(256);
  for (let i = 0; i < 50; i++) {
    using refused = await server.connect();
    assertEquals(await refused.rest(), NOTHING);
  }
  await elsewhere(async () => {
    const alice = await server.secure("alice");
    const bob = await server.secure("bob");
    await alice.sendText(bob.who.id, "undisturbed");
    assertEquals((await bob.poll()).length, 1);
  });
  assertEquals(await refusalsOf(server.services.metrics), { "waiting-connections": 50 });
  // Whoever goes leaves the place to another.
  open[7].close();
  await server.connectionsLeft(257);
  expectKind(
    await (await server.connect()).request(ZERO_ID, {
      kind: "register",
      name: "carol",
      publicKey: keyOf("carol"),
    }),
    "registered",
  );
});

Deno.test("floods: handshakes of one address end without an answer", async () => {
  const clock = new FakeClock();
  const { server, elsewhere } = await start(clock);
  await using _ = server;
  const address = { key: "127.0.0.1", network: null, exempt: false };
  for (let i = 0; i < 1_000; i++) server.services.rates.handshakes.take(address);
  let reason: unknown;
  await server.open().catch((error) => reason = error);
  assert(reason instanceof Error);
  await elsewhere(() => server.secure("alice"));
  assertEquals(await refusalsOf(server.services.metrics), { handshakes: 1 });
  clock.now += 20;
  await server.open();
});

Deno.test("floods: 200 registrations from one address, then one every 10 seconds", async () => {
  const clock = new FakeClock();
  const { server, elsewhere } = await start(clock);
  await using _ = server;
  const peer = await server.connect();
  const register = (name: string) => {
    return peer.request(ZERO_ID, { kind: "register", name, publicKey: keyOf(name) });
  };
  let registered = 0;
  for (let i = 0; i < 250; i++) {
    if ((await register(`stranger ${i}`)).kind === "registered") registered++;
  }
  assertEquals([registered, server.dump().clients.length], [200, 200]);
  // Secure clients draw from the same bucket, and are told when to come back.
  const eve = await server.open();
  const who = await Someone.called("eve");
  await eve.login(who);
  await eve.send({ kind: "register", name: who.name, publicKey: who.publicKey });
  const { error, retryAfter } = await eve.expect("error");
  assertEquals([error, retryAfter], ["rate-limited", 10_000]);
  await elsewhere(() => server.secure("alice"));
  clock.now += retryAfter;
  await eve.register(who);
  expectKind(await register("one more"), "failure");
  assertEquals(await refusalsOf(server.services.metrics), { registrations: 52 });
});

Deno.test("floods: a place taken and given back a thousand times is a line a minute", async () => {
  await using server = await startServer({ args: ["--connections", "4"] }); // one for an address
  const connect = () => Peer.connect(server.port);
  const begun = performance.now();
  let refused = 0;
  for (let i = 0; i < 1_000; i++) {
    const peers = [await connect(), await connect()];
    const ends = peers.map(async (peer, at) => {
      await peer.rest();
      return at;
    });
    // The second one, unless the server has not yet noticed that those before have ended.
    await Promise.race(ends);
    refused++;
    for (const peer of peers) peer[Symbol.dispose]();
    await Promise.allSettled(ends);
  }
  assertEquals(refused, 1_000);
  await server.stop();
  const lines = server.output.stderr.split("\n").filter((line) => line.includes("Connections are"));
  const minutes = Math.ceil((performance.now() - begun) / 60_000);
  assert(lines.length >= 1 && lines.length <= minutes + 2, `${lines.length} lines`);
});

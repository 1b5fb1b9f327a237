/** Strangers with several addresses take all connections that they can get, and come again. */
import { assert, assertEquals } from "../support/assert.ts";
import { Flood, type FloodOptions, otherAddresses } from "../support/attack/flood.ts";
import { expectKind, Peer } from "../support/server/peer.ts";
import { SecurePeer, Someone } from "../support/server/secure_peer.ts";
import { startServer } from "../support/server_process.ts";

/** So that an address has at most 64. */
const CONNECTIONS = 256;

/** Connections in all: more than the server has, and as many as each of them may hold. */
const FLOODS: readonly Omit<FloodOptions, "port">[] = [
  { how: "silent", count: 64, addresses: otherAddresses(7) },
  { how: "classic", count: 64, addresses: otherAddresses(7) },
  { how: "logged-in", count: 64, addresses: otherAddresses(4) },
  { how: "logged-in", count: 64, addresses: otherAddresses(7) },
];

for (const flood of FLOODS) {
  const { how, addresses } = flood;
  Deno.test(`many addresses: ${addresses.length}, ${how}, keep nobody out`, async () => {
    const begun = performance.now();
    await using server = await startServer({
      args: ["--connections", `${CONNECTIONS}`, "--log-addresses"],
    });
    using classic = await Peer.connect(server.port);
    const carol = await classic.register("carol");
    await using run = new Flood({ ...flood, port: server.port });
    await run.goesOn(448);
    // Who comes later gets in.
    const alice = await Someone.called("alice");
    using early = await SecurePeer.open(server.port);
    await early.login(alice);
    await early.register(alice);
    using late = await Peer.connect(server.port);
    const dave = await late.register("dave");
    for (let round = 0; round < 3; round++) {
      await run.goesOn(100);
      // Who is in stays in, without a login as well.
      const list = await classic.request(carol, { kind: "client-list" });
      expectKind(list, "client-list");
      await late.sendText(dave, carol, new Uint8Array(1));
      using again = await SecurePeer.open(server.port);
      await again.login(alice);
      await again.sendText(alice.id, `round ${round}`);
      assertEquals((await early.poll()).length, round + 1);
    }
    // Nor do they fill the log, whether it names them or not.
    const lines = (await server.stop()).stderr.split("\n").length;
    const minutes = Math.ceil((performance.now() - begun) / 60_000);
    assert(lines < 20 * (minutes + 1), `${lines} lines`);
  });
}

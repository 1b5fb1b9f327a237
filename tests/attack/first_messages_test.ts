/** Strangers draw a client's one-time prekeys, so that first messages have none. */
import { Client } from "../../client/client.ts";
import { PrekeyKind } from "../../shared/protocol/prekey.ts";
import { assertEquals } from "../support/assert.ts";
import { Party, random, tell } from "../support/attack/parties.ts";
import type { SecurePeer } from "../support/server/secure_peer.ts";
import { FakeClock, ServerFixture } from "../support/server/server_fixture.ts";
import { until } from "../support/until.ts";

const STRANGERS = 20;
const MINUTE = 60_000;

/** Registers that many strangers. */
function strangers(server: ServerFixture): Promise<SecurePeer[]> {
  const names = Array.from({ length: STRANGERS }, (_, i) => `stranger ${i}`);
  return Promise.all(names.map((name) => server.secure(name)));
}

/** Has each stranger fetch five times. Returns how many one-time prekeys of each kind they got. */
async function drawAll(peers: SecurePeer[], target: Uint8Array<ArrayBuffer>) {
  const drawn = await Promise.all(peers.map(async (peer) => {
    const got: PrekeyKind[] = [];
    for (let i = 0; i < 5; i++) got.push(...(await peer.draw(target)).map(([kind]) => kind));
    return got;
  }));
  const count = (wanted: PrekeyKind) => drawn.flat().filter((kind) => kind === wanted).length;
  return [count(PrekeyKind.oneTime), count(PrekeyKind.oneTimeKem)];
}

/** What one run of a client does that makes as many one-time prekeys as clients do. */
async function withAll<T>(party: Party, address: string, act: (client: Client) => Promise<T>) {
  const network = party.network(address);
  const { profile } = party;
  const now = () => party.now();
  try {
    return await act(new Client({ profile, network, now, random, note: () => {} }));
  } finally {
    await network.close();
  }
}

/** Alice, with a full supply, and twenty strangers. */
async function start() {
  const stack = new AsyncDisposableStack();
  const clock = new FakeClock();
  const server = stack.use(await ServerFixture.start({ clock }));
  const address = `127.0.0.1:${server.listener.address.port}`;
  const alice = stack.use(await Party.open());
  await withAll(alice, address, (client) => client.register("alice", { classic: false }));
  const bob = stack.use(await Party.registered("bob", address));
  const peers = await strangers(server);
  return { stack, clock, server, address, alice, bob, peers, target: alice.profile.identity.id };
}

Deno.test("first messages: strangers draw fifty one-time prekeys, then one a minute", async () => {
  const { stack, clock, address, alice, bob, peers, target } = await start();
  await using _ = stack;
  assertEquals(await drawAll(peers, target), [50, 50]);
  clock.now += 3 * MINUTE - 1;
  assertEquals(await drawAll(peers, target), [2, 2]);
  // Whoever has something to say gets a session all the same, with the last resort.
  await bob.send(address, "alice", "hello");
  assertEquals(await alice.receive(address), ["bob: hello"]);
  await alice.send(address, "bob", "hello yourself");
  assertEquals(await bob.receive(address), ["alice: hello yourself"]);
});

Deno.test("first messages: a client that follows refills what strangers drew", async () => {
  const { stack, clock, server, address, alice, bob, peers, target } = await start();
  await using _ = stack;
  const left = () => {
    const rows = server.dump().prekeys as unknown[][];
    const count = (kind: PrekeyKind) =>
      rows.filter((row) => row[0] === 1 && row[1] === kind).length;
    return [count(PrekeyKind.oneTime), count(PrekeyKind.oneTimeKem)]; // of Alice, the first client
  };
  assertEquals(left(), [100, 100]);
  await withAll(alice, address, async (client) => {
    const following = client.follow(`${alice.folder}/out`, () => {});
    // By the second text she has looked after her prekeys; within a minute she does it only once.
    for (const text of ["one", "two"]) {
      await bob.send(address, "alice", text);
      assertEquals(tell((await following.next()).value!), `bob: ${text}`);
    }
    const next = following.next();
    const now = Date.now();
    alice.now = () => now + 2 * MINUTE;
    clock.now += MINUTE; // the token that Bob has used
    assertEquals(await drawAll(peers, target), [50, 50]);
    await until("she has refilled", () => left().every((count) => count === 100));
    await bob.send(address, "alice", "three");
    assertEquals(tell((await next).value!), "bob: three");
    await following.return(undefined);
  });
});

import { PrekeyKind } from "../../../shared/protocol/prekey.ts";
import { assertEquals } from "../../support/assert.ts";
import { firstPrekeys } from "../../support/prekeys.ts";
import type { SecurePeer } from "../../support/server/secure_peer.ts";
import { FakeClock, ServerFixture } from "../../support/server/server_fixture.ts";

const { signed, lastResort, oneTime, oneTimeKem } = PrekeyKind;
const HOUR = 60 * 60 * 1000;

/** A server whose time stands still, and alice with more prekeys than this test draws. */
async function start(clock: FakeClock, limits = {}) {
  const server = await ServerFixture.start({ clock, limits });
  const alice = await server.secure("alice");
  await alice.publish(firstPrekeys(120));
  return { server, target: alice.who.id };
}

/** How many of `count` draws brought one-time prekeys, and how many did not. */
async function oneTimeOf(peer: SecurePeer, target: Uint8Array<ArrayBuffer>, count: number) {
  const drawn = { with: 0, without: 0 };
  for (let i = 0; i < count; i++) {
    const kinds = (await peer.draw(target)).map(([kind]) => kind);
    if (kinds.length === 3) {
      assertEquals(kinds, [signed, oneTimeKem, oneTime]);
      drawn.with++;
    } else {
      assertEquals(kinds, [signed, lastResort]);
      drawn.without++;
    }
  }
  return drawn;
}

/** The milliseconds after which the server says that a draw makes sense. */
async function wait(peer: SecurePeer, target: Uint8Array<ArrayBuffer>): Promise<number> {
  await peer.send({ kind: "fetch-prekeys", target });
  const { error, retryAfter } = await peer.expect("error");
  assertEquals(error, "rate-limited");
  return retryAfter;
}

Deno.test("prekey draws: a hundred at once, then one every six seconds", async () => {
  const clock = new FakeClock();
  const { server, target } = await start(clock);
  await using _ = server;
  const bob = await server.secure("bob");
  const eve = await server.secure("eve");
  await oneTimeOf(bob, target, 100);
  assertEquals(await wait(bob, target), 6_000);
  clock.now += 2_500;
  const again = await server.secure(bob.who); // another channel of the same asker
  assertEquals(await wait(again, target), 3_500);
  assertEquals(await oneTimeOf(eve, target, 1), { with: 1, without: 0 });
  clock.now += 3_500;
  assertEquals(await oneTimeOf(again, target, 1), { with: 0, without: 1 });
  assertEquals(await wait(bob, target), 6_000);
});

Deno.test("prekey draws: five times one-time prekeys of one target, then one an hour", async () => {
  const clock = new FakeClock();
  const { server, target } = await start(clock, {
    sessionIdleDeadline: 100 * HOUR,
    idleDeadline: 100 * HOUR,
  });
  await using _ = server;
  const bob = await server.secure("bob");
  const eve = await server.secure("eve");
  const other = await server.secure("other");
  await other.publish(firstPrekeys(10));
  assertEquals(await oneTimeOf(bob, target, 8), { with: 5, without: 3 });
  assertEquals(await oneTimeOf(bob, other.who.id, 2), { with: 2, without: 0 });
  assertEquals(await oneTimeOf(eve, target, 2), { with: 2, without: 0 });
  clock.now += HOUR;
  assertEquals(await oneTimeOf(bob, target, 3), { with: 1, without: 2 });
  clock.now += 20 * HOUR;
  assertEquals(await oneTimeOf(bob, target, 7), { with: 5, without: 2 });
});

Deno.test("prekey draws: twenty one-time ones for an asker, then one in 72 minutes", async () => {
  const clock = new FakeClock();
  const { server } = await start(clock, {
    sessionIdleDeadline: 100 * HOUR,
    idleDeadline: 100 * HOUR,
  });
  await using _ = server;
  const bob = await server.secure("bob");
  const targets: Uint8Array<ArrayBuffer>[] = [];
  for (let i = 0; i < 6; i++) {
    const peer = await server.secure(`target ${i}`);
    await peer.publish(firstPrekeys(5));
    targets.push(peer.who.id);
  }
  for (const target of targets.slice(0, 4)) {
    assertEquals(await oneTimeOf(bob, target, 5), { with: 5, without: 0 });
  }
  assertEquals(await oneTimeOf(bob, targets[4], 2), { with: 0, without: 2 });
  clock.now += 72 * 60_000 - 1;
  assertEquals(await oneTimeOf(bob, targets[4], 1), { with: 0, without: 1 });
  clock.now += 1;
  assertEquals(await oneTimeOf(bob, targets[4], 2), { with: 1, without: 1 });
  clock.now += 24 * HOUR;
  // What was refused here has used up nothing of the five of the pair.
  assertEquals(await oneTimeOf(bob, targets[4], 5), { with: 4, without: 1 }); // the last of them
  assertEquals(await oneTimeOf(bob, targets[5], 6), { with: 5, without: 1 });
});

Deno.test("prekey draws: fifty one-time ones of a target, then one a minute", async () => {
  const clock = new FakeClock();
  const { server, target } = await start(clock);
  await using _ = server;
  const askers = await Promise.all(Array.from({ length: 20 }, (_, i) => server.secure(`eve ${i}`)));
  let drawn = 0;
  for (const asker of askers) drawn += (await oneTimeOf(asker, target, 5)).with;
  assertEquals(drawn, 50);
  const bob = await server.secure("bob");
  assertEquals(await oneTimeOf(bob, target, 1), { with: 0, without: 1 });
  clock.now += 59_999;
  assertEquals(await oneTimeOf(bob, target, 1), { with: 0, without: 1 });
  clock.now += 1;
  assertEquals(await oneTimeOf(bob, target, 2), { with: 1, without: 1 });
  // The target's own limit has nothing to do with other targets.
  const other = await server.secure("other");
  await other.publish(firstPrekeys(5));
  assertEquals(await oneTimeOf(bob, other.who.id, 1), { with: 1, without: 0 });
});

Deno.test("prekey draws: what brought no one-time prekey does not count as one", async () => {
  const clock = new FakeClock();
  await using server = await ServerFixture.start({ clock });
  const alice = await server.secure("alice");
  const bob = await server.secure("bob");
  const target = alice.who.id;
  for (let i = 0; i < 6; i++) {
    assertEquals(await bob.refused({ kind: "fetch-prekeys", target }), "not-found");
  }
  await alice.publish(firstPrekeys(0));
  assertEquals(await oneTimeOf(bob, target, 6), { with: 0, without: 6 });
  await alice.publish(firstPrekeys(9).slice(2));
  assertEquals(await oneTimeOf(bob, target, 8), { with: 5, without: 3 });
});

Deno.test("prekey draws: the limits are the server's to set", async () => {
  const clock = new FakeClock();
  const limits = { prekeyBurst: 3, prekeyInterval: 50, oneTimeBurst: 1, oneTimeInterval: 10 };
  const { server, target } = await start(clock, limits);
  await using _ = server;
  const bob = await server.secure("bob");
  assertEquals(await oneTimeOf(bob, target, 3), { with: 1, without: 2 });
  assertEquals(await wait(bob, target), 50);
  clock.now += 50;
  assertEquals(await oneTimeOf(bob, target, 1), { with: 1, without: 0 });
});

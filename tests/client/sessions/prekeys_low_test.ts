/** A follower that is told that its one-time prekeys run low makes new ones. */
import { assertEquals } from "../../support/assert.ts";
import { tell } from "../../support/attack/parties.ts";
import { Scene } from "../../support/attack/prekey_scene.ts";
import { ONE_TIME_TARGET } from "../../support/new_client.ts";
import { until } from "../../support/until.ts";

const MINUTE = 60 * 1000;

Deno.test("prekeys run low: a follower refills at once, at most once a minute", async () => {
  await using scene = await Scene.open();
  const { alice, bob, server } = scene;
  const bobId = bob.profile.identity.id;
  await scene.follow(async (first) => {
    const before = scene.checkIns;
    scene.draw(ONE_TIME_TARGET / 2);
    // Less than a minute after the last time it does nothing, however often it is said.
    for (let i = 0; i < 100; i++) await server.tell(bobId, { kind: "prekeys-low" });
    await alice.send(server.address, "bob", "one");
    assertEquals(tell(await first), "alice: one");
    // One was Alice's.
    assertEquals([scene.checkIns, scene.left], [before + 1, ONE_TIME_TARGET / 2 - 1]);
  });
  await scene.received();
  assertEquals(scene.left, ONE_TIME_TARGET);
  await scene.follow(async (first, next) => {
    const before = scene.checkIns;
    // What comes while he looks after them is shown when he is done with it.
    await alice.send(server.address, "bob", "two");
    assertEquals(tell(await first), "alice: two");
    const later = next();
    scene.draw(ONE_TIME_TARGET / 2);
    scene.now += MINUTE;
    await server.tell(bobId, { kind: "prekeys-low" });
    await until("Bob has refilled", () => scene.left === ONE_TIME_TARGET);
    assertEquals(scene.checkIns, before + 2); // one was Alice's
    await alice.send(server.address, "bob", "three");
    assertEquals(tell(await later), "alice: three");
  });
});

for (const retryAfter of [0, 60 * MINUTE]) {
  const when = retryAfter === 0 ? "for good" : "for an hour";
  Deno.test(`prekeys run low: what the server refused ${when} is tried again later`, async () => {
    await using scene = await Scene.open();
    const { alice, bob, server } = scene;
    const bobId = bob.profile.identity.id;
    await scene.follow(async (first, next) => {
      const before = scene.checkIns;
      await alice.send(server.address, "bob", "one");
      assertEquals(tell(await first), "alice: one");
      const refusal = next();
      scene.draw(scene.left);
      scene.now += 2 * MINUTE;
      server.lie = ({ kind }) =>
        kind === "check-in"
          ? { kind: "error", error: "failed", retryAfter, text: "the disk failed" }
          : undefined;
      await server.tell(bobId, { kind: "prekeys-low" });
      await until("the server has failed", () => scene.checkIns === before + 2); // one was Alice's
      assertEquals((await refusal).type, "notice");
      server.lie = () => undefined;
      const last = next();
      server.cut(); // a new connection is a reason to look again
      await until("Bob has refilled", () => scene.left === ONE_TIME_TARGET);
      assertEquals(scene.checkIns, before + 3);
      await until("Bob follows again", () => server.follows(bobId));
      await alice.send(server.address, "bob", "two");
      assertEquals(tell(await last), "alice: two");
    });
  });
}

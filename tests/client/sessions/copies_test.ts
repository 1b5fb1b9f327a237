/** What a copy of a profile can still open, after something has proved that it is one. */
import { ONE_TIME_TARGET } from "../../support/model/party.ts";
import { type Step, withWorlds } from "../../support/model/model.ts";

Deno.test("sessions: a proved copy begins anew a session without a one-time prekey", async () => {
  const alice = 0, bob = 1;
  // Bob uses up Alice's one-time prekeys, and then starts a session without.
  const starts = Array.from({ length: ONE_TIME_TARGET + 1 }, (): Step[] => [
    (world) => world.wipe(bob),
    (world) => world.send(bob, alice, null),
  ]);
  await withWorlds(async (tried) => {
    await tried([
      (world) => world.copy(alice),
      ...starts.flat(),
      (world) => world.send(bob, alice, null),
      (world) => world.receive(alice, "all", 0, null),
      (world) => world.send(bob, alice, null),
      // The last text opens with the copy, in a session that knows the keys of those before it.
      (world) => world.restore(alice),
      (world) => world.receive(alice, "all", 0, null),
    ]);
  });
});

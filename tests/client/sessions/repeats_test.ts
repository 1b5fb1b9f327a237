/** Repeats, and what only looks like one. */
import { withWorlds } from "../../support/model/model.ts";

Deno.test("sessions: a text sent again in a new session is no repeat, later it is", async () => {
  await withWorlds(async (tried) => {
    await tried([
      (world) => world.send(0, 1, null),
      // The second copy cannot be opened, and Bob asks for it.
      (world) => world.repeat(1, 0, true),
      (world) => world.receive(1, "all", 0, null),
      (world) => world.receive(0, "all", 0, null),
      // Bob gets the answer, then both envelopes again and again.
      (world) => world.repeat(1, 1, false),
      (world) => world.repeat(1, 1, true),
      (world) => world.repeat(1, 0, false),
      (world) => world.repeat(1, 0, true),
    ]);
  });
});

/** Everything that writes or asks breaks down at each of its steps, in each way. */
import type { Fault, FaultKind } from "../support/model/faults.ts";
import { assert } from "../support/assert.ts";
import { type Step, withWorlds } from "../support/model/model.ts";

const KINDS: FaultKind[] = ["crash-before", "crash-after", "disk", "unsent", "unanswered"];

/** A conversation is under way; Alice has kept a copy of her profile, and has used it since. */
const before: Step[] = [
  (world) => world.send(0, 1, null),
  (world) => world.receive(1, "all", 0, null),
  (world) => world.send(1, 0, null),
  (world) => world.receive(0, "all", 0, null),
  (world) => world.copy(0),
  (world) => world.send(0, 1, null),
  (world) => world.send(2, 0, null),
  (world) => world.send(1, 0, null),
];

async function tryAll(name: string, steps: (fault: Fault) => Step[]): Promise<void> {
  await withWorlds(async (tried) => {
    for (const kind of KINDS) {
      let broke = true;
      for (let at = 0; broke; at++) {
        try {
          ({ broke } = await tried([...before, ...steps({ at, kind })]));
        } catch (cause) {
          throw new Error(`${name}: ${kind} at step ${at}`, { cause });
        }
        assert(broke || at > 0, `${name}: nothing breaks down by ${kind}`);
      }
    }
  });
}

Deno.test("sessions: sending may break down at every step", async () => {
  await tryAll("sending", (fault) => [(world) => world.send(0, 1, fault)]);
});

Deno.test("sessions: sending for the first time may break down at every step", async () => {
  await tryAll("first sending", (fault) => [(world) => world.send(1, 2, fault)]);
});

Deno.test("sessions: receiving may break down at every step", async () => {
  await tryAll("receiving", (fault) => [(world) => world.receive(0, "all", 0, fault)]);
});

Deno.test("sessions: what follows lost sessions may break down at every step", async () => {
  await tryAll("asking again", (fault) => [
    (world) => world.wipe(0),
    (world) => world.receive(0, "all", 0, fault),
  ]);
  await tryAll("answering", (fault) => [
    (world) => world.wipe(0),
    (world) => world.receive(0, "all", 0, null),
    (world) => world.receive(1, "all", 0, fault),
  ]);
});

Deno.test("sessions: noticing an old copy may break down at every step", async () => {
  await tryAll("old copy", (fault) => [
    (world) => world.restore(0),
    (world) => world.receive(0, "all", 0, fault),
  ]);
});

Deno.test("sessions: mixing KEM secrets in may break down at every step", async () => {
  // The last message carries a key, the answer to one, or is the first after both.
  for (const turns of [2, 3, 4]) {
    await tryAll(`${turns} turns`, (fault) => [(world) => world.talk([0, 1], turns, 1.1, fault)]);
  }
});

import fc from "fast-check";
import { Hold, type MemoryHolder, MemoryPool } from "../../../server/limits/memory_budget.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { runs } from "../../support/fuzz.ts";
import { FakeClock } from "../../support/server/server_fixture.ts";

const SECOND = 1_000;

function pool(size = 100) {
  const clock = new FakeClock();
  const all = new MemoryPool(size, clock.read);
  const ended: string[] = [];
  const holds = new Map<MemoryHolder, Hold[]>();
  const holder = (name: string, source: unknown = name): MemoryHolder => {
    const self: MemoryHolder = {
      source,
      moved: 0,
      end: () => {
        ended.push(name);
        all.leave(self, new Error("ended"));
        holds.get(self)?.forEach((hold) => hold.release());
      },
    };
    holds.set(self, []);
    return self;
  };
  /** Notes the order in which holders get what they asked for. */
  const got: string[] = [];
  const take = (holder: MemoryHolder, size: number, name = ""): void => {
    const taken = all.take(holder, size);
    const note = (hold: Hold) => {
      got.push(name);
      holds.get(holder)?.push(hold);
    };
    if (taken instanceof Hold) note(taken);
    else taken.then(note, () => {});
  };
  const release = (holder: MemoryHolder) =>
    holds.get(holder)?.splice(0).forEach((h) => h.release());
  return { all, clock, ended, holder, holds, got, take, release };
}

/** Lets promises that are settled be noticed. */
async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

Deno.test("memory: what is free is there at once, and what was given back", () => {
  const { all, holder } = pool();
  const [alice, bob] = [holder("alice"), holder("bob")];
  const hold = all.take(alice, 60);
  assert(hold instanceof Hold);
  assertEquals(all.used, 60);
  hold.shrinkTo(10);
  assert(all.take(bob, 90) instanceof Hold);
  hold.release();
  hold.release();
  assertEquals([all.used, all.waiting], [90, 0]);
});

Deno.test("memory: who holds nothing goes first, then in the order of asking", async () => {
  const { holder, got, take, release } = pool();
  const [alice, bob, carol, dave] = ["alice", "bob", "carol", "dave"].map((name) => holder(name));
  take(alice, 50, "alice");
  take(bob, 50, "bob");
  take(alice, 20, "alice again");
  take(carol, 40, "carol");
  take(dave, 5, "dave"); // does not overtake carol, though it would fit sooner
  release(bob);
  await settled();
  assertEquals(got, ["alice", "bob", "carol", "dave"]);
  release(carol);
  await settled();
  assertEquals(got.at(-1), "alice again");
});

Deno.test("memory: more than all counts as all", () => {
  const { all, holder } = pool();
  const hold = all.take(holder("alice"), 1_000);
  assert(hold instanceof Hold);
  assertEquals(all.used, 100);
  hold.release();
  assertEquals(all.used, 0);
});

Deno.test("memory: whoever leaves waits no longer, and lets others by", async () => {
  const { all, holder, got, take } = pool();
  const [alice, bob, carol] = ["alice", "bob", "carol"].map((name) => holder(name));
  take(alice, 80);
  const waiting = Promise.resolve(all.take(bob, 50));
  take(carol, 10, "carol");
  all.leave(bob, new Error("gone"));
  await assertRejects(() => waiting, Error, "gone");
  await settled();
  assertEquals([got, all.used], [["", "carol"], 90]);
});

Deno.test("memory: while nobody waits, nobody is ended, however slow", () => {
  const { all, clock, ended, holder, take } = pool();
  take(holder("alice"), 100);
  clock.now += 3_600 * SECOND;
  assertEquals([all.sweep(), ended], [0, []]);
});

Deno.test("memory: the slowest are ended, as many as it takes, if somebody waited", async () => {
  const { all, clock, ended, holder, got, take } = pool();
  const names = ["still", "dripping", "modem", "fast", "patient"];
  const [still, dripping, modem, fast, patient] = names.map((name) => holder(name));
  for (const slow of [dripping, still, modem]) take(slow, 20);
  take(fast, 40);
  take(patient, 30, "patient");
  for (let i = 0; i < 4; i++) {
    assertEquals(ended, []);
    clock.now += SECOND / 2;
    dripping.moved += 1;
    modem.moved += 5_000;
    fast.moved += 1_000_000;
    all.sweep();
  }
  await settled();
  assertEquals(ended, ["still", "dripping"]);
  assertEquals(got.at(-1), "patient");
  clock.now += 60 * SECOND;
  assertEquals(all.sweep(), 0);
});

Deno.test("memory: who moves is not ended, nor who has just begun", () => {
  const { all, clock, ended, holder, take } = pool();
  const [fast, patient, young] = ["fast", "patient", "young"].map((name) => holder(name));
  take(fast, 50);
  clock.now += 10 * SECOND;
  take(young, 50);
  take(patient, 10);
  for (let i = 0; i < 3; i++) {
    clock.now += SECOND / 2;
    fast.moved += 1_000_000;
    all.sweep();
  }
  assertEquals(ended, []);
  for (let i = 0; i < 2; i++) {
    clock.now += SECOND / 2;
    fast.moved += 1_000_000;
    all.sweep();
  }
  assertEquals(ended, ["young"]);
});

Deno.test("memory: a thousand that drip from one address do not stop one that reads", async () => {
  const { all, clock, holder, holds, got, take } = pool(100);
  for (let i = 0; i < 1_000; i++) take(holder(`${i}`, "their address"), 10, "dripping");
  const healthy = holder("healthy");
  take(healthy, 10, "healthy");
  // At first the slow ones have all; once they were ended, the next place is the healthy one's.
  for (let i = 0; i < 4; i++) {
    clock.now += SECOND / 2;
    all.sweep();
  }
  await settled();
  for (let chunk = 1; chunk < 100; chunk++) {
    assertEquals(got.filter((name) => name === "healthy").length, chunk);
    // The next one is asked for before this one is over, as those who pipeline do.
    take(healthy, 10, "healthy");
    holds.get(healthy)?.shift()?.release();
    await settled();
  }
});

Deno.test("memory: never more than the budget, and all is given back (property)", async () => {
  const step = fc.record({
    who: fc.integer({ min: 0, max: 4 }),
    size: fc.integer({ min: 1, max: 150 }),
    what: fc.constantFrom("take", "release", "leave", "sweep"),
  });
  const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
    const { all, clock, holder, take, release } = pool();
    const holders = Array.from({ length: 5 }, (_, i) => holder(`${i}`));
    for (const { who, size, what } of steps) {
      if (what === "take") take(holders[who], size);
      if (what === "release") release(holders[who]);
      if (what === "leave") all.leave(holders[who], new Error("gone"));
      if (what === "sweep") {
        clock.now += SECOND;
        all.sweep();
      }
      await settled();
      assert(all.used <= 100 && all.used >= 0);
    }
    while (all.used > 0 || all.waiting > 0) {
      holders.forEach(release);
      await settled();
    }
  });
  await fc.assert(property, runs(200));
});

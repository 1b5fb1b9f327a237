import fc from "fast-check";
import { Hold, MemoryPool } from "../../../server/limits/memory_pool.ts";
import type { MemoryHolder } from "../../../server/limits/slow_holders.ts";
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
      ended: null,
      end: () => {
        ended.push(name);
        self.ended = new Error("ended");
        all.leave(self, self.ended);
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
  take(alice, 5, "alice");
  take(bob, 95, "bob");
  take(alice, 20, "alice again");
  take(carol, 90, "carol");
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

Deno.test("memory: a source has what it leaves free, and waits in nobody's way", async () => {
  const { all, holder, got, take, release } = pool();
  const [first, second, third] = ["first", "second", "third"].map((name) => holder(name, "eve"));
  take(first, 30, "first");
  take(second, 30, "second");
  take(third, 20, "third"); // as much as it leaves free then; it waits behind nobody
  await settled();
  assertEquals([got, all.used, all.waiting], [["first"], 30, 2]);
  const [alice, bob] = [holder("alice"), holder("bob")];
  take(alice, 30, "alice");
  take(bob, 40, "bob"); // the first thing of a source may be all that is there
  assertEquals([got.slice(1), all.used], [["alice", "bob"], 100]);
  release(bob);
  release(first);
  await settled();
  assertEquals([got.slice(3), all.used], [["second"], 60]);
  release(alice);
  await settled();
  assertEquals([got.slice(4), all.used], [["third"], 50]);
});

Deno.test("memory: who waits ends its own neighbours before those that hold less", async () => {
  const { all, clock, ended, holder, got, take } = pool();
  take(holder("modem"), 20, "modem");
  take(holder("slow", "eve"), 40, "slow");
  take(holder("stuck", "eve"), 25, "stuck");
  clock.now += 10 * SECOND;
  assertEquals([all.sweep(), ended], [1, ["slow"]]);
  await settled();
  assertEquals(got, ["modem", "slow", "stuck"]);
});

Deno.test("memory: who waits ends those of the source that holds most, no more", async () => {
  const { all, clock, ended, holder, got, take } = pool();
  const eve = ["e1", "e2", "e3", "e4"].map((name) => holder(name, "eve"));
  for (const one of eve) take(one, 12);
  take(holder("modem"), 40);
  for (const one of eve.slice(1)) one.moved = 1; // the first is the slowest
  take(holder("alice"), 20, "alice");
  clock.now += 10 * SECOND;
  all.sweep();
  await settled();
  assertEquals([ended, got.at(-1)], [["e1"], "alice"]);
});

Deno.test("memory: who holds something ends nobody to get more", () => {
  const { all, clock, ended, holder, take } = pool();
  const alice = holder("alice");
  take(alice, 10);
  take(holder("bob"), 80);
  take(alice, 50);
  clock.now += 60 * SECOND;
  assertEquals([all.sweep(), ended, all.waiting], [0, [], 1]);
});

Deno.test("memory: a connection that has ended gets nothing, and is ended once", async () => {
  const { all, clock, holder, take } = pool();
  const [alice, bob] = [holder("alice"), holder("bob")];
  const hold = all.take(alice, 100);
  alice.ended = new Error("gone");
  await assertRejects(async () => await all.take(alice, 1), Error, "gone");
  take(bob, 10);
  clock.now += 10 * SECOND;
  assertEquals([all.sweep(), all.waiting], [0, 1]); // it gives back what it holds by itself
  (hold as Hold).release();
  assertEquals([all.used, all.waiting], [10, 0]);
});

Deno.test("memory: a thousand that drip from one address do not stop a reader", async () => {
  const { holder, holds, got, take } = pool();
  for (let i = 0; i < 1_000; i++) take(holder(`${i}`, "their address"), 10, "dripping");
  const healthy = holder("healthy");
  // No time passes, and nobody is ended.
  for (let chunk = 1; chunk < 100; chunk++) {
    take(healthy, 10, "healthy");
    // The next one is asked for before this one is over, as those who pipeline do.
    take(healthy, 10, "healthy");
    holds.get(healthy)?.splice(0).forEach((hold) => hold.release());
    await settled();
    assertEquals(got.filter((name) => name === "healthy").length, 2 * chunk);
    holds.get(healthy)?.splice(0).forEach((hold) => hold.release());
  }
});

/** What the property below does with one of its connections. */
const step = fc.record({
  who: fc.nat({ max: 8 }),
  size: fc.integer({ min: 1, max: 120 }),
  what: fc.constantFrom("take", "take", "take", "release", "shrink", "move", "leave", "sweep"),
});

Deno.test("memory: it stays within bounds and nobody waits for ever (property)", async () => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
    const scene = new Scene(100);
    for (const one of steps) {
      scene.step(one);
      await settled();
      scene.check();
    }
    // From here on no peer moves. Those who hold nothing get their part, one after the other.
    for (let i = 0; i < 200 && scene.hungry().length > 0; i++) {
      scene.step({ who: 0, size: 0, what: "sweep" });
      await settled();
      scene.check();
    }
    assertEquals(scene.hungry(), []);
    // The others get what they wait for when they let go of what they hold.
    for (let i = 0; i < 200 && scene.asked.size > 0; i++) {
      for (let who = 0; who <= 8; who++) scene.step({ who, size: 0, what: "release" });
      await settled();
      scene.check();
    }
    assertEquals([scene.asked.size, scene.pool.waiting], [0, 0]);
  });
  await fc.assert(property, runs(500));
});

interface Asked {
  who: MemoryHolder;
  size: number;
}

/** A pool, nine connections of three sources, and an account of what each should hold. */
class Scene {
  readonly #clock = new FakeClock();
  readonly pool: MemoryPool;
  readonly #holders: MemoryHolder[] = [];
  /** In the order in which they were got. */
  #holds: { who: MemoryHolder; hold: Hold; size: number }[] = [];
  /** In the order in which they were asked for. */
  readonly asked = new Set<Asked>();

  constructor(private readonly size: number) {
    this.pool = new MemoryPool(size, this.#clock.read);
    for (let i = 0; i < 9; i++) this.#holders.push(this.#holder(i));
  }

  step({ who: index, size, what }: { who: number; size: number; what: string }): void {
    const who = this.#holders[index];
    switch (what) {
      case "take":
        return this.#take(who, size);
      case "release":
        return this.#letGo(who, 0);
      case "shrink":
        return this.#letGo(who, size);
      case "move":
        who.moved += 1_000 * size;
        return;
      case "leave":
        who.end();
        // Another connection takes its place.
        this.#holders[index] = this.#holder(index);
        return;
      case "sweep":
        this.#clock.now += SECOND / 2;
        this.pool.sweep();
    }
  }

  /** Those who wait and hold nothing. */
  hungry(): Asked[] {
    return [...this.asked].filter(({ who }) => this.#heldBy((other) => other === who) === 0);
  }

  check(): void {
    const { used, waiting } = this.pool;
    assertEquals(used, this.#heldBy(() => true));
    assertEquals(waiting, this.asked.size);
    assert(used <= this.size, `${used} bytes`);
    const free = this.size - used;
    let [someoneGoes, someoneBlocks] = [false, false];
    for (const source of [0, 1, 2]) {
      const holds = this.#holds.filter(({ who, size }) => who.source === source && size > 0);
      const held = holds.reduce((sum, { size }) => sum + size, 0);
      assert(held <= this.size / 2 || holds.length === 1, `a source holds ${held} bytes`);
      const self = ({ who }: Asked) => this.#heldBy((other) => other === who);
      const own = [...this.asked].filter(({ who }) => who.source === source);
      const [first] = own.sort((a, b) => self(a) - self(b));
      if (!first) continue;
      const needed = Math.min(first.size, this.size);
      someoneBlocks ||= held === 0 && needed > free;
      someoneGoes ||= held === 0 ? needed <= free : held + 2 * needed <= free;
    }
    assert(!someoneGoes || someoneBlocks, "somebody waits for what is there");
  }

  #take(who: MemoryHolder, size: number): void {
    const asked = { who, size };
    this.asked.add(asked);
    const got = (hold: Hold) => {
      this.asked.delete(asked);
      this.#holds.push({ who, hold, size: Math.min(size, this.size) });
      if (who.ended) this.#letGo(who, 0);
    };
    const taken = this.pool.take(who, size);
    if (taken instanceof Hold) got(taken);
    else taken.then(got, () => this.asked.delete(asked));
  }

  /** Gives back what exceeds `size` of all that `who` holds. */
  #letGo(who: MemoryHolder, size: number): void {
    for (const one of this.#holds) {
      if (one.who !== who) continue;
      one.size = Math.min(one.size, size);
      one.hold.shrinkTo(size);
    }
    this.#holds = this.#holds.filter((one) => one.size > 0);
  }

  #heldBy(condition: (who: MemoryHolder) => boolean): number {
    const holds = this.#holds.filter(({ who }) => condition(who));
    return holds.reduce((sum, { size }) => sum + size, 0);
  }

  #holder(index: number): MemoryHolder {
    const self: MemoryHolder = {
      source: index % 3,
      moved: 0,
      ended: null,
      end: () => {
        self.ended = new Error("ended");
        this.pool.leave(self, self.ended);
        this.#letGo(self, 0);
      },
    };
    return self;
  }
}

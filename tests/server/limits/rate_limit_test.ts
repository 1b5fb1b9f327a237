import fc from "fast-check";
import { RateLimit } from "../../../server/limits/rate_limit.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { runs } from "../../support/fuzz.ts";
import { FakeClock } from "../../support/server/server_fixture.ts";

function limited({ burst = 3, interval = 10, capacity = 100 } = {}) {
  const clock = new FakeClock();
  clock.now = 1_000;
  const limit = new RateLimit({ burst, interval, clock: clock.read, capacity });
  /** How many tokens there are, all of which are taken. */
  const drain = (key: string) => {
    for (let count = 0;; count++) if (limit.take(key) > 0) return count;
  };
  return { clock, limit, drain };
}

Deno.test("rate limit: so many at once, then one in each interval", () => {
  const { clock, limit } = limited();
  assertEquals([1, 2, 3, 4, 5].map(() => limit.take("a")), [0, 0, 0, 10, 10]);
  clock.now += 4;
  assertEquals(limit.take("a"), 6);
  clock.now += 6;
  assertEquals([limit.take("a"), limit.take("a")], [0, 10]);
  clock.now += 25;
  assertEquals([1, 2, 3].map(() => limit.take("a")), [0, 0, 5]);
});

Deno.test("rate limit: after a long pause there are no more than a full bucket", () => {
  const { clock, drain } = limited();
  assertEquals(drain("a"), 3);
  clock.now += 1_000_000;
  assertEquals(drain("a"), 3);
});

Deno.test("rate limit: a clock of fractions makes whole waits, and they are enough", () => {
  const { clock, limit, drain } = limited({ burst: 100, interval: 6_000 });
  for (let i = 0; i < 50; i++) {
    clock.now += 600_000 + 0.1 * i;
    assertEquals(drain("a"), 100);
    clock.now += 0.7;
    const wait = limit.take("a");
    assert(Number.isInteger(wait) && wait >= 5_999 && wait <= 6_000, `${wait}`);
    clock.now += wait;
    assertEquals([limit.take("a"), limit.take("a") > 0], [0, true]);
  }
});

Deno.test("rate limit: keys have nothing to do with each other", () => {
  const { limit, drain } = limited();
  drain("a");
  assertEquals([limit.take("b"), limit.take("a") > 0, drain("b")], [0, true, 2]);
});

Deno.test("rate limit: a token that is given back is there again, and no more than that", () => {
  const { clock, limit, drain } = limited();
  limit.giveBack("a");
  assertEquals(drain("a"), 3);
  limit.giveBack("a");
  assertEquals(drain("a"), 1);
  clock.now += 1_000;
  limit.take("a");
  limit.giveBack("a");
  limit.giveBack("nobody");
  assertEquals(drain("a"), 3);
});

Deno.test("rate limit: full buckets are forgotten", () => {
  const { clock, limit } = limited({ capacity: 1_000_000 });
  for (let i = 0; i < 1000; i++) limit.take(`key ${i}`);
  assertEquals(limit.size, 1000);
  clock.now += 9;
  limit.take("one more");
  assertEquals(limit.size, 1001);
  clock.now += 1;
  limit.take("again");
  assertEquals(limit.size, 2);
});

Deno.test("rate limit: with too many keys that goes which was unused for the longest", () => {
  const { limit, drain } = limited({ capacity: 10 });
  drain("old");
  drain("used");
  for (let i = 0; i < 8; i++) limit.take(`key ${i}`);
  assertEquals([limit.size, limit.take("old"), limit.take("used")], [10, 10, 10]);
  limit.take("one more");
  assertEquals([limit.size, limit.take("used"), limit.take("old")], [10, 10, 0]);
});

Deno.test("rate limit: in no span of time more than promised (property)", () => {
  const steps = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 60 });
  const property = fc.property(steps, fc.integer({ min: 1, max: 5 }), (pauses, burst) => {
    const { clock, limit } = limited({ burst, interval: 10 });
    const taken: number[] = [];
    for (const pause of pauses) {
      clock.now += pause;
      const wait = limit.take("a");
      if (wait === 0) taken.push(clock.now);
      assertEquals(wait <= 10, true);
    }
    for (let from = 0; from < taken.length; from++) {
      for (let to = from; to < taken.length; to++) {
        assert(to - from + 1 <= burst + (taken[to] - taken[from]) / 10, `${taken}`);
      }
    }
  });
  fc.assert(property, runs(500));
});

Deno.test("rate limit: what is taken and given back takes nobody's place", () => {
  const { limit, drain } = limited({ capacity: 10 });
  drain("a");
  for (let i = 0; i < 100; i++) {
    assertEquals(limit.take(`key ${i}`), 0);
    limit.giveBack(`key ${i}`);
  }
  assertEquals([limit.take("a") > 0, limit.size], [true, 1]);
});

Deno.test("rate limit: several tokens at a time, all or none", () => {
  const { clock, limit, drain } = limited({ burst: 10 });
  assertEquals([limit.take("a", 7), limit.take("a", 4), limit.take("a", 3)], [0, 10, 0]);
  clock.now += 35;
  assertEquals([limit.take("a", 5), limit.take("a", 3), drain("a")], [15, 0, 0]);
});

Deno.test("rate limit: more than a full bucket counts as a full one", () => {
  const { clock, limit } = limited({ burst: 10 });
  assertEquals([limit.take("a", 1_000), limit.take("a", 1_000)], [0, 100]);
  clock.now += 100;
  assertEquals(limit.take("a", 1_000), 0);
});

Deno.test("rate limit: what is charged can be more than there is; then all wait for it", () => {
  const { clock, limit, drain } = limited({ burst: 10 });
  limit.charge("a", 15);
  assertEquals(limit.take("a"), 60);
  clock.now += 60;
  assertEquals(drain("a"), 1);
});

Deno.test("rate limit: with many tokens a millisecond the promised wait is enough", () => {
  const { clock, limit } = limited({ burst: 8 * 2 ** 30, interval: 1e-5 });
  limit.take("a", 8 * 2 ** 30);
  for (let i = 1; i < 2_000; i++) {
    clock.now += 0.37;
    const wait = limit.take("a", 1_000 * i);
    if (wait === 0) continue;
    clock.now += wait;
    assertEquals(limit.take("a", 1_000 * i), 0);
  }
});

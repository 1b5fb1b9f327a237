import { Pace } from "../../../../client/cli/terminal/pace.ts";
import { assert, assertEquals } from "../../../support/assert.ts";

Deno.test("pace: is not known before there was time to measure it", () => {
  const pace = new Pace();
  assertEquals([pace.rate, pace.left(1)], [null, null]);
  pace.add(1000, 5000);
  pace.add(1399, 6000);
  assertEquals([pace.rate, pace.left(1)], [null, null]);
  pace.add(1400, 7000);
  assertEquals([pace.rate, pace.left(10_000), pace.left(10_001)], [5000, 2, 3]);
});

Deno.test("pace: what was moved before it began does not count", () => {
  const pace = new Pace();
  pace.add(0, 1e9);
  pace.add(1000, 1e9 + 500);
  assertEquals(pace.rate, 500);
});

Deno.test("pace: follows a change within its ten seconds", () => {
  const pace = new Pace();
  let moved = 0;
  for (let at = 0; at <= 20_000; at += 10) pace.add(at, moved += 1000);
  assertEquals(Math.round(pace.rate!), 100_000);
  for (let at = 20_010; at <= 31_000; at += 10) pace.add(at, moved += 10);
  assert(pace.rate! < 2000, String(pace.rate));
});

Deno.test("pace: nothing left takes no time, and what stands still for ever", () => {
  const pace = new Pace();
  assertEquals(pace.left(0), 0);
  pace.add(0, 100);
  pace.add(5000, 100);
  assertEquals([pace.rate, pace.left(1), pace.left(0)], [0, null, 0]);
});

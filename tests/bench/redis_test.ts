import { assertEquals, assertThrows } from "../support/assert.ts";
import { rateIn } from "./redis.ts";

Deno.test("bench: the rate is read from what redis-benchmark writes", () => {
  const csv = '"test","rps","avg_latency_ms"\n"XADD s * content xx","19801.98","0.268"\n';
  assertEquals(rateIn(csv), 19801.98);
  assertEquals(rateIn(`WARNING: something\n${csv}`), 19801.98);
});

Deno.test("bench: another output of redis-benchmark is no rate", () => {
  for (const csv of ["", "Could not connect\n", '"test","rps"\n"XADD","0.00"\n']) {
    assertThrows(() => rateIn(csv), Error, "no rate");
  }
});

import { RoundRobin } from "../../../server/storage/round_robin.ts";
import { assertEquals } from "../../support/assert.ts";

Deno.test("round robin: clients take turns, and what each has keeps its order", () => {
  const queue = new RoundRobin<string>();
  for (const one of ["a1", "a2", "a3", "b1", "c1", "b2"]) queue.push(one[0], one);
  assertEquals(queue.size, 3);
  const order = Array.from({ length: 7 }, () => queue.next());
  assertEquals(order, ["a1", "b1", "c1", "a2", "b2", "a3", undefined]);
  assertEquals(queue.size, 0);
});

import { inOrder } from "../../../client/transfers/in_order.ts";
import { assertEquals } from "../../support/assert.ts";

Deno.test("in order: results come in order, however they end", async () => {
  const steps = [1, 2, 3].map(() => Promise.withResolvers<number>());
  const all = Array.fromAsync(inOrder(steps.map(({ promise }) => promise)));
  for (const n of [2, 0, 1]) steps[n].resolve(n);
  assertEquals(await all, [0, 1, 2]);
});

Deno.test("in order: the first failure is thrown, after what the others come to", async () => {
  const steps = [
    Promise.resolve(0),
    Promise.reject("one"),
    Promise.resolve(2),
    Promise.reject("3"),
  ];
  const results: unknown[] = [];
  const run = async () => {
    for await (const result of inOrder(steps)) results.push(result);
  };
  assertEquals(await run().catch((reason) => reason), "one");
  assertEquals(results, [0, 2]);
});

Deno.test("in order: who wants no more waits until nothing is under way", async () => {
  const last = Promise.withResolvers<number>();
  let isOver = false;
  const run = async () => {
    for await (const _ of inOrder([Promise.resolve(0), last.promise])) break;
    isOver = true;
  };
  const running = run();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(isOver, false);
  last.resolve(1);
  await running;
});

import { Turns } from "../../../server/limits/turns.ts";
import { nextTurn } from "../../../shared/sleep.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";

const take = (turns: Turns, order: string[], source: string, client: string) =>
  turns.take(source, client).then(() => order.push(source + client));

Deno.test("turns: sources take turns, and so do the clients of each", async () => {
  const turns = new Turns(() => 0);
  const order: string[] = [];
  const all = ["a1", "a1", "a1", "a2", "a2", "b1", "a3"].map(([source, client]) =>
    take(turns, order, source, client)
  );
  await Promise.all(all);
  assertEquals(order, ["a1", "a1", "b1", "a2", "a3", "a1", "a2"]);
});

Deno.test("turns: one that does work ends when that is done, or has failed", async () => {
  const turns = new Turns(() => 0);
  const order: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = turns.run("a", "1", () => promise);
  const failing = turns.run("b", "1", () => Promise.reject(new Error("no")));
  const throwing = turns.run("b", "2", () => {
    throw new Error("never");
  });
  const last = take(turns, order, "c", "1");
  for (let i = 0; i < 20; i++) await nextTurn(0);
  assertEquals(order, []);
  resolve();
  await first;
  await assertRejects(() => failing, Error, "no");
  await assertRejects(() => throwing, Error, "never");
  await last;
});

Deno.test("turns: who is alone goes on at once, and others get theirs first", async () => {
  const turns = new Turns(() => 0);
  const order: string[] = [];
  await take(turns, order, "a", "1");
  await turns.goOn("a", "1");
  const other = take(turns, order, "b", "2");
  const again = turns.goOn("a", "1").then(() => order.push("again"));
  await Promise.all([other, again]);
  assertEquals(order, ["a1", "b2", "again"]);
});

Deno.test("turns: all that is ready goes between two of them", async () => {
  const turns = new Turns(() => 0);
  let [taken, others] = [0, 0];
  const all = Array.from({ length: 20 }, async () => {
    await turns.take("source", "client");
    assert(others >= taken++, `${others} others before turn ${taken}`);
  });
  for (let i = 0; i < 20; i++) {
    await nextTurn(0);
    others++;
  }
  await Promise.all(all);
});

import type { Hold } from "../../../server/limits/memory_pool.ts";
import { Answers } from "../../../server/secure/answers.ts";
import { fromUtf8, utf8 } from "../../../shared/bytes.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { settled } from "../../support/pieces.ts";

/** Answers whose writes are noted, and stay under way until `go`. */
function answersWith({ stuck = false, broken = false } = {}) {
  const writes: string[] = [];
  const failures: unknown[] = [];
  const go = Promise.withResolvers<void>();
  if (!stuck) go.resolve();
  const write = (name: string) => {
    writes.push(name);
    return broken ? Promise.reject(new Error("no peer")) : go.promise;
  };
  const answers = new Answers((frames) => write(fromUtf8(frames)), (error) => failures.push(error));
  let held = 0;
  const add = (size = 1) => {
    held++;
    const hold = { release: () => held-- };
    return answers.add(size, hold as unknown as Hold);
  };
  return { answers, writes, failures, go: go.resolve, write, add, held: () => held };
}

Deno.test("answers: 64 that are ready together leave in one write, in order", async () => {
  const { answers, writes, add } = answersWith();
  const places = Array.from({ length: 64 }, () => add());
  for (const [i, place] of places.entries()) {
    Promise.resolve().then(() => answers.ready(place, utf8(`${i},`)));
  }
  await settled();
  assertEquals(writes, [places.map((_, i) => `${i},`).join("")]);
});

Deno.test("answers: one that is alone waits for nothing", () => {
  const { answers, writes, add } = answersWith();
  answers.ready(add(), utf8("a"));
  assertEquals(writes, ["a"]);
});

Deno.test("answers: who is ready early waits for those before it, and goes with them", async () => {
  const { answers, writes, add } = answersWith();
  const [first, second, third] = [add(), add(), add()];
  answers.ready(third, utf8("c"));
  answers.ready(second, utf8("b"));
  await settled();
  assertEquals(writes, []);
  answers.ready(first, utf8("a"));
  await settled();
  assertEquals(writes, ["abc"]);
});

Deno.test("answers: one that writes itself keeps its place, and joins nothing", async () => {
  const { answers, writes, write, add } = answersWith();
  const places = [add(), add(), add(), add(), add(), add()];
  const [a, b, long, longer, c, d] = places;
  for (const [place, name] of [[d, "d"], [c, "c"], [b, "b"]] as const) {
    answers.ready(place, utf8(name));
  }
  answers.ready(longer, () => write("longer"));
  answers.ready(long, () => write("long"));
  answers.ready(a, utf8("a"));
  await settled();
  assertEquals(writes, ["ab", "long", "longer", "cd"]);
});

Deno.test("answers: each counts, and holds its memory, until it is written", async () => {
  const { answers, go, add, held } = answersWith({ stuck: true });
  const places = [add(10), add(20)];
  for (const place of places) answers.ready(place, utf8("x"));
  await settled();
  assertEquals([answers.fit(1), answers.fit(2, 29), answers.fit(2, 30)], [false, false, true]);
  let free = false;
  const waiting = answers.until(0).then(() => free = true);
  await settled();
  assertEquals([free, held()], [false, 2]);
  go();
  await waiting;
  assertEquals(held(), 0);
});

Deno.test("answers: one that will never be ready leaves its place", async () => {
  const { answers, writes, add, held } = answersWith();
  const [lost, next] = [add(), add()];
  answers.ready(next, utf8("next"));
  answers.drop(lost);
  await settled();
  assertEquals([writes, held(), answers.fit(0)], [["next"], 0, true]);
});

Deno.test("answers: what cannot be written is told, and counts no more", async () => {
  const { answers, failures, add, held } = answersWith({ broken: true });
  answers.ready(add(), utf8("a"));
  await settled();
  assert(failures[0] instanceof Error);
  assertEquals([failures.length, held(), answers.fit(0)], [1, 0, true]);
});

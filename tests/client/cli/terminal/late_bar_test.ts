import { LateBar } from "../../../../client/cli/terminal/late_bar.ts";
import type { Moving } from "../../../../client/cli/terminal/progress.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { until } from "../../../support/until.ts";

function moving(done: number): Moving {
  const all = { files: 1, number: 1, done, size: 100, left: null, unbegun: 0 };
  return { file: "a.pdf", done, size: 100, rate: null, left: null, way: "up", all };
}

Deno.test("late bar: what moves while it is loaded is shown once, as it is then", async () => {
  const written: string[] = [];
  const bar = new LateBar({ columns: () => 80, write: (text) => written.push(text) });
  bar.show(moving(10), 0);
  bar.show(moving(20), 1000);
  assertEquals(written, []);
  await until("the bar is shown", () => written.length > 0);
  assert(written[0].includes(" 20 % of 100 bytes"), written[0]);
  bar.show(moving(30), 2000);
  assert(written[1].includes(" 30 % of 100 bytes"), written[1]);
  assertEquals(written.length, 2);
});

Deno.test("late bar: nothing is shown of what is over before it is loaded", async () => {
  const written: string[] = [];
  const terminal = { columns: () => 80, write: (text: string) => written.push(text) };
  const bar = new LateBar(terminal);
  bar.show(moving(10), 0);
  bar.clear();
  // Loaded later than the one before, as both wait for the same module.
  const other = new LateBar({ ...terminal, write: (text) => written.push(`other: ${text}`) });
  other.show(moving(20), 0);
  await until("the other is shown", () => written.length > 0);
  assert(written[0].startsWith("other: "), written[0]);
});

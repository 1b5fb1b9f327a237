import { assert, assertEquals } from "../support/assert.ts";
import { type Bench, runBench } from "./bench.ts";
import type { Suite } from "./measure.ts";
import { MissingProgram } from "./programs.ts";

/** What a run leaves: its exit code, and what it wrote. */
async function run(bench: Bench, ...args: string[]) {
  const lines: unknown[] = [];
  const { log, error } = console;
  console.log = console.error = (...line: unknown[]) => lines.push(line.join(" "));
  try {
    return { code: await runBench(bench, args), output: lines.join("\n") };
  } finally {
    Object.assign(console, { log, error });
  }
}

function benchOf(suite: Suite): Bench {
  const times = { rounds: 1, enough: 1000, deadline: 60_000 };
  return {
    task: "bench",
    summary: "Measures.",
    groups: [{ title: "", suites: [suite] }],
    ...times,
  };
}

/** A suite that must not come so far. */
function suite(name: string, prepare?: Suite["prepare"]): Suite {
  return {
    rows: [{ name, title: name, unit: "/s" }],
    prepare,
    open: () => Promise.reject(new Error("it was opened")),
  };
}

Deno.test("bench: an option asks for another bench of the same task", async () => {
  const mode = { ...benchOf(suite("redis")), task: "bench --peers", summary: "Beside peers." };
  const bench = { ...benchOf(suite("rate")), modes: { peers: mode } };
  const both = await run(bench, "--help");
  assertEquals([both.code, both.output.includes("--peers")], [0, true]);
  assert(both.output.includes("                 rate\n"));
  const other = await run(bench, "--help", "--peers");
  assert(other.output.startsWith("Usage: deno task bench --peers"));
  assert(other.output.includes("                 redis\n"));
  assertEquals((await run(bench, "--only", "redis")).code, 2);
});

Deno.test("bench: where a program is missing nothing is measured, and the user told", async () => {
  const prepare = () => Promise.reject(new MissingProgram("install age"));
  const { code, output } = await run(benchOf(suite("age", prepare)));
  assertEquals([code, output], [1, "bench: install age"]);
});

/** A server under load, and with much in it: `deno task bench:load`. */
import { runBench } from "./bench.ts";
import { steadyMemory } from "./growth.ts";
import type { Group } from "./measure.ts";
import { sizes } from "./sizes.ts";
import { CROWD_ARGS, crowdLatency } from "./under_load.ts";

const GROUPS: readonly Group[] = [
  {
    title: "With few and with many clients and waiting messages",
    suites: [sizes],
  },
  {
    title: "A server that many use",
    suites: [crowdLatency],
    serverArgs: CROWD_ARGS,
  },
  {
    title: "Memory over time: messages, polls, files and visits",
    suites: [steadyMemory],
    serverArgs: CROWD_ARGS,
  },
];

if (import.meta.main) {
  const code = await runBench({
    task: "bench:load",
    summary: "Measures a server under load, and beside it what it does without.",
    groups: GROUPS,
    rounds: 3,
    // The whole run stays below half an hour; ten minutes of it are those of the memory.
    enough: 600_000,
    deadline: 1_790_000,
  }, Deno.args);
  Deno.exit(code);
}

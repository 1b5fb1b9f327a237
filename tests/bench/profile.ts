/** Where the server's time goes for each message: `deno task bench --profile`. */
import { startServer } from "../support/server_process.ts";
import { until } from "../support/until.ts";
import type { Bench } from "./bench.ts";
import { CATEGORY_NAMES, CpuProfiler, timeByCategory } from "./cpu_profile.ts";
import type { Job, JobResult } from "./job.ts";
import type { Group, Suite } from "./measure.ts";
import { EXEMPT, MESSAGE_SIZE, PIPELINE } from "./workload.ts";

/** How long each load is watched, in milliseconds. */
const WATCHED = 3000;

interface Load {
  name: string;
  title: string;
  job: (port: number) => Job;
  countOf: (result: JobResult) => number;
}

const byRate = ({ values: [rate] }: JobResult) => rate * WATCHED / 1000;

const LOADS: readonly Load[] = [
  {
    name: "32",
    title: "sent, 32 connections",
    job: (port) => ({ kind: "send", port, senders: 32, depth: 1, milliseconds: WATCHED }),
    countOf: byRate,
  },
  {
    name: "pipelined",
    title: `sent, 1 connection, ${PIPELINE} at a time`,
    job: (port) => ({ kind: "send", port, senders: 1, depth: PIPELINE, milliseconds: WATCHED }),
    countOf: byRate,
  },
  {
    name: "push",
    title: "sent, pushed, acknowledged",
    job: (port) => ({ kind: "push", port, milliseconds: WATCHED }),
    countOf: ({ values: [count] }) => count,
  },
];

function profiled({ name, job, countOf }: Load): Suite {
  const rows = ["all", ...CATEGORY_NAMES].map((category) => ({
    name: `${name}-${category.replaceAll(/\W+/g, "-")}`,
    title: category === "all" ? "All of the main thread" : `  ${category}`,
    unit: "µs",
    limits: category === "all" ? [] : [`${name}-all`],
  }));
  return {
    rows,
    async open({ load, keep }) {
      const server = keep(await startServer({ args: EXEMPT, runtime: ["--inspect=127.0.0.1:0"] }));
      const urlIn = () => /ws:\/\/\S+/.exec(server.output.stderr)?.[0];
      await until("the inspector listens", () => urlIn() !== undefined);
      await load.run(job(server.port)); // until the server's code is compiled
      return async () => {
        using profiler = await CpuProfiler.connect(urlIn()!);
        await profiler.start();
        const result = await load.run(job(server.port));
        const times = [...timeByCategory(await profiler.stop()).values()];
        const all = times.reduce((sum, time) => sum + time);
        return [all, ...times].map((time) => ({ value: time / countOf(result) }));
      };
    },
  };
}

const GROUPS: readonly Group[] = LOADS.map((load) => ({
  title: `Server's time for each message of ${MESSAGE_SIZE} bytes, ${load.title}`,
  suites: [profiled(load)],
}));

export const PROFILE: Bench = {
  task: "bench --profile",
  summary: "Shows where the server's time goes, by V8's profiler, which takes some itself.",
  groups: GROUPS,
  rounds: 3,
  enough: 60_000,
  deadline: 120_000,
  beside: { heading: "of all", note: "share of all of it" },
};

/** Pushes: what a message costs the server on its whole way, and how fast waiting ones leave. */
import { PROCESS_FACTS } from "../support/process_facts.ts";
import { cpuDuring } from "./cpu_cost.ts";
import type { Job } from "./job.ts";
import type { Suite } from "./measure.ts";
import { echoJob, figuresOf } from "./secure_messages.ts";
import { ROUND } from "./workload.ts";

/** Messages that wait. */
const BACKLOG = 20_000;
/** Connections of the echo. */
const ECHOING = 32;

/** Both take the processor's time of the process, in all its threads. */
export const livePush: readonly Suite[] = PROCESS_FACTS
  ? [{
    rows: [{
      name: "echo-cpu",
      title: `TCP echo, processor's time of a round trip, ${ECHOING} connections`,
      unit: "µs",
    }],
    open({ peer, load }) {
      const job = echoJob(peer.echo, ECHOING);
      return Promise.resolve(async () => {
        const { values: [rate], busy, milliseconds } = await cpuDuring(peer.pid, load, job);
        return [{ value: milliseconds / (rate * ROUND / 1000) * 1000, busy }];
      });
    },
  }, {
    rows: [{
      name: "push-cpu",
      title: "Live push: sent, pushed, acknowledged; server's time of each",
      unit: "µs",
      limits: ["echo-cpu"],
      goal: { atMost: 45 },
    }],
    async open({ server, load }) {
      const job: Job = { kind: "push", port: server.port, milliseconds: ROUND };
      await load.run(job); // until its code is compiled
      return async () => {
        const { values: [count], busy, milliseconds } = await cpuDuring(server.pid, load, job);
        return [{ value: milliseconds / count * 1000, busy }];
      };
    },
  }]
  : [];

export const pushedBacklog: Suite = {
  rows: [{
    name: "push-backlog",
    title: `Pushed to one who subscribes, of ${BACKLOG.toLocaleString("en")} that wait`,
    unit: "/s",
    goal: { atLeast: 60_000 },
  }],
  open({ server: { port }, load }) {
    return Promise.resolve(async () =>
      figuresOf(await load.run({ kind: "backlog", port, count: BACKLOG }))
    );
  },
};

/** What a server's memory does over many minutes of mixed work. */
import { sleep } from "../../shared/sleep.ts";
import { PROCESS_FACTS, residentMemory } from "../support/process_facts.ts";
import { medianOf, type Suite } from "./measure.ts";
import { MB } from "./workload.ts";

const MINUTE = 60_000;
const MINUTES = 10;
/** Between two looks at the memory, in milliseconds. */
const STEP = 5_000;

export const steadyMemory: Suite = {
  rows: [
    { name: "memory-early", title: "The server's memory in the third minute", unit: "MB" },
    {
      name: "memory-late",
      title: `The server's memory in the last of ${MINUTES} minutes`,
      unit: "MB",
      limits: ["memory-early"],
      goal: { atMostOfLimit: 1.1 },
    },
  ],
  open({ server: { port, pid }, load }) {
    return Promise.resolve(async () => {
      const start = performance.now();
      const working = load.run({ kind: "mixed", port, milliseconds: MINUTES * MINUTE });
      let done = false;
      working.finally(() => done = true).catch(() => {});
      /** Sizes by minute. */
      const seen: number[][] = Array.from({ length: MINUTES + 1 }, () => []);
      while (!done && PROCESS_FACTS) {
        await sleep(STEP);
        const minute = Math.min(MINUTES, Math.floor((performance.now() - start) / MINUTE));
        seen[minute].push(await residentMemory(pid) / MB);
      }
      await working;
      return [medianOf(seen[2]), medianOf(seen[MINUTES - 1])].map((value) => ({ value }));
    });
  },
};

/** How long the executable takes from its start to its end, beside one that does nothing. */
import { compileClient, COMPILED, registerCompiled } from "./compiled_client.ts";
import type { Figure, Suite } from "./measure.ts";
import { runProgram } from "./programs.ts";

/** Starts of which a round takes the mean. */
const STARTS = 4;

export const programStart: Suite = {
  rows: [
    { name: "start-empty", title: "An empty compiled program", unit: "ms" },
    {
      name: "start-version",
      title: "messaging-client --version",
      unit: "ms",
      limits: ["start-empty"],
      goal: { atMostOfLimit: 1.15 },
    },
    {
      name: "start-send",
      title: "messaging-client send",
      unit: "ms",
      limits: ["start-empty"],
      goal: { atMostOfLimit: 1.6 },
    },
  ],
  prepare: compileClient,
  async open({ server: { port }, folder, signal }) {
    const alice = await registerCompiled("starting", { folder, port, signal });
    const bob = await registerCompiled("started", { folder, port, signal });
    const send = () => alice.run("send", bob.name, "hello");
    await send(); // starts the session
    const programs = [
      () => runProgram([COMPILED.empty], { signal }),
      () => runProgram([COMPILED.client, "--version"], { signal }),
      send,
    ];
    return async () => {
      const figures: Figure[] = programs.map(() => ({ value: 0 }));
      for (let i = 0; i < STARTS; i++) {
        for (const [program, run] of programs.entries()) {
          const start = performance.now();
          await run();
          figures[program].value += (performance.now() - start) / STARTS;
        }
      }
      return figures;
    };
  },
};

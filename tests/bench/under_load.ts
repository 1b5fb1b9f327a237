/** How long a message takes on a server that many others use. */
import type { JobResult } from "./job.ts";
import { startLoadProcess } from "./load_process.ts";
import type { Figure, Suite } from "./measure.ts";
import { startServer } from "../support/server_process.ts";

const IDLE = 8_000;
const DRIPPING = 2_000;
const ACTIVE = 1_000;
/** Milliseconds between two messages of an active connection. */
const PACE = 2_000;
/** How long the latency is measured in each state, in milliseconds. */
const DURATION = 5_000;

const ACTIVE_ONLY = `with ${ACTIVE.toLocaleString("en")} active connections`;
const CROWDED = `and ${(IDLE + DRIPPING).toLocaleString("en")} idle or dripping ones`;

/** All connections come from one address here. */
export const CROWD_ARGS = ["--exempt", "127.0.0.1", "--connections", "12000"];

/**
 * From send to pushed arrival: alone, beside active connections, and beside these and many idle
 * and dripping ones on a second server. All states are measured in each round, and what belongs to
 * the others rests meanwhile.
 */
export const crowdLatency: Suite = {
  rows: [
    { name: "alone-p50", title: "A message, alone, p50", unit: "ms" },
    { name: "alone-p99", title: "A message, alone, p99", unit: "ms" },
    { name: "active-p50", title: `${ACTIVE_ONLY}, p50`, unit: "ms", limits: ["alone-p50"] },
    { name: "active-p99", title: `${ACTIVE_ONLY}, p99`, unit: "ms", limits: ["alone-p99"] },
    { name: "crowd-p50", title: `${CROWDED}, p50`, unit: "ms", limits: ["active-p50"] },
    {
      name: "crowd-p99",
      title: `${CROWDED}, p99`,
      unit: "ms",
      limits: ["active-p99"],
      goal: { atMostOfLimit: 2 },
    },
  ],
  async open({ server, load, keep }) {
    const crowded = keep(await startServer({ args: CROWD_ARGS }));
    const few = keep(startLoadProcess());
    const many = keep(startLoadProcess());
    const active = { kind: "crowd", active: ACTIVE, pace: PACE } as const;
    await few.run({ ...active, port: server.port, idle: 0, dripping: 0 });
    await many.run({ ...active, port: crowded.port, idle: IDLE, dripping: DRIPPING });
    const latency = async (port: number): Promise<Figure[]> =>
      figuresOf(
        await load.run({ kind: "latency", port, milliseconds: DURATION }),
      );
    const beside = async (crowd: typeof few, port: number): Promise<Figure[]> => {
      await crowd.run({ kind: "resume" });
      try {
        return await latency(port);
      } finally {
        await crowd.run({ kind: "pause" });
      }
    };
    return async () => [
      ...await latency(server.port),
      ...await beside(few, server.port),
      ...await beside(many, crowded.port),
    ];
  },
};

function figuresOf({ values }: JobResult): Figure[] {
  return values.map((value) => ({ value }));
}

/** What secure connections cost: to make one, and to have many that do nothing. */
import { KiB } from "../../shared/limits.ts";
import { PROCESS_FACTS, residentMemory } from "../support/process_facts.ts";
import { startServer } from "../support/server_process.ts";
import { sleep } from "../../shared/sleep.ts";
import { cpuDuring } from "./cpu_cost.ts";
import { startLimitPeer } from "./limit_peer.ts";
import type { Job } from "./job.ts";
import type { Row, Suite } from "./measure.ts";
import { figuresOf } from "./secure_messages.ts";
import { EXEMPT, IDLE_CONNECTIONS, MB, ROUND, SENDERS, WARM_CONNECTIONS } from "./workload.ts";

/** Round trips of a handshake's size, each on a connection of its own. */
export const connects: Suite = rateOf("connects", "echo", {
  name: "connects",
  title: "TCP echo on a connection of its own",
  unit: "/s",
});

/** The server's work alone: who asks sends always the same, and does not read the answer. */
export const handshakes: Suite = rateOf("handshakes", "server", {
  name: "handshakes",
  title: "Handshakes",
  unit: "/s",
  limits: ["connects"],
});

/** Everything until the client knows the server and the server the client. */
export const logins: Suite = rateOf("logins", "server", {
  name: "logins",
  title: "Handshakes with login, both sides",
  unit: "/s",
  limits: ["connects"],
});

function rateOf(
  kind: "connects" | "handshakes" | "logins",
  where: "echo" | "server",
  row: Row,
): Suite {
  return {
    rows: [{ ...row, title: `${row.title}, ${SENDERS} at a time` }],
    open({ server, peer, load }) {
      const port = where === "echo" ? peer.echo : server.port;
      const job: Job = { kind, port, workers: SENDERS, milliseconds: ROUND };
      return Promise.resolve(async () => figuresOf(await load.run(job)));
    },
  };
}

/** The same by the second that the answering process computes, whatever else goes on. */
export const connectionsPerCpu: readonly Suite[] = PROCESS_FACTS
  ? [
    perCpu("connects", "echo", {
      name: "connects-cpu",
      title: "TCP echo on a connection of its own",
    }),
    perCpu("logins", "server", {
      name: "logins-cpu",
      title: "Handshakes with login",
      limits: ["connects-cpu"],
      goal: { atLeast: 3000 },
    }),
  ]
  : [];

function perCpu(
  kind: "connects" | "logins",
  where: "echo" | "server",
  row: Omit<Row, "unit">,
): Suite {
  return {
    rows: [{ ...row, title: `${row.title}, in a second of the server's processor`, unit: "/s" }],
    async open({ server, peer, load }) {
      const { port, pid } = where === "echo" ? { port: peer.echo, pid: peer.pid } : server;
      const job: Job = { kind, port, workers: SENDERS, milliseconds: ROUND };
      await load.run(job); // until its code is compiled
      return async () => {
        const { values: [rate], milliseconds } = await cpuDuring(pid, load, job);
        return [{ value: rate * ROUND / milliseconds }];
      };
    },
  };
}

const COUNT = IDLE_CONNECTIONS.toLocaleString("en");

/**
 * What {@link IDLE_CONNECTIONS} add to a process that already has {@link WARM_CONNECTIONS}: with
 * the first ones the heap grows for the work of connecting, not for being idle. Each round has its
 * own processes, because memory that was used before would hide what is used now.
 */
export const idleConnections: readonly Suite[] = PROCESS_FACTS
  ? [
    idle(async () => {
      const peer = await startLimitPeer();
      return Object.assign(peer, { port: peer.echo });
    }, {
      each: {
        name: "echo-idle",
        title: `An idle connection to TCP echo, each of ${COUNT}`,
        unit: "KiB",
      },
      left: {
        name: "echo-idle-left",
        title: "What the echo still has of each when all have left",
        unit: "KiB",
      },
    }, false),
    idle(() => startServer({ args: EXEMPT }), {
      each: {
        name: "secure-idle",
        title: `An idle connection, logged in and subscribed, each of ${COUNT}`,
        unit: "KiB",
        limits: ["echo-idle"],
        goal: { atMost: 20 },
      },
      whole: {
        name: "secure-idle-server",
        title: `The whole server with ${
          (WARM_CONNECTIONS + IDLE_CONNECTIONS).toLocaleString("en")
        } of them`,
        unit: "MB",
      },
      left: {
        name: "secure-idle-left",
        title: "What the server still has of each when all have left",
        unit: "KiB",
        limits: ["echo-idle-left"],
        goal: { atMost: 5 },
      },
    }, true),
  ]
  : [];

/** Milliseconds from the last connection until memory is read. */
const SETTLING = 2000;
/** The same from the last that has left. */
const LEAVING = 5000;

type Peer = AsyncDisposable & { port: number; pid: number };

function idle(
  start: () => Promise<Peer>,
  { each, whole, left }: { each: Row; whole?: Row; left: Row },
  secure: boolean,
): Suite {
  return {
    rows: whole ? [each, whole, left] : [each, left],
    open({ load }) {
      const memoryWith = async (connections: number, { port, pid }: Peer) => {
        await load.run({ kind: "open", port, connections, secure });
        await sleep(SETTLING);
        return await residentMemory(pid);
      };
      return Promise.resolve(async () => {
        await using peer = await start();
        const before = await memoryWith(WARM_CONNECTIONS, peer);
        const after = await memoryWith(IDLE_CONNECTIONS, peer);
        await load.run({ kind: "close" });
        await sleep(LEAVING);
        const last = await residentMemory(peer.pid);
        const ofEach = (bytes: number) => ({ value: (bytes - before) / IDLE_CONNECTIONS / KiB });
        return [ofEach(after), ...whole ? [{ value: after / MB }] : [], ofEach(last)];
      });
    },
  };
}

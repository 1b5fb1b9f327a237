/** What secure connections cost: to make one, and to have many that do nothing. */
import { KiB } from "../../shared/limits.ts";
import { PROCESS_FACTS, residentMemory } from "../support/process_facts.ts";
import { startServer } from "../support/server_process.ts";
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
      name: "echo-idle",
      title: `An idle connection to TCP echo, each of ${COUNT}`,
      unit: "KB",
    }),
    idle(() => startServer({ args: EXEMPT }), {
      name: "secure-idle",
      title: `An idle connection, logged in and subscribed, each of ${COUNT}`,
      unit: "KB",
      limits: ["echo-idle"],
      goal: { atMost: 40 },
    }, {
      name: "secure-idle-server",
      title: `The whole server with ${
        (WARM_CONNECTIONS + IDLE_CONNECTIONS).toLocaleString("en")
      } of them`,
      unit: "MB",
    }),
  ]
  : [];

type Peer = AsyncDisposable & { port: number; pid: number };

function idle(start: () => Promise<Peer>, row: Row, whole?: Row): Suite {
  const secure = whole !== undefined;
  return {
    rows: whole ? [row, whole] : [row],
    open({ load }) {
      const memoryWith = async (connections: number, { port, pid }: Peer) => {
        await load.run({ kind: "open", port, connections, secure });
        return await residentMemory(pid);
      };
      return Promise.resolve(async () => {
        await using peer = await start();
        try {
          const before = await memoryWith(WARM_CONNECTIONS, peer);
          const after = await memoryWith(IDLE_CONNECTIONS, peer);
          const each = { value: (after - before) / IDLE_CONNECTIONS / KiB };
          return whole ? [each, { value: after / MB }] : [each];
        } finally {
          await load.run({ kind: "close" });
        }
      });
    },
  };
}

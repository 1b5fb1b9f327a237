/** Small messages over the secure channel, each acknowledged when it is on the disk. */
import { TAG_SIZE } from "../../shared/crypto/chacha20_poly1305.ts";
import { RECORD_HEADER_SIZE } from "../../shared/channel/record.ts";
import { REQUEST_HEADER_SIZE } from "../../shared/protocol/frame.ts";
import { SECURE_SEND_PREFIX_SIZE } from "../../shared/protocol/secure/messages.ts";
import type { Job, JobResult } from "./job.ts";
import type { Figure, Row, Suite } from "./measure.ts";
import { MESSAGE_SIZE, PIPELINE, ROUND } from "./workload.ts";

/** Bytes of a record with a request that sends one message. */
const SEND_RECORD_SIZE = RECORD_HEADER_SIZE + REQUEST_HEADER_SIZE + SECURE_SEND_PREFIX_SIZE +
  MESSAGE_SIZE + TAG_SIZE;

/** How many connections send, and how many messages each without waiting for an answer. */
export interface Load {
  name: string;
  title: string;
  connections: number;
  depth: number;
  goal?: Row["goal"];
}

const ONE: Load = { name: "1", title: "1 connection, one at a time", connections: 1, depth: 1 };
const PIPELINED: Load = {
  name: "1-pipelined",
  title: `1 connection, ${PIPELINE} at a time`,
  connections: 1,
  depth: PIPELINE,
};
const [EIGHT, MANY, CROWD] = [8, 32, 128].map((connections): Load => ({
  name: String(connections),
  title: `${connections} connections`,
  connections,
  depth: 1,
}));

const LOADS: readonly Load[] = [ONE, PIPELINED, EIGHT, { ...MANY, goal: { atLeast: 8000 } }];

/** Those that are measured beside Redis, with the share of it that they should reach. */
export const loadsBesideRedis: readonly Load[] = [
  { ...EIGHT, goal: { ofLimit: 1 } },
  { ...MANY, goal: { ofLimit: 1 } },
  { ...CROWD, goal: { ofLimit: 0.6 } },
  { ...PIPELINED, goal: { ofLimit: 0.5 } },
];

/** Round trips of as many bytes to a process that does nothing else. */
export const echoes: readonly Suite[] = LOADS.map(({ name, title, ...load }) => ({
  rows: [{ name: `echo-${name}`, title: `TCP echo, ${title}`, unit: "/s" }],
  open({ peer, load: generator }) {
    const job = echoJob(peer.echo, load.connections, load.depth);
    return Promise.resolve(async () => figuresOf(await generator.run(job)));
  },
}));

/** Round trips of a message's size. */
export function echoJob(port: number, connections: number, depth = 1): Job {
  const size = SEND_RECORD_SIZE;
  return { kind: "echo", port, connections, depth, size, milliseconds: ROUND };
}

/** That of one connection with many round trips under way. */
export const pipelinedEcho: Suite = echoes[1];

export const secureSends: readonly Suite[] = LOADS.map((load) =>
  secureSend(load, load === ONE ? ["echo-1", "sqlite"] : [`echo-${load.name}`])
);

/** Messages sent by `load`, each acknowledged when it is on the disk. */
export function secureSend(
  { name, title, goal, connections: senders, depth }: Load,
  limits: readonly string[],
): Suite {
  return {
    rows: [{ name: `secure-send-${name}`, title: `Sent, ${title}`, unit: "/s", limits, goal }],
    open({ server: { port }, load: generator }) {
      const job: Job = { kind: "send", port, senders, depth, milliseconds: ROUND };
      return Promise.resolve(async () => figuresOf(await generator.run(job)));
    },
  };
}

export const echoLatency: Suite = {
  rows: [
    { name: "echo-p50", title: "TCP echo and back, p50", unit: "ms" },
    { name: "echo-p99", title: "TCP echo and back, p99", unit: "ms" },
  ],
  open({ peer, load }) {
    const work = { port: peer.echo, size: SEND_RECORD_SIZE, milliseconds: ROUND };
    return Promise.resolve(async () =>
      figuresOf(await load.run({ kind: "echo-latency", ...work }))
    );
  },
};

/** To the sender's acknowledgement it would be the same: the message is on the disk before. */
export const secureLatency: Suite = {
  rows: [{
    name: "secure-p50",
    title: "From send to pushed arrival, p50",
    unit: "ms",
    limits: ["echo-p50"],
  }, {
    name: "secure-p99",
    title: "From send to pushed arrival, p99",
    unit: "ms",
    limits: ["echo-p99"],
  }],
  open({ server: { port }, load }) {
    return Promise.resolve(async () =>
      figuresOf(await load.run({ kind: "latency", port, milliseconds: ROUND }))
    );
  },
};

/** One figure for each row. */
export function figuresOf({ values, busy }: JobResult): Figure[] {
  return values.map((value) => ({ value, busy }));
}

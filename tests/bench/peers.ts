/** Speed beside programs that do the same, or a part of it: `deno task bench --peers`. */
import { MiB } from "../../shared/limits.ts";
import { ageFiles } from "./age.ts";
import type { Bench } from "./bench.ts";
import { fileTransfers } from "./files.ts";
import { disk } from "./machine_limits.ts";
import type { Group } from "./measure.ts";
import { programStart } from "./program_start.ts";
import { livePush, pushedBacklog } from "./pushes.ts";
import { sendsBesideRedis } from "./redis.ts";
import { connectionsPerCpu, idleConnections } from "./secure_connections.ts";
import { smallFiles } from "./small_files.ts";
import { textTimes } from "./whole_path.ts";
import { FILE_SIZE, MESSAGE_SIZE } from "./workload.ts";

/** As fast as the ciphers allow, or as the disk does. */
const goal = { atLeast: 350, orOfLimit: 0.6 };
const transfersBesideAge = fileTransfers(
  { limits: ["age-encrypt", "disk"], goal },
  { limits: ["age-decrypt", "disk"], goal },
);

/** In the order of the table; in each group the peers come first. What takes longest is last. */
const GROUPS: readonly Group[] = [
  {
    title: `Messages of ${MESSAGE_SIZE} bytes, on the disk before the answer`,
    suites: sendsBesideRedis,
  },
  {
    title: "Pushes",
    suites: [...livePush, pushedBacklog],
  },
  {
    title: `Texts of ${MESSAGE_SIZE} bytes between clients, kept and fsynced`,
    suites: [textTimes],
  },
  {
    title: "Secure connections",
    suites: connectionsPerCpu,
  },
  {
    title: "Start of a program",
    suites: [programStart],
  },
  {
    title: `A file of ${FILE_SIZE / MiB} MiB`,
    suites: [disk, ageFiles, transfersBesideAge],
  },
  {
    title: "Memory",
    suites: idleConnections,
  },
  {
    title: "Small files",
    suites: [smallFiles],
  },
];

export const PEERS: Bench = {
  task: "bench --peers",
  summary: "Measures beside Redis and age, which it installs, and a TCP echo and an empty program.",
  groups: GROUPS,
  rounds: 5,
  enough: 540_000,
  deadline: 595_000,
  beside: { heading: "of peer", note: "share of what its peer reaches, or the slower of two" },
};

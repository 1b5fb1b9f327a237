/** Speed, side by side with the limits of this machine: `deno task bench`. */
import { MiB } from "../../shared/limits.ts";
import { runBench } from "./bench.ts";
import { classicFiles } from "./classic_files.ts";
import { classicCollect, classicSend } from "./classic_messages.ts";
import { clientFiles } from "./client_files.ts";
import { chunkCipher, fileTransfers } from "./files.ts";
import { disk, loopback, sqlite, tcpEcho } from "./machine_limits.ts";
import type { Group } from "./measure.ts";
import { PEERS } from "./peers.ts";
import { PROFILE } from "./profile.ts";
import { connects, handshakes, idleConnections, logins } from "./secure_connections.ts";
import {
  echoes,
  echoLatency,
  pipelinedEcho,
  secureLatency,
  secureSends,
} from "./secure_messages.ts";
import { sessionMessages, sessionStarts, sqliteBatches } from "./sessions.ts";
import { wholePath } from "./whole_path.ts";
import { FILE_SIZE, MESSAGE_SIZE } from "./workload.ts";

const limits = ["loopback", "disk"];
const transfersBesideLimits = fileTransfers(
  { limits, goal: { ofLimit: 0.6 } },
  { limits, goal: { atLeast: 250 } },
);

/** In the order of the table; in each group the limits come first. */
const GROUPS: readonly Group[] = [
  {
    title: `Messages of ${MESSAGE_SIZE} bytes, each sent on a connection of its own`,
    suites: [tcpEcho, sqlite, classicSend, classicCollect],
  },
  {
    title: `A file of ${FILE_SIZE / MiB} MiB`,
    suites: [loopback, disk, classicFiles, clientFiles],
  },
  {
    title: `Files in chunks, ${FILE_SIZE / MiB} MiB`,
    suites: [loopback, disk, chunkCipher, transfersBesideLimits],
  },
  {
    title: `Secure messages of ${MESSAGE_SIZE} bytes on open connections`,
    suites: [...echoes, sqlite, ...secureSends, echoLatency, secureLatency],
  },
  {
    title: `Sessions between users, texts of ${MESSAGE_SIZE} bytes`,
    suites: [
      sqliteBatches,
      pipelinedEcho,
      secureSends[1],
      sessionStarts,
      sessionMessages,
      wholePath,
    ],
  },
  {
    title: "Secure connections",
    suites: [connects, handshakes, logins],
  },
  {
    title: "Memory",
    suites: idleConnections,
  },
];

if (import.meta.main) {
  const code = await runBench({
    task: "bench",
    summary: "Measures the server, and beside it what this machine allows.",
    groups: GROUPS,
    rounds: 5,
    // The whole run stays below five minutes.
    enough: 240_000,
    deadline: 295_000,
    modes: { peers: PEERS, profile: PROFILE },
  }, Deno.args);
  Deno.exit(code);
}

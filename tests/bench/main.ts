/**
 * Speed, side by side with the limits of this machine. Starts its own server, on a folder of its
 * own beside the system's other temporary files, and leaves nothing behind.
 */
import { parseArguments, UsageError } from "../../shared/args.ts";
import { MiB } from "../../shared/limits.ts";
import { startServer } from "../support/server_process.ts";
import { classicFiles } from "./classic_files.ts";
import { classicCollect, classicSend } from "./classic_messages.ts";
import { clientFiles } from "./client_files.ts";
import { chunkCipher, fileTransfers } from "./files.ts";
import { startLimitPeer } from "./limit_peer.ts";
import { startLoadProcess } from "./load_process.ts";
import { disk, loopback, sqlite, tcpEcho } from "./machine_limits.ts";
import { type Environment, type Group, type GroupResult, measure, type Row } from "./measure.ts";
import { connects, handshakes, idleConnections, logins } from "./secure_connections.ts";
import {
  echoes,
  echoLatency,
  pipelinedEcho,
  secureLatency,
  secureSends,
} from "./secure_messages.ts";
import { sessionMessages, sessionStarts, sqliteBatches } from "./sessions.ts";
import { recordsOf, tableOf } from "./table.ts";
import { wholePath } from "./whole_path.ts";
import { FILE_SIZE, MESSAGE_SIZE } from "./workload.ts";

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
    suites: [loopback, disk, chunkCipher, fileTransfers],
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
const NAMES = [...new Set(GROUPS.flatMap(rowsOf).map(({ name }) => name))];

const DEFAULT_ROUNDS = 5;
/** After this long no round starts that may not end in time, in milliseconds. */
const ENOUGH = 240_000;
/** Longest run; whatever hangs is ended then, in milliseconds. */
const DEADLINE = 295_000;

const HELP = `Usage: deno task bench [options]

Measures the server, and beside it what this machine allows.

Options:
  --only NAME,…  Measure these alone, each beside its limits:
                 ${NAMES.join("\n                 ")}
  --rounds N     Rounds, of which the median counts (default: ${DEFAULT_ROUNDS})
  --json         Print one JSON object a row
  -h, --help     Show this help
`;

interface Options {
  help: boolean;
  json: boolean;
  names: ReadonlySet<string>;
  rounds: number;
}

/** @throws {UsageError} */
function parseOptions(args: readonly string[]): Options {
  const { flags, values, operands } = parseArguments(args, {
    flags: ["help", "json"],
    values: ["only", "rounds"],
  });
  if (operands.length > 0) throw new UsageError(`unexpected argument "${operands[0]}"`);
  const rounds = Number(values.rounds ?? DEFAULT_ROUNDS);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new UsageError(`--rounds takes a number from 1, not "${values.rounds}"`);
  }
  return { ...flags, names: new Set(values.only?.split(",").map(checkName)), rounds };
}

/** @throws {UsageError} */
function checkName(name: string): string {
  if (NAMES.includes(name)) return name;
  throw new UsageError(`nothing to measure is called "${name}"`);
}

function rowsOf({ suites }: Group): Row[] {
  return suites.flatMap(({ rows }) => rows);
}

/** The names of the rows of `group` that were asked for, and of their limits. */
function chosenOf(group: Group, names: ReadonlySet<string>): ReadonlySet<string> {
  const chosen = rowsOf(group).filter(({ name }) => names.size === 0 || names.has(name));
  return new Set(chosen.flatMap(({ name, limits = [] }) => [name, ...limits]));
}

async function run(
  { names, rounds }: Options,
  interrupted: Promise<never>,
): Promise<GroupResult[]> {
  const groups = GROUPS
    .map((group) => {
      const chosen = chosenOf(group, names);
      const isChosen = ({ name }: Row) => chosen.has(name);
      const suites = group.suites.filter(({ rows }) => rows.some(isChosen));
      return { title: group.title, suites, isChosen };
    })
    .filter(({ suites }) => suites.length > 0);
  const end = performance.now() + ENOUGH;
  const results: GroupResult[] = [];
  for (const [i, { title, suites, isChosen }] of groups.entries()) {
    const milliseconds = (end - performance.now()) / (groups.length - i);
    const onRound = (round: number) => {
      if (Deno.stderr.isTerminal()) console.error(`${title}: round ${round} of ${rounds}`);
    };
    await using environment = await prepareEnvironment();
    const measured = await Promise.race([
      measure(suites, environment, { rounds, milliseconds, onRound }),
      interrupted,
    ]);
    results.push({ title, results: measured.filter(({ row }) => isChosen(row)) });
  }
  return results;
}

async function prepareEnvironment(): Promise<Environment & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "bench_" });
  stack.defer(() => removeFolder(folder));
  const server = stack.use(await startServer());
  const peer = stack.use(await startLimitPeer());
  const load = stack.use(startLoadProcess());
  const all = stack.move();
  return {
    folder,
    server,
    peer,
    load,
    keep: (resource) => all.use(resource),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** What an interrupted run is still writing to may have to be removed more than once. */
async function removeFolder(path: string): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      return await Deno.remove(path, { recursive: true });
    } catch (error) {
      if (attempt === 10) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** A run that was ended before it was done. */
class Interruption extends Error {}

/** Rejects at the deadline or when the user has enough, so that what was started is ended then. */
function interruption(): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {}); // it may come when nobody waits yet
  setTimeout(() => reject(new Interruption("it takes too long")), DEADLINE);
  Deno.addSignalListener("SIGINT", () => reject(new Interruption("interrupted")));
  return promise;
}

function print(groups: readonly GroupResult[], { json }: Options): void {
  if (json) {
    for (const record of recordsOf(groups)) console.log(JSON.stringify(record));
    return;
  }
  const { os, arch } = Deno.build;
  console.log(`${navigator.hardwareConcurrency} cores, ${os} ${arch}, Deno ${Deno.version.deno}`);
  for (const line of tableOf(groups)) console.log(line);
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options.help) console.log(HELP.trimEnd());
    else print(await run(options, interruption()), options);
    return 0;
  } catch (error) {
    const expected = error instanceof UsageError || error instanceof Interruption;
    console.error("bench:", expected ? error.message : error);
    return error instanceof UsageError ? 2 : 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));

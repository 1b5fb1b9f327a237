/**
 * Runs groups of suites and prints what they measured. Each group has its own server, on a folder
 * of its own beside the system's other temporary files, and leaves nothing behind.
 */
import { parseArguments, UsageError } from "../../shared/args.ts";
import { sleep } from "../../shared/sleep.ts";
import { startServer } from "../support/server_process.ts";
import { EXEMPT } from "./workload.ts";
import { startLimitPeer } from "./limit_peer.ts";
import { MissingProgram } from "./programs.ts";
import { startLoadProcess } from "./load_process.ts";
import { type Environment, type Group, type GroupResult, measure, type Row } from "./measure.ts";
import { type Beside, LIMITS, recordsOf, tableOf } from "./table.ts";

/** What `deno task bench` and `deno task bench:load` are. Times are milliseconds. */
export interface Bench {
  /** The name of the task. */
  readonly task: string;
  /** What it does, as a sentence. */
  readonly summary: string;
  /** In the order of the table; in each group the limits come first. */
  readonly groups: readonly Group[];
  /** Rounds unless the user says otherwise. */
  readonly rounds: number;
  /** After this long no round starts that may not end in time. */
  readonly enough: number;
  /** Longest run; whatever hangs is ended then. */
  readonly deadline: number;
  /** What the rows stand beside; the limits of the machine by default. */
  readonly beside?: Beside;
  /** Other benches that the same task runs, by the options that ask for them. */
  readonly modes?: Readonly<Record<string, Bench>>;
}

interface Options {
  help: boolean;
  json: boolean;
  names: ReadonlySet<string>;
  rounds: number;
}

/** Runs a bench, or one of its modes, with these arguments. Returns the exit code. */
export async function runBench(bench: Bench, args: readonly string[]): Promise<number> {
  for (const [name, mode] of Object.entries(bench.modes ?? {})) {
    const option = `--${name}`;
    if (args.includes(option)) return await runBench(mode, args.filter((arg) => arg !== option));
  }
  try {
    const options = parseOptions(bench, args);
    if (options.help) console.log(helpOf(bench).trimEnd());
    else print(await run(bench, options), options, bench.beside);
    return 0;
  } catch (error) {
    const expected = error instanceof UsageError || error instanceof Interruption ||
      error instanceof MissingProgram;
    console.error(`${bench.task}:`, expected ? error.message : error);
    return error instanceof UsageError ? 2 : 1;
  }
}

function helpOf({ task, summary, groups, rounds, deadline, modes = {} }: Bench): string {
  const others = Object.entries(modes).map(([name, mode]) =>
    `  ${`--${name}`.padEnd(13)}  ${mode.summary} --${name} --help says more\n`
  );
  return `Usage: deno task ${task} [options]

${summary}
Takes at most ${Math.ceil(deadline / 60_000)} minutes.

Options:
${others.join("")}  --only NAME,…  Measure these alone, each beside its limits:
                 ${namesOf(groups).join("\n                 ")}
  --rounds N     Rounds, of which the median counts (default: ${rounds})
  --json         Print one JSON object a row
  -h, --help     Show this help
`;
}

function namesOf(groups: readonly Group[]): string[] {
  return [...new Set(groups.flatMap(rowsOf).map(({ name }) => name))];
}

/** @throws {UsageError} */
function parseOptions(bench: Bench, args: readonly string[]): Options {
  const { flags, values, operands } = parseArguments(args, {
    flags: ["help", "json"],
    values: ["only", "rounds"],
  });
  if (operands.length > 0) throw new UsageError(`unexpected argument "${operands[0]}"`);
  const rounds = Number(values.rounds ?? bench.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new UsageError(`--rounds takes a number from 1, not "${values.rounds}"`);
  }
  const known = namesOf(bench.groups);
  for (const name of values.only?.split(",") ?? []) {
    if (!known.includes(name)) throw new UsageError(`nothing to measure is called "${name}"`);
  }
  return { ...flags, names: new Set(values.only?.split(",")), rounds };
}

function rowsOf({ suites }: Group): Row[] {
  return suites.flatMap(({ rows }) => rows);
}

/** The names of the rows of `group` that were asked for, and of their limits. */
function chosenOf(group: Group, names: ReadonlySet<string>): ReadonlySet<string> {
  const chosen = rowsOf(group).filter(({ name }) => names.size === 0 || names.has(name));
  return new Set(chosen.flatMap(({ name, limits = [] }) => [name, ...limits]));
}

async function run(bench: Bench, { names, rounds }: Options): Promise<GroupResult[]> {
  const signal = interruption(bench.deadline);
  const interrupted = new Promise<never>((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason))
  );
  interrupted.catch(() => {}); // it may come when nobody waits yet
  const groups = bench.groups
    .map((group) => {
      const chosen = chosenOf(group, names);
      const isChosen = ({ name }: Row) => chosen.has(name);
      const suites = group.suites.filter(({ rows }) => rows.some(isChosen));
      return { ...group, suites, isChosen };
    })
    .filter(({ suites }) => suites.length > 0);
  for (const { prepare } of groups.flatMap(({ suites }) => suites)) {
    await Promise.race([prepare?.(signal), interrupted]);
  }
  const end = performance.now() + bench.enough;
  const results: GroupResult[] = [];
  for (const [i, { title, suites, isChosen, serverArgs }] of groups.entries()) {
    const milliseconds = (end - performance.now()) / (groups.length - i);
    const onRound = (round: number) => {
      if (Deno.stderr.isTerminal()) console.error(`${title}: round ${round} of ${rounds}`);
    };
    await using stack = new AsyncDisposableStack();
    const environment = await prepareEnvironment(signal, serverArgs);
    const measuring = measure(suites, environment, { rounds, milliseconds, onRound });
    // What an interrupted round has started by itself, it ends when its environment is gone.
    stack.defer(() => Promise.race([measuring.then(() => {}, () => {}), sleep(ENDING)]));
    stack.use(environment);
    const measured = await Promise.race([measuring, interrupted]);
    results.push({ title, results: measured.filter(({ row }) => isChosen(row)) });
  }
  return results;
}

async function prepareEnvironment(
  signal: AbortSignal,
  args = EXEMPT,
): Promise<Environment & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "bench_" });
  stack.defer(() => removeFolder(folder));
  const server = stack.use(await startServer({ args }));
  const peer = stack.use(await startLimitPeer());
  const load = stack.use(startLoadProcess());
  const all = stack.move();
  return {
    folder,
    signal,
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

/** How long an interrupted round has to end, in milliseconds. */
const ENDING = 10_000;

/** A run that was ended before it was done. */
class Interruption extends Error {}

/** Aborts at the deadline or when the user has enough, so that what was started is ended then. */
function interruption(deadline: number): AbortSignal {
  const controller = new AbortController();
  const abort = (why: string) => controller.abort(new Interruption(why));
  Deno.unrefTimer(setTimeout(abort, deadline, "it takes too long"));
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(name, () => abort("interrupted"));
  }
  return controller.signal;
}

function print(groups: readonly GroupResult[], { json }: Options, beside = LIMITS): void {
  if (json) {
    for (const record of recordsOf(groups)) console.log(JSON.stringify(record));
    return;
  }
  const { os, arch } = Deno.build;
  console.log(`${navigator.hardwareConcurrency} cores, ${os} ${arch}, Deno ${Deno.version.deno}`);
  for (const line of tableOf(groups, beside)) console.log(line);
}

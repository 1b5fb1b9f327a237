/**
 * What is measured, and how: the suites of a group in short rounds, one after the other, again and
 * again, so that a busy moment of the machine hits all their figures alike.
 */
import process from "node:process";
import type { ServerProcess } from "../support/server_process.ts";
import type { LimitPeer } from "./limit_peer.ts";
import type { LoadProcess } from "./job.ts";

/** One line of the result. */
export interface Row {
  /** What `--only` and the JSON output call it. */
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  /** Rows of the same group that show what the machine allows; the lowest is the limit. */
  readonly limits?: readonly string[];
  /** What the system that this one replaces reached on such a machine. */
  readonly original?: number;
  /** The least or most that the median should be, by itself or as a share of its limit. */
  readonly goal?:
    | { atLeast: number }
    | { atLeast: number; orOfLimit: number }
    | { atMost: number }
    | { ofLimit: number }
    | { atMostOfLimit: number };
  /** Whether the client's own work is part of what is measured, and no load to leave out. */
  readonly includesClient?: boolean;
}

/** What one round yields for one row. */
export interface Figure {
  value: number;
  /** Which share of one core the load generator used, if that matters. */
  busy?: number;
}

/** What suites work with. */
export interface Environment {
  /** The server under test. */
  readonly server: ServerProcess;
  /** The other end of the network's own measurements. */
  readonly peer: LimitPeer;
  /** A load generator in a process of its own. */
  readonly load: LoadProcess;
  /** An empty folder on the disk of the server's data. */
  readonly folder: string;
  /** Ends the programs that a suite waits for, when the run is interrupted. */
  readonly signal: AbortSignal;
  /** Ends `resource` with the group, before the folder is removed. */
  keep<T extends AsyncDisposable>(resource: T): T;
}

/** Rows that are measured together. */
export interface Suite {
  readonly rows: readonly Row[];
  /**
   * Makes sure that all programs are there which it needs, before anything is measured.
   * @throws {MissingProgram}
   */
  readonly prepare?: (signal: AbortSignal) => Promise<void>;
  /** Prepares what is not measured. Returns what measures one round, in the order of the rows. */
  open(environment: Environment): Promise<() => Promise<Figure[]>>;
}

/**
 * Suites that are measured side by side. Suites that leave the disk busy are in another group than
 * suites that wait for it often, so that none pays for another's work.
 */
export interface Group {
  readonly title: string;
  readonly suites: readonly Suite[];
  /** Further arguments of its server. */
  readonly serverArgs?: string[];
}

/** A row with what its rounds gave. */
export interface Result {
  row: Row;
  values: number[];
  median: number;
  min: number;
  max: number;
  /** Median of the load generator's share of a core. */
  busy?: number;
}

/** A group with what its rows gave. */
export interface GroupResult {
  title: string;
  results: Result[];
}

/**
 * Measures `suites` side by side, `rounds` times, or less often where `milliseconds` would not
 * suffice; `onRound` is called before each round.
 */
export async function measure(
  suites: readonly Suite[],
  environment: Environment,
  { rounds, milliseconds, onRound }: {
    rounds: number;
    milliseconds: number;
    onRound: (round: number) => void;
  },
): Promise<Result[]> {
  const open = [];
  for (const suite of suites) {
    open.push({
      rows: suite.rows,
      round: await suite.open(environment),
      figures: [] as Figure[][],
    });
  }
  const end = performance.now() + milliseconds;
  let longest = 0;
  for (let round = 1; round <= rounds; round++) {
    const start = performance.now();
    if (round > 1 && start + longest > end) break;
    onRound(round);
    for (const { round, figures } of open) figures.push(await round());
    longest = Math.max(longest, performance.now() - start);
  }
  return open.flatMap(({ rows, figures }) =>
    rows.map((row, i) => summarize(row, figures.map((round) => round[i])))
  );
}

function summarize(row: Row, figures: readonly Figure[]): Result {
  const values = figures.map(({ value }) => value);
  const busy = figures.map(({ busy }) => busy).filter((share) => share !== undefined);
  return {
    row,
    values,
    median: medianOf(values),
    min: Math.min(...values),
    max: Math.max(...values),
    busy: busy.length > 0 ? medianOf(busy) : undefined,
  };
}

/** The middle of `values`; of an even number, the mean of the two in the middle. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Runs `work`, which returns how much it did. Returns that amount per second. */
export async function perSecond(work: () => number | Promise<number>): Promise<Figure> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const done = await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { value: done / seconds, busy: (user + system) / 1e6 / seconds };
}

/** Runs `once` by `workers` side by side, each again and again, for `milliseconds`. */
export async function repeatedly(
  { workers, milliseconds }: { workers: number; milliseconds: number },
  once: (worker: number) => Promise<void>,
): Promise<Figure> {
  return await perSecond(async () => {
    const end = performance.now() + milliseconds;
    let count = 0;
    await Promise.all(Array.from({ length: workers }, async (_, worker) => {
      while (performance.now() < end) {
        await once(worker);
        count++;
      }
    }));
    return count;
  });
}

/**
 * Every metric of the server. No label has a name, an ID, an address, or any other value of which
 * there can be any number.
 */
import { CLASSIC_REQUESTS } from "../../shared/protocol/classic/requests.ts";
import type { ErrorName } from "../../shared/protocol/codes.ts";
import { SECURE_REQUESTS } from "../../shared/protocol/secure/requests.ts";
import { Histogram, type Observations } from "./histogram.ts";
import { Counter, Gauge, Registry } from "./prom_client.ts";
import { READINGS, type Readings } from "./readings.ts";

/**
 * The limits for which something is refused: a connection, a login, a request, a byte. Those of
 * the storage are called as its errors.
 */
export const LIMITS = [
  "connections",
  "address-connections",
  "waiting-connections",
  "identity-connections",
  "handshakes",
  "registrations",
  "memory",
  "requests",
  "bytes",
  "lookups",
  "quota-full",
  "disk-full",
  "mailbox-full",
  "clients-full",
  "prekeys-full",
  "prekey-fetches",
  "size",
  "other",
] as const;

export type Limit = (typeof LIMITS)[number];

/** Where a connection stands: before its first request, or in one of the protocols. */
const STATES = {
  "opening": { protocol: "unknown", state: "opening" },
  "classic": { protocol: "classic", state: "open" },
  "before-login": { protocol: "secure", state: "before-login" },
  "logged-in": { protocol: "secure", state: "logged-in" },
} as const;

export type ConnectionState = keyof typeof STATES;

/** How a request ended; `broken` is one that could not be answered. */
export type Result = "ok" | "broken" | ErrorName;

const REQUESTS = { secure: SECURE_REQUESTS, classic: CLASSIC_REQUESTS };

type Protocol = keyof typeof REQUESTS;

/** The requests of one code in one protocol. */
interface Requests {
  readonly labels: { protocol: Protocol; code: string };
  readonly seconds: Observations;
  readonly results: Partial<Record<Result, number>>;
}

/** Upper bounds in seconds: from what nobody notices to the longest deadline of a request. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];
const OPERATIONS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

export class Metrics {
  /** The media type of {@link text}. */
  readonly type = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #registry = new Registry();
  readonly #connections: Record<ConnectionState, number> = {
    "opening": 0,
    "classic": 0,
    "before-login": 0,
    "logged-in": 0,
  };
  readonly #requests: Requests[] = [];
  /** The same by code; those that a protocol does not have share one. */
  readonly #byCode: Record<Protocol, (Requests | undefined)[]> = { secure: [], classic: [] };
  readonly #refusals = Object.fromEntries(LIMITS.map((limit) => [limit, 0])) as Record<
    Limit,
    number
  >;
  readonly #accepted: Counter;
  readonly #logged: Counter<"level">;
  readonly #durations: Histogram;
  readonly #commitOperations: Observations;
  readonly #commitWork: Observations;
  readonly #commitSync: Observations;
  readonly #loopDelay: Observations;
  readonly #build: Gauge<"version">;
  readonly #readings: readonly { read: (readings: Readings) => number | undefined; gauge: Gauge }[];

  constructor() {
    const registry = this.#registry;
    const registers = [registry];
    const histogram = (name: string, help: string, bounds = SECONDS) =>
      new Histogram({ name, help, bounds, registry });

    const connections = this.#connections;
    new Gauge({
      name: "messaging_connections",
      help: "Open connections.",
      labelNames: ["protocol", "state"],
      registers,
      collect() {
        for (const [state, labels] of Object.entries(STATES)) {
          this.set(labels, connections[state as ConnectionState]);
        }
      },
    });
    this.#accepted = new Counter({
      name: "messaging_connections_accepted_total",
      help: "Connections that were accepted.",
      registers,
    });
    const refusals = this.#refusals;
    new Counter({
      name: "messaging_refusals_total",
      help: "What was refused, by the limit that it was over.",
      labelNames: ["limit"],
      registers,
      collect() {
        this.reset();
        for (const limit of LIMITS) this.inc({ limit }, refusals[limit]);
      },
    });

    const requests = this.#requests;
    new Counter({
      name: "messaging_requests_total",
      help: "Requests, by their code and by how they ended.",
      labelNames: ["protocol", "code", "result"],
      registers,
      collect() {
        this.reset();
        for (const { labels, results } of requests) {
          for (const [result, count] of Object.entries(results)) {
            this.inc({ ...labels, result }, count);
          }
        }
      },
    });
    this.#durations = histogram(
      "messaging_request_duration_seconds",
      "From the header of a request until its answer is ready, with the wait for its payload.",
    );
    this.#commitOperations = histogram(
      "messaging_commit_operations",
      "Changes that shared a transaction of the database.",
      OPERATIONS,
    ).line();
    this.#commitWork = histogram(
      "messaging_commit_work_seconds",
      "Making the changes of a transaction.",
    ).line();
    this.#commitSync = histogram(
      "messaging_commit_sync_seconds",
      "Committing a transaction, which is mostly its fsync.",
    ).line();
    this.#loopDelay = histogram(
      "messaging_event_loop_delay_seconds",
      "How late a timer was, because something kept the only thread busy.",
    ).line();
    this.#logged = new Counter({
      name: "messaging_log_records_total",
      help: "Records of the log, also those that were only counted there.",
      labelNames: ["level"],
      registers,
    });
    this.#build = new Gauge({
      name: "messaging_build_info",
      help: "Always 1, with the version of the server.",
      labelNames: ["version"],
      registers,
    });
    this.#readings = READINGS.map(({ read, ...config }) => ({
      read,
      gauge: new Gauge({ ...config, registers }),
    }));
  }

  /** Counts a new connection. */
  accepted(): void {
    this.#accepted.inc();
  }

  /** Counts a connection in the state `to`, and no more in the state `from`; null is none. */
  connectionMoved(from: ConnectionState | null, to: ConnectionState | null): void {
    if (from) this.#connections[from]--;
    if (to) this.#connections[to]++;
  }

  /** Counts what was refused because of `limit`. */
  refused(limit: Limit): void {
    this.#refusals[limit]++;
  }

  /** Counts a request that took so many milliseconds. */
  answered(protocol: Protocol, code: number, result: Result, milliseconds: number): void {
    const requests = this.#byCode[protocol][code] ??= this.#enter(protocol, code);
    requests.seconds.observe(milliseconds / 1000);
    requests.results[result] = (requests.results[result] ?? 0) + 1;
  }

  /** Counts a transaction: its changes, the time to make them, and that to commit them. */
  committed(operations: number, work: number, sync: number): void {
    this.#commitOperations.observe(operations);
    this.#commitWork.observe(work / 1000);
    this.#commitSync.observe(sync / 1000);
  }

  /** Counts a timer that was so many milliseconds late. */
  loopDelayed(milliseconds: number): void {
    this.#loopDelay.observe(milliseconds / 1000);
  }

  /** Counts a record of the log. */
  logged(level: string): void {
    this.#logged.inc({ level });
  }

  /** Returns all metrics in the text format of Prometheus, with what was just read. */
  async text(readings: Readings): Promise<string> {
    this.#build.set({ version: readings.version }, 1);
    for (const { read, gauge } of this.#readings) {
      const value = read(readings);
      if (value === undefined) gauge.remove();
      else gauge.set(value);
    }
    return await this.#registry.metrics();
  }

  #enter(protocol: Protocol, code: number): Requests {
    const known = REQUESTS[protocol].find(code) !== undefined;
    const labels = { protocol, code: known ? String(code) : "unknown" };
    const same = this.#requests.find((other) =>
      other.labels.protocol === protocol && other.labels.code === labels.code
    );
    if (same) return same;
    const requests: Requests = { labels, seconds: this.#durations.line(labels), results: {} };
    this.#requests.push(requests);
    return requests;
  }
}

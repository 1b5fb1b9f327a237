/** The operator's choices: the command line, and the number in `port.info`. */
import { parseArguments, UsageError } from "../shared/args.ts";
import { MiB } from "../shared/limits.ts";
import { parseSize } from "../shared/size.ts";
import { DAY, DEFAULT_LIMITS, type Limits } from "./limits/limits.ts";

export const DEFAULT_PORT = 1234;

export const HELP = `Usage: messaging-server [options]
       messaging-server fingerprint [--data DIR]

Relays messages between clients, and keeps them until they are collected.

Commands:
  fingerprint   Print the server's key, and make it if there is none yet. With
                the address HOST:PORT#KEY clients demand this key

Options:
  --port N      Port to listen on; 0 takes a free one
                (default: the number in port.info in the data folder, else ${DEFAULT_PORT})
  --host HOST   Address to listen on (default: 0.0.0.0, every network of
                this machine)
  --data DIR    Folder of server.db, files/ and chunks/; created if missing
                (default: the current folder)
  --quota SIZE  Limit for the waiting files of one sender, such as 500M, 64G or
                2T (default: ${DEFAULT_LIMITS.maxSenderSize / (1024 * MiB)}G)
  --total SIZE  Limit for the waiting files of all senders (default: ${
  DEFAULT_LIMITS.maxTotalSize / (1024 * 1024 * MiB)
}T)
  --expire DAYS Delete files that nobody fetched for this long (default: ${
  DEFAULT_LIMITS.fileExpiry / DAY
})
  --no-classic  Refuse clients that speak the old, unauthenticated protocol
  -h, --help    Show this help
  --version     Show the version

Stop it with Ctrl-C (SIGINT) or SIGTERM; it finishes what is under way.
`;

export type Command =
  | { kind: "help" }
  | { kind: "version" }
  | { kind: "fingerprint"; data: string }
  | {
    kind: "serve";
    hostname: string;
    port?: number;
    data: string;
    classic: boolean;
    /** The limits that differ from the defaults. */
    limits: Partial<Limits>;
  };

/** @throws {UsageError} */
export function parseCommand(args: readonly string[]): Command {
  const { flags, values, operands } = parseArguments(args, {
    flags: ["help", "version", "no-classic"],
    values: ["port", "host", "data", "quota", "total", "expire"],
  });
  if (flags.help) return { kind: "help" };
  if (flags.version) return { kind: "version" };
  const data = values.data ?? ".";
  const [command, extra] = operands;
  if (command !== undefined && command !== "fingerprint") {
    throw new UsageError(`unknown command "${command}"`);
  }
  if (extra !== undefined) throw new UsageError(`unexpected argument "${extra}"`);
  if (command === "fingerprint") return { kind: "fingerprint", data };
  const port = values.port === undefined ? undefined : parsePort(values.port);
  if (port === null) {
    throw new UsageError(`--port takes a number from 0 to 65535, not "${values.port}"`);
  }
  const hostname = values.host ?? "0.0.0.0";
  const limits = parseLimits(values);
  return { kind: "serve", hostname, port, data, classic: !flags["no-classic"], limits };
}

function parseLimits(values: { quota?: string; total?: string; expire?: string }): Partial<Limits> {
  const { quota, total, expire } = values;
  const limits: Partial<Limits> = {};
  const size = (option: string, text: string) => {
    const bytes = parseSize(text);
    if (bytes !== null) return bytes;
    throw new UsageError(`--${option} takes a size such as 500M or 64G, not "${text}"`);
  };
  if (quota !== undefined) limits.maxSenderSize = size("quota", quota);
  if (total !== undefined) limits.maxTotalSize = size("total", total);
  if (expire !== undefined) {
    if (!/^[1-9]\d{0,4}$/.test(expire)) {
      throw new UsageError(`--expire takes a number of days from 1 to 99999, not "${expire}"`);
    }
    limits.fileExpiry = Number(expire) * DAY;
  }
  return limits;
}

/** Returns the port that `text` names, from 0 to 65535, or null. */
export function parsePort(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  return port <= 65535 ? port : null;
}

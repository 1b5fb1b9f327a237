/** What the operator asked for: the command line and the file `port.info`. */
import { parseArguments, UsageError } from "../shared/args.ts";

export const DEFAULT_PORT = 1234;

export const HELP = `Usage: messaging-server [options]
       messaging-server fingerprint [--data DIR]

Relays messages between clients; keeps them until they are collected.

Commands:
  fingerprint   Print the key by which clients know this server, and end; it is
                made where there is none yet. Clients demand it with the address
                HOST:PORT#KEY

Options:
  --port N      Port to listen on; 0 takes a free one
                (default: the number in port.info in the data folder, else ${DEFAULT_PORT})
  --host HOST   Address to listen on (default: 0.0.0.0, all of this machine)
  --data DIR    Folder of server.db and files/; made where it is missing
                (default: the current folder)
  --no-classic  Refuse clients that speak the old, unauthenticated protocol
  -h, --help    Show this help
  --version     Show the version

Stop it with Ctrl-C (SIGINT) or SIGTERM: it finishes what is under way.
`;

export type Command =
  | { kind: "help" }
  | { kind: "version" }
  | { kind: "fingerprint"; data: string }
  | { kind: "serve"; hostname: string; port?: number; data: string; classic: boolean };

/** @throws {UsageError} */
export function parseCommand(args: readonly string[]): Command {
  const { flags, values, operands } = parseArguments(args, {
    flags: ["help", "version", "no-classic"],
    values: ["port", "host", "data"],
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
  return { kind: "serve", hostname, port, data, classic: !flags["no-classic"] };
}

/** The port that `text` names, from 0 to 65535, or null. */
export function parsePort(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  return port <= 65535 ? port : null;
}

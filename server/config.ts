/** What the operator asked for: the command line and the file `port.info`. */
import { parseArguments, UsageError } from "../shared/args.ts";

export const DEFAULT_PORT = 1234;

export const HELP = `Usage: messaging-server [options]

Relays messages between clients; keeps them until they are collected.

Options:
  --port N      Port to listen on; 0 takes a free one
                (default: the number in port.info in the data folder, else ${DEFAULT_PORT})
  --host HOST   Address to listen on (default: 0.0.0.0, all of this machine)
  --data DIR    Folder of server.db and files/; made where it is missing
                (default: the current folder)
  -h, --help    Show this help
  --version     Show the version

Stop it with Ctrl-C (SIGINT) or SIGTERM: it finishes what is under way.
`;

export type Command =
  | { kind: "help" }
  | { kind: "version" }
  | { kind: "serve"; hostname: string; port?: number; data: string };

/** @throws {UsageError} */
export function parseCommand(args: readonly string[]): Command {
  const { flags, values, operands } = parseArguments(args, {
    flags: ["help", "version"],
    values: ["port", "host", "data"],
  });
  if (flags.help) return { kind: "help" };
  if (flags.version) return { kind: "version" };
  if (operands.length > 0) throw new UsageError(`unexpected argument "${operands[0]}"`);
  const port = values.port === undefined ? undefined : parsePort(values.port);
  if (port === null) {
    throw new UsageError(`--port takes a number from 0 to 65535, not "${values.port}"`);
  }
  return { kind: "serve", hostname: values.host ?? "0.0.0.0", port, data: values.data ?? "." };
}

/** The port that `text` names, from 0 to 65535, or null. */
export function parsePort(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  return port <= 65535 ? port : null;
}

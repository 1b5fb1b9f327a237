/** The client's command line: arguments in, one command out. */
import { parseArguments, UsageError } from "../shared/args.ts";
import { COMMANDS } from "./cli_help.ts";

/** Options that every command has. */
export interface GlobalOptions {
  profile: string;
  /** HOST:PORT or HOST:PORT#KEY; without it `server.info` in the profile says. */
  server?: string;
  json: boolean;
  quiet: boolean;
}

export type Command =
  | { name: "menu" }
  | { name: "test" }
  | { name: "register"; as: string; classic: boolean }
  | { name: "whoami" }
  | { name: "list" }
  | { name: "key"; peer: string }
  | { name: "request-key"; peer: string }
  | { name: "send-key"; peer: string }
  | { name: "send"; peer: string; text?: string }
  | { name: "send-file"; peer: string; path: string }
  | { name: "receive"; out: string; follow: boolean }
  | { name: "history"; peer: string; search?: string }
  | { name: "forget"; peer: string }
  | { name: "verify"; peer: string; confirm: boolean }
  | { name: "alias"; peer: string; alias?: string }
  | { name: "block"; peer: string }
  | { name: "unblock"; peer: string }
  | { name: "card" }
  | { name: "add"; card: string }
  | { name: "passphrase"; action: PassphraseAction }
  | { name: "export"; path: string }
  | { name: "import"; path: string }
  | { name: "server"; forget: boolean };

const PASSPHRASE_ACTIONS = ["set", "change", "remove"] as const;
export type PassphraseAction = typeof PASSPHRASE_ACTIONS[number];

export type CommandName = Command["name"];

export type CommandLine =
  | { kind: "help"; command?: CommandName }
  | { kind: "version" }
  | { kind: "run"; command: Command; options: GlobalOptions };

const VALUES = ["profile", "server", "out", "search"] as const;
const FLAGS = ["json", "quiet", "help", "version", "classic", "follow", "yes"] as const;

/** Options that one command has. */
const OWN_OPTIONS: [option: "out" | "search" | "classic" | "follow" | "yes", of: CommandName][] = [
  ["out", "receive"],
  ["follow", "receive"],
  ["classic", "register"],
  ["search", "history"],
  ["yes", "verify"],
];

/** @throws {UsageError} */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { flags, values, operands } = parseArguments(args, { flags: FLAGS, values: VALUES });
  if (flags.version) return { kind: "version" };
  const [name = "menu", ...rest] = operands;
  if (!isCommandName(name)) {
    if (name === "help") {
      const command = rest[0];
      return { kind: "help", command: command && isCommandName(command) ? command : undefined };
    }
    throw new UsageError(`unknown command "${name}"`);
  }
  if (flags.help) return { kind: "help", command: operands.length > 0 ? name : undefined };
  const given = { ...values, ...flags };
  for (const [option, owner] of OWN_OPTIONS) {
    if (given[option] === undefined || given[option] === false || name === owner) continue;
    throw new UsageError(`--${option} belongs to the command ${owner}`);
  }
  const options = {
    profile: values.profile ?? ".",
    server: values.server,
    json: flags.json,
    quiet: flags.quiet,
  };
  return {
    kind: "run",
    command: commandOf(name, rest, { out: ".", ...given }),
    options,
  };
}

function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

interface CommandOptions {
  out: string;
  follow: boolean;
  classic: boolean;
  search?: string;
  yes: boolean;
}

function commandOf(
  name: CommandName,
  operands: string[],
  { out, follow, classic, search, yes }: CommandOptions,
): Command {
  const { operands: expected } = COMMANDS[name];
  const required = expected.filter((operand) => !operand.startsWith("["));
  if (operands.length < required.length) {
    throw new UsageError(`${name} needs ${required[operands.length]}`);
  }
  if (operands.length > expected.length) {
    const hint = name === "send" ? "; put the text in quotes" : "";
    throw new UsageError(`unexpected argument "${operands[expected.length]}"${hint}`);
  }
  const [first, second] = operands;
  switch (name) {
    case "register":
      return { name, as: first, classic };
    case "key":
    case "request-key":
    case "send-key":
    case "forget":
    case "block":
    case "unblock":
      return { name, peer: first };
    case "send":
      return { name, peer: first, text: second === "-" ? undefined : second };
    case "send-file":
      return { name, peer: first, path: second };
    case "receive":
      return { name, out, follow };
    case "history":
      return { name, peer: first, search };
    case "verify":
      return { name, peer: first, confirm: yes };
    case "alias":
      return { name, peer: first, alias: second };
    case "add":
      return { name, card: first };
    case "passphrase":
      return { name, action: passphraseAction(first) };
    case "export":
    case "import":
      return { name, path: first };
    case "server":
      if (first !== undefined && first !== "forget") {
        throw new UsageError(`server knows "forget" alone, not "${first}"`);
      }
      return { name, forget: first === "forget" };
    default:
      return { name };
  }
}

function passphraseAction(word: string): PassphraseAction {
  const action = PASSPHRASE_ACTIONS.find((known) => known === word);
  if (action) return action;
  throw new UsageError(`passphrase knows "set", "change" and "remove", not "${word}"`);
}

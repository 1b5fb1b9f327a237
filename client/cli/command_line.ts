/** The client's command line: arguments in, one command out. */
import { parseArguments, UsageError } from "../../shared/args.ts";
import { parseSize } from "../../shared/size.ts";
import { COMMANDS } from "./help.ts";

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
  | { name: "send-file"; peer: string; paths: string[] }
  | { name: "send-file"; peer: string; stdinAs: string }
  | { name: "receive"; out: string; follow: boolean; files: FileChoice }
  | { name: "files" }
  | { name: "fetch"; number: number; out: string }
  | { name: "transfers"; cancel?: number }
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

/** Which of the received files are fetched at once; of the others it is told that they wait. */
export interface FileChoice {
  /** False for none. */
  readonly fetch: boolean;
  /** Larger ones wait, in bytes. */
  readonly maxSize?: number;
}

const PASSPHRASE_ACTIONS = ["set", "change", "remove"] as const;
export type PassphraseAction = typeof PASSPHRASE_ACTIONS[number];

export type CommandName = Command["name"];

export type CommandLine =
  | { kind: "help"; command?: CommandName }
  | { kind: "version" }
  | { kind: "run"; command: Command; options: GlobalOptions };

const VALUES = ["profile", "server", "out", "search", "max-size", "name"] as const;
const FLAGS = ["json", "quiet", "help", "version", "classic", "follow", "yes", "no-files"] as const;

type OwnOption =
  | Exclude<typeof VALUES[number], "profile" | "server">
  | Exclude<typeof FLAGS[number], "json" | "quiet" | "help" | "version">;

/** Options that some commands have. */
const OWN_OPTIONS: Record<OwnOption, readonly CommandName[]> = {
  "out": ["receive", "fetch"],
  "follow": ["receive"],
  "no-files": ["receive"],
  "max-size": ["receive"],
  "name": ["send-file"],
  "classic": ["register"],
  "search": ["history"],
  "yes": ["verify"],
};

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
  for (const [option, owners] of Object.entries(OWN_OPTIONS)) {
    const value = given[option as OwnOption];
    if (value === undefined || value === false || owners.includes(name)) continue;
    throw new UsageError(`--${option} belongs to the command ${owners.join(" or ")}`);
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

type CommandOptions =
  & { out: string }
  & Record<Extract<OwnOption, typeof FLAGS[number]>, boolean>
  & Partial<Record<Extract<OwnOption, typeof VALUES[number]>, string>>;

function commandOf(
  name: CommandName,
  operands: string[],
  options: CommandOptions,
): Command {
  const { out, follow, classic, search, yes } = options;
  const { operands: expected } = COMMANDS[name];
  const required = expected.filter((operand) => !/^\[|\]$/.test(operand));
  if (operands.length < required.length) {
    throw new UsageError(`${name} needs ${required[operands.length].replace("...", "")}`);
  }
  if (operands.length > expected.length && !expected.at(-1)?.endsWith("...")) {
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
      return sendFileCommand(first, operands.slice(1), options.name);
    case "receive": {
      const maxSize = sizeOption(options["max-size"]);
      return { name, out, follow, files: { fetch: !options["no-files"], maxSize } };
    }
    case "fetch":
      return { name, number: transferNumber(first), out };
    case "transfers":
      return { name, cancel: cancelled(first, second) };
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

function sendFileCommand(peer: string, paths: string[], fileName?: string): Command {
  const name = "send-file";
  if (!paths.includes("-")) {
    if (fileName === undefined) return { name, peer, paths };
    throw new UsageError("--name is for a file from standard input alone, -");
  }
  if (paths.length > 1) {
    throw new UsageError("- (standard input) is sent alone, without other files");
  }
  if (fileName === undefined) {
    throw new UsageError("a file from standard input needs a name: --name FILENAME");
  }
  return { name, peer, stdinAs: fileName };
}

function sizeOption(text?: string): number | undefined {
  if (text === undefined) return undefined;
  const size = parseSize(text);
  if (size !== null) return size;
  throw new UsageError(`--max-size takes a size such as 10M, 1.5G or 4GiB, not "${text}"`);
}

function cancelled(action?: string, number?: string): number | undefined {
  if (action === undefined) return undefined;
  if (action !== "cancel") throw new UsageError(`transfers knows "cancel" alone, not "${action}"`);
  if (number === undefined) throw new UsageError("transfers cancel needs ID");
  return transferNumber(number);
}

function transferNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UsageError(`ID is a number, as files and transfers show it, not "${text}"`);
}

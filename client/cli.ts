/** The client's command line: arguments in, one command out. */
import { parseArguments, UsageError } from "../shared/args.ts";

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
  | { name: "server"; forget: boolean };

export type CommandName = Command["name"];

export type CommandLine =
  | { kind: "help"; command?: CommandName }
  | { kind: "version" }
  | { kind: "run"; command: Command; options: GlobalOptions };

const VALUES = ["profile", "server", "out"] as const;
const FLAGS = ["json", "quiet", "help", "version", "classic", "follow"] as const;

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
  if (values.out !== undefined && name !== "receive") {
    throw new UsageError("--out belongs to the command receive");
  }
  if (flags.follow && name !== "receive") {
    throw new UsageError("--follow belongs to the command receive");
  }
  if (flags.classic && name !== "register") {
    throw new UsageError("--classic belongs to the command register");
  }
  const options = {
    profile: values.profile ?? ".",
    server: values.server,
    json: flags.json,
    quiet: flags.quiet,
  };
  return {
    kind: "run",
    command: commandOf(name, rest, { out: ".", ...values, ...flags }),
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
}

function commandOf(
  name: CommandName,
  operands: string[],
  { out, follow, classic }: CommandOptions,
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
      return { name, peer: first };
    case "send":
      return { name, peer: first, text: second === "-" ? undefined : second };
    case "send-file":
      return { name, peer: first, path: second };
    case "receive":
      return { name, out, follow };
    case "server":
      if (first !== undefined && first !== "forget") {
        throw new UsageError(`server knows "forget" alone, not "${first}"`);
      }
      return { name, forget: first === "forget" };
    default:
      return { name };
  }
}

interface CommandHelp {
  operands: string[];
  summary: string;
  details: string;
}

const COMMANDS: Record<CommandName, CommandHelp> = {
  "menu": {
    operands: [],
    summary: "The interactive menu; the default",
    details: "Reads its choices from standard input, a line each.",
  },
  "register": {
    operands: ["NAME"],
    summary: "Make a new identity and register it",
    details:
      "NAME has 2 characters to 254 bytes. The identity is kept in the profile; with --server\n" +
      "the address is kept in server.info, too.\n\nOptions:\n" +
      "  --classic          Make an identity of the old, unauthenticated protocol (in me.info)",
  },
  "whoami": {
    operands: [],
    summary: "Show the profile's own ID and name",
    details: "Asks no server.",
  },
  "list": {
    operands: [],
    summary: "List all other clients",
    details:
      "One a line: ID, name, and whether the client is unauthenticated: one that speaks the\n" +
      "old protocol, in whose name anybody could act.",
  },
  "key": {
    operands: ["NAME"],
    summary: "Show a client's public key",
    details: "160 bytes, in hex: of a secure client its identity, of a classic one RSA-1024 in\n" +
      "SubjectPublicKeyInfo DER.",
  },
  "request-key": {
    operands: ["NAME"],
    summary: "Ask a classic client for a key",
    details: "It answers when it next receives its messages.",
  },
  "send-key": {
    operands: ["NAME"],
    summary: "Send a classic client a key",
    details: "Rarely needed: send and send-file do it by themselves where no key is known.",
  },
  "send": {
    operands: ["NAME", "[TEXT]"],
    summary: "Send a text",
    details: "Without TEXT, or with -, the text is read from standard input, up to its end; one\n" +
      "line end at its end is left out. At most 1 MiB of UTF-8.",
  },
  "send-file": {
    operands: ["NAME", "PATH"],
    summary: "Send a file",
    details: "Up to 1 GiB. Its name is not sent.",
  },
  "receive": {
    operands: [],
    summary: "Collect and show the waiting messages",
    details:
      "Options:\n  --out DIR          Folder for received files (default: the current folder)\n" +
      "  --follow           Go on: show messages as they come, until stopped with Ctrl-C\n\n" +
      "Answers requests for keys. A message that cannot be decrypted is reported, kept, and\n" +
      "tried again when its sender has sent a key; the exit code is 1 then.",
  },
  "server": {
    operands: ["[forget]"],
    summary: "Show the server's address and key",
    details:
      "The key is the one seen at the first contact, or demanded by HOST:PORT#KEY; a server\n" +
      "that shows another is refused. With forget, the next key that the server shows is\n" +
      "accepted: do this only when its operator has told you that the key has changed.",
  },
  "test": {
    operands: [],
    summary: "Run automatic tests against the server",
    details:
      "Registers a few clients with random names, which stay on the server. The profile is\n" +
      "not touched.",
  },
};

const GLOBAL_HELP = `Global options:
  --profile DIR      Folder of the profile (default: the current folder)
  --server HOST:PORT Server's address (default: server.info in the profile). With
                     HOST:PORT#KEY the server must have this key, see
                     messaging-server fingerprint
  --json             Results as JSON, one object a line
  --quiet            Nothing on standard error but errors
  -h, --help         Show this help, or that of a command
  --version          Show the version`;

/** The help of one command, or of the whole program. */
export function helpText(command?: CommandName): string {
  if (command === undefined) {
    const width = Math.max(...Object.keys(COMMANDS).map((name) => synopsis(name).length));
    const lines = Object.entries(COMMANDS).map(([name, { summary }]) =>
      `  ${synopsis(name).padEnd(width)}  ${summary}`
    );
    return `Usage: messaging-client [options] [command]

Sends and receives end-to-end encrypted messages and files.

Commands:
${lines.join("\n")}

${GLOBAL_HELP}

Exit codes: 0 done, 1 failed, 2 wrong usage.`;
  }
  const { summary, details } = COMMANDS[command];
  return `Usage: messaging-client [options] ${synopsis(command)}\n\n${summary}.\n\n${details}\n\n` +
    GLOBAL_HELP;
}

function synopsis(name: string): string {
  return [name, ...COMMANDS[name as CommandName].operands].join(" ");
}

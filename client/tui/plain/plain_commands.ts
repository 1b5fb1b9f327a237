/** The commands of the line mode: a line that begins with "/". */
import { didYouMean, UsageError } from "../../../shared/args.ts";
import type { Params } from "../link/chat_link.ts";

/** What a line asks for: a method with its parameters, or something of the chat itself. */
export type Asked =
  | { readonly kind: "call"; readonly method: string; readonly params: Params }
  /** Shows the safety number; `yes`: it is the same on the other side. */
  | { readonly kind: "verify"; readonly yes: boolean }
  | { readonly kind: "help" }
  | { readonly kind: "quit" };

/** Returns a path so that the engine finds it. */
type Place = (path: string) => string;

interface LineCommand {
  readonly name: string;
  /** What stands behind the name. */
  readonly usage: string;
  readonly help: string;
  /** Returns what `rest` asks for; undefined if something is missing. */
  asks(rest: string, peer: string, place: Place): Asked | undefined;
}

const COMMANDS: readonly LineCommand[] = [
  {
    name: "file",
    usage: "PATH",
    help: "Send a file",
    asks: (path, peer, place) =>
      path === "" ? undefined : call("send-file", { peer, paths: [place(path)] }),
  },
  {
    name: "save",
    usage: "ID",
    help: "Save a file that waits in the current folder; the command files shows the IDs",
    asks: (rest, _peer, place) =>
      withNumber(
        rest,
        (number, more) => more === "" && call("fetch", { number, out: place(".") }),
      ),
  },
  {
    name: "reply",
    usage: "N TEXT",
    help: "Answer the message with this number",
    asks: (rest, peer) => withNumber(rest, (reply, text) => text && send(peer, text, { reply })),
  },
  {
    name: "edit",
    usage: "N TEXT",
    help: "Change a text of yours",
    asks: (rest) => withNumber(rest, (message, text) => text && call("edit", { message, text })),
  },
  {
    name: "delete",
    usage: "N",
    help: "Delete a message of yours, on both sides",
    asks: (rest) =>
      withNumber(
        rest,
        (message, more) => more === "" && call("delete", { message, "for-both": true }),
      ),
  },
  {
    name: "react",
    usage: "N EMOJI",
    help: "React to a message; without EMOJI no more",
    asks: (rest) =>
      withNumber(
        rest,
        (message, emoji) => call("react", emoji ? { message, emoji } : { message, none: true }),
      ),
  },
  {
    name: "verify",
    usage: "[yes]",
    help: "Compare the safety number; yes: it is the same on the other side",
    asks: (rest) => /^(yes)?$/.test(rest) ? { kind: "verify", yes: rest === "yes" } : undefined,
  },
  { name: "help", usage: "", help: "Show this", asks: () => ({ kind: "help" }) },
  { name: "quit", usage: "", help: "End the chat", asks: () => ({ kind: "quit" }) },
];

/** Returns the lines that explain the commands. */
export function commandHelp(): string[] {
  const rows = COMMANDS.map(({ name, usage, help }) => `${`/${name} ${usage}`.padEnd(15)} ${help}`);
  return [...rows, "Any other line is sent; two slashes at its start send one."];
}

/** Returns what a line asks for in the chat with `peer`. @throws {UsageError} */
export function readLine(line: string, peer: string, place: Place): Asked {
  if (!line.startsWith("/")) return send(peer, line);
  if (line.startsWith("//")) return send(peer, line.slice(1));
  const [, name, rest] = /^\/(\S*)\s*(.*?)\s*$/s.exec(line) ?? [];
  const command = COMMANDS.find((command) => command.name === name);
  if (!command) {
    const hint = didYouMean(name, COMMANDS.map(({ name }) => name));
    throw new UsageError(`there is no command /${name}${hint}; see /help`, null);
  }
  const asked = command.asks(rest, peer, place);
  if (asked) return asked;
  throw new UsageError(`it is: /${command.name} ${command.usage}`, null);
}

const call = (method: string, params: Params): Asked => ({ kind: "call", method, params });

function send(peer: string, text: string, more: Params = {}): Asked {
  return call("send", { peer, text, ...more });
}

function withNumber(
  rest: string,
  asks: (number: number, more: string) => Asked | "" | false,
): Asked | undefined {
  const [, number, more] = /^([1-9]\d{0,14})(?:\s+(.*))?$/s.exec(rest) ?? [];
  return number === undefined ? undefined : asks(Number(number), more ?? "") || undefined;
}

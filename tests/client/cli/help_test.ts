import { runCommand } from "../../../client/cli/command.ts";
import { parseCommandLine } from "../../../client/cli/command_line.ts";
import { named } from "../../../shared/command_line.ts";
import { COMMANDS } from "../../../client/cli/commands.ts";
import { helpText } from "../../../client/cli/help.ts";
import { UsageError } from "../../../shared/args.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { commandContext } from "../../support/client/command_context.ts";

/** Each command with what must follow it. */
const SYNOPSES = {
  "menu": "menu",
  "test": "test",
  "setup": "setup",
  "register": "register [NAME]",
  "unregister": "unregister",
  "whoami": "whoami",
  "list": "list [PREFIX]",
  "key": "key NAME",
  "request-key": "request-key NAME",
  "send-key": "send-key NAME",
  "chat": "chat [NAME]",
  "send": "send NAME [TEXT]",
  "send-file": "send-file NAME PATH...",
  "receive": "receive",
  "files": "files",
  "fetch": "fetch [ID]",
  "transfers": "transfers [cancel ID]",
  "history": "history NAME",
  "forget": "forget NAME",
  "conversations": "conversations",
  "search": "search WORD...",
  "mark-read": "mark-read NAME",
  "mute": "mute NAME [DURATION|off]",
  "archive": "archive NAME [off]",
  "draft": "draft NAME [TEXT]",
  "edit": "edit N [TEXT]",
  "delete": "delete N",
  "react": "react N [EMOJI]",
  "timer": "timer NAME [DURATION]",
  "receipts": "receipts NAME [on|off]",
  "verify": "verify NAME",
  "alias": "alias NAME [ALIAS]",
  "block": "block NAME",
  "unblock": "unblock NAME",
  "card": "card",
  "add": "add CARD",
  "daemon": "daemon",
  "status": "status",
  "stop": "stop",
  "lock": "lock",
  "passphrase": "passphrase set|change|remove",
  "export": "export FILE",
  "import": "import FILE",
  "server": "server [forget]",
  "completions": "completions bash|zsh|fish",
  "help": "help [COMMAND]",
  "version": "version",
};
const NAMES = Object.keys(SYNOPSES) as (keyof typeof SYNOPSES)[];
const GLOBAL = [
  ...["--profile DIR", "--server HOST:PORT", "--json", "--quiet", "--color WHEN", "--time HOW"],
  ...["--help", "--version"],
];

/** The command that `args` lead to, and its arguments. */
function parsed(args: string[]): unknown {
  const { command, args: given } = parseCommandLine(args, COMMANDS);
  return [command.name, given];
}

function helpOf(name?: string): string {
  return helpText(COMMANDS, name === undefined ? undefined : named(name, COMMANDS));
}

Deno.test("help: every command of the table has its synopsis here", () => {
  assertEquals(COMMANDS.map(({ name }) => name).sort(), [...NAMES].sort());
});

Deno.test("help: is asked for with an option, or as a command", () => {
  for (const args of [["--help"], ["-h"], ["help"], ["--help", "--json"]]) {
    assertEquals(parsed(args), ["help", { command: undefined }]);
  }
  for (const command of NAMES) {
    if (command === "help") continue;
    for (const args of [[command, "--help"], ["-h", command], ["help", command]]) {
      assertEquals(parsed(args), ["help", { command }]);
    }
  }
});

Deno.test("help: comes before complaints about what the command lacks", () => {
  assertEquals(parsed(["send-file", "--help"]), ["help", { command: "send-file" }]);
});

Deno.test("help: the version is told before anything else", () => {
  for (const args of [["--version"], ["--version", "--help"], ["no-such-command", "--version"]]) {
    assertEquals(parsed(args), ["version", {}]);
  }
});

Deno.test("help: that of the program names every command, option and exit code", () => {
  const text = helpOf();
  for (const synopsis of Object.values(SYNOPSES)) {
    assert(text.split("\n").some((line) => line.startsWith(`  ${synopsis}  `)), synopsis);
  }
  for (const option of GLOBAL) assert(text.includes(option), option);
  for (const code of ["0 done", "1 failed", "2 wrong usage", "130 interrupted"]) {
    assert(text.includes(code), code);
  }
});

Deno.test("help: that of a command has its synopsis, its own options and the global ones", () => {
  for (const name of NAMES) {
    const text = helpOf(name);
    assertEquals(text.split("\n")[0], `Usage: messaging-client [options] ${SYNOPSES[name]}`);
    for (const option of GLOBAL) assert(text.includes(option), `${name}: ${option}`);
    assertEquals(text.includes("--out DIR"), name === "receive" || name === "fetch", name);
    assertEquals(text.includes("--no-files"), name === "receive", name);
    assertEquals(text.includes("--max-size SIZE"), name === "receive", name);
    assertEquals(text.includes("--name FILENAME"), name === "send-file", name);
    assertEquals(text.includes("--search WORD"), name === "history", name);
    assertEquals(text.includes("--yes"), name === "verify" || name === "unregister", name);
  }
  assertEquals(new Set(NAMES.map((name) => helpOf(name))).size, NAMES.length);
});

Deno.test("help: fits a terminal of 100 columns", () => {
  for (const text of [helpOf(), ...NAMES.map((name) => helpOf(name))]) {
    for (const line of text.split("\n")) assert(line.length <= 100, line);
  }
});

Deno.test("help: says what classic and secure clients are where it first names them", () => {
  for (const text of [helpOf(), ...NAMES.map(helpOf)]) {
    if (!/classic|secure client/i.test(text)) continue;
    assert(text.includes("A secure client proves who it is"), text);
    assert(text.includes("A classic\nclient speaks the old protocol"), text);
  }
  assert(!helpOf("files").includes("old protocol"), "nothing that does not belong there");
});

Deno.test("help: of a command that there is not says which one may be meant", async () => {
  const help = named("help", COMMANDS);
  const act = () => Array.fromAsync(runCommand(help, { command: "recieve" }, commandContext({})));
  const { message } = await assertRejects(act, UsageError);
  assertEquals(message, 'unknown command "recieve"; did you mean receive?');
});

Deno.test("help: that of README names no command and no option that there is not", async () => {
  const text = await Deno.readTextFile(new URL("../../../README.md", import.meta.url));
  const names = new Set<string>(COMMANDS.map(({ name }) => name));
  const pattern = /(?:messaging-client|task -q client)(?: --[a-z]+ [^\s`]+)* ([a-z][a-z-]+)/g;
  const told = [...text.matchAll(pattern)].map(([, name]) => name);
  assert(told.length > 5, `${told}: the examples of README were not found`);
  for (const name of told) assert(names.has(name), name);
  for (const name of COMMANDS.flatMap(({ options }) => Object.keys(options))) {
    assert(NAMES.some((command) => helpOf(command).includes(`  --${name}`)), name);
  }
});

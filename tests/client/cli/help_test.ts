import { type CommandName, parseCommandLine } from "../../../client/cli/command_line.ts";
import { helpText } from "../../../client/cli/help.ts";
import { assert, assertEquals } from "../../support/assert.ts";

/** Each command with what must follow it. */
const SYNOPSES: Record<CommandName, string> = {
  "menu": "menu",
  "test": "test",
  "register": "register NAME",
  "whoami": "whoami",
  "list": "list",
  "key": "key NAME",
  "request-key": "request-key NAME",
  "send-key": "send-key NAME",
  "send": "send NAME [TEXT]",
  "send-file": "send-file NAME PATH...",
  "receive": "receive",
  "files": "files",
  "fetch": "fetch ID",
  "transfers": "transfers [cancel ID]",
  "history": "history NAME",
  "forget": "forget NAME",
  "verify": "verify NAME",
  "alias": "alias NAME [ALIAS]",
  "block": "block NAME",
  "unblock": "unblock NAME",
  "card": "card",
  "add": "add CARD",
  "passphrase": "passphrase set|change|remove",
  "export": "export FILE",
  "import": "import FILE",
  "server": "server [forget]",
};
const NAMES = Object.keys(SYNOPSES) as CommandName[];
const GLOBAL = ["--profile DIR", "--server HOST:PORT", "--json", "--quiet", "--help", "--version"];

Deno.test("help: is asked for with an option, or as a command", () => {
  for (const args of [["--help"], ["-h"], ["help"], ["--help", "--json"], ["help", "nonsense"]]) {
    assertEquals(parseCommandLine(args), { kind: "help", command: undefined });
  }
  for (const command of NAMES) {
    for (const args of [[command, "--help"], ["-h", command], ["help", command]]) {
      assertEquals(parseCommandLine(args), { kind: "help", command });
    }
  }
});

Deno.test("help: comes before complaints about what the command lacks", () => {
  const line = parseCommandLine(["send-file", "--help"]);
  assertEquals(line, { kind: "help", command: "send-file" });
});

Deno.test("help: the version is told before anything else", () => {
  for (const args of [["--version"], ["--version", "--help"], ["no-such-command", "--version"]]) {
    assertEquals(parseCommandLine(args), { kind: "version" });
  }
});

Deno.test("help: that of the program names every command, option and exit code", () => {
  const text = helpText();
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
    const text = helpText(name);
    assertEquals(text.split("\n")[0], `Usage: messaging-client [options] ${SYNOPSES[name]}`);
    for (const option of GLOBAL) assert(text.includes(option), `${name}: ${option}`);
    assertEquals(text.includes("--out DIR"), name === "receive" || name === "fetch", name);
    assertEquals(text.includes("--no-files"), name === "receive", name);
    assertEquals(text.includes("--max-size SIZE"), name === "receive", name);
    assertEquals(text.includes("--name FILENAME"), name === "send-file", name);
    assertEquals(text.includes("--search WORD"), name === "history", name);
    assertEquals(text.includes("--yes"), name === "verify", name);
  }
  assertEquals(new Set(NAMES.map((name) => helpText(name))).size, NAMES.length);
});

Deno.test("help: fits a terminal of 100 columns", () => {
  for (const text of [helpText(), ...NAMES.map((name) => helpText(name))]) {
    for (const line of text.split("\n")) assert(line.length <= 100, line);
  }
});

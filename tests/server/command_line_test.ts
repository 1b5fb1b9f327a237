/** The server's command line: which command runs, and with which options. */
import { parseCommandLine } from "../../server/command_line.ts";
import { COMMANDS } from "../../server/commands.ts";
import { SETTING_NAMES, SETTINGS } from "../../server/config/settings.ts";
import { helpText } from "../../server/help.ts";
import { UsageError } from "../../shared/args.ts";
import { named } from "../../shared/command_line.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";

const parse = (...args: string[]) => parseCommandLine(args, COMMANDS);

Deno.test("server commands: without one it serves", () => {
  assertEquals(parse().command.name, "serve");
  assertEquals(parse("--port", "1").command.name, "serve");
  assertEquals(parse("serve", "--port", "1").given.port, "1");
});

Deno.test("server commands: help and version come before everything else", () => {
  for (const args of [["--help"], ["-h"], ["--port", "x", "--help"]]) {
    const { command, args: given } = parse(...args);
    assertEquals([command.name, given], ["help", { command: undefined }]);
  }
  assertEquals(parse("config", "--help").args, { command: "config" });
  assertEquals(parse("help", "config").args, { command: "config" });
  assertEquals(parse("--version", "--help").command.name, "version");
});

Deno.test("server commands: wrong usage says what is wrong", () => {
  const wrong: [args: string[], message: string][] = [
    [["--port"], "--port needs a value"],
    [["--port", ""], "--port needs a value"],
    [["--port", "1", "--port", "2"], "--port is given more than once"],
    [["--data="], "--data needs a value"],
    [["--prot", "1"], "unknown option --prot; did you mean --port?"],
    [["-p", "1"], "unknown option -p"],
    [["1234"], 'unknown command "1234"'],
    [["--", "--port"], 'unknown command "--port"'],
    [["confg"], 'unknown command "confg"; did you mean config?'],
    [["config", "all"], 'unexpected argument "all"'],
    [["fingerprint", "--port", "1"], "--port belongs to the command serve, config or health"],
    [
      ["version", "--data", "x"],
      "--data belongs to the command serve, config, stats, clients, invite, compact, " +
      "fingerprint, backup, restore, verify, repair, renew-key or health",
    ],
    [["fingerprint", "--no-classic"], "--no-classic belongs to the command serve or config"],
  ];
  for (const [args, message] of wrong) {
    assertEquals(assertThrows(() => parse(...args), UsageError).message, message);
  }
});

Deno.test("server help: names every command and setting, in lines that fit", () => {
  const text = helpText(COMMANDS);
  for (const { name } of COMMANDS) assert(text.includes(`\n  ${name} `), name);
  for (const name of SETTING_NAMES) {
    const { flag = name } = SETTINGS[name] as { flag?: string };
    assert(text.includes(`\n  --${flag} `), name);
  }
  for (const all of [text, ...COMMANDS.map((command) => helpText(COMMANDS, command))]) {
    for (const line of all.split("\n")) assert(line.length <= 96, line);
  }
});

Deno.test("server help: a command has its own settings alone", () => {
  const text = helpText(COMMANDS, named("fingerprint", COMMANDS));
  assert(text.startsWith("Usage: messaging-server fingerprint [options]\n"), text);
  assertEquals([text.includes("--data DIR"), text.includes("--config FILE")], [true, true]);
  assertEquals(text.includes("--port"), false);
  assertEquals(helpText(COMMANDS, named("version", COMMANDS)).includes("Settings"), false);
});

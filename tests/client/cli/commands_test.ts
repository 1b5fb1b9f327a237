/** What the table of commands says, apart from what its commands do. */
import { COMMANDS } from "../../../client/cli/commands.ts";
import { parseCommandLine } from "../../../client/cli/command_line.ts";
import { assert, assertEquals } from "../../support/assert.ts";

function namesOf(commands: typeof COMMANDS): string[] {
  return commands.map(({ name }) => name).sort();
}

/** Reports whether this command line needs a server. */
function needsServer(...args: string[]): boolean {
  const line = parseCommandLine(args, COMMANDS);
  return line.command.opensProfile && (line.command.needsServer?.(line.args) ?? true);
}

Deno.test("commands: have names of their own, and so have the choices of the menu", () => {
  assertEquals(new Set(namesOf(COMMANDS)).size, COMMANDS.length);
  const keys = COMMANDS.flatMap(({ menu = [] }) => menu.map(({ key }) => key));
  assertEquals(new Set(keys).size, keys.length);
  assert(!keys.includes("0"), "which ends the menu");
});

Deno.test("commands: these open no profile", () => {
  const plain = namesOf(COMMANDS.filter(({ opensProfile }) => !opensProfile));
  assertEquals(plain, [
    "completions",
    "help",
    "import",
    "lock",
    "setup",
    "stop",
    "test",
    "version",
  ]);
});

Deno.test("commands: what the profile knows by itself is told without a server", () => {
  const names = ["history", "forget", "mark-read", "mute", "archive", "draft", "search"];
  const peers = names.map((name) => [name, "bob"]);
  const alone = ["whoami", "card", "files", "transfers", "conversations"].map((name) => [name]);
  for (const args of [...peers, ...alone, ["passphrase", "set"], ["export", "file"]]) {
    assert(!needsServer(...args), args.join(" "));
  }
  for (const name of ["list", "receive", "menu", "server"]) assert(needsServer(name), name);
  for (const name of ["key", "send", "verify", "block", "unblock", "alias", "add", "register"]) {
    assert(needsServer(name, "bob"), name);
  }
  assert(needsServer("transfers", "cancel", "1"));
});

Deno.test("commands: none may start programs but what the user asks to do so", () => {
  const mayRun = (args: string[]) => {
    const { command, args: given } = parseCommandLine(args, COMMANDS);
    return command.runsPrograms?.(given) ?? false;
  };
  assert(mayRun(["send", "bob", "--editor"]));
  assert(!mayRun(["send", "bob", "hi"]));
  const others = COMMANDS.filter(({ runsPrograms }) => runsPrograms !== undefined);
  assert(mayRun(["receive", "--on-message", "cat"]));
  assert(mayRun(["daemon", "--on-message", "cat"]));
  assert(!mayRun(["receive", "--follow", "--notify", "bell"]));
  assert(!mayRun(["daemon", "--stdio"]));
  assertEquals(namesOf(others), ["chat", "daemon", "receive", "send"]);
});

Deno.test("commands: Ctrl-C stops transfers in good order, and each choice of the menu", () => {
  const stopped = COMMANDS.filter(({ stops }) => stops === "the command");
  assertEquals(namesOf(stopped), ["fetch", "receive", "send-file"]);
  assertEquals(namesOf(COMMANDS.filter(({ stops }) => stops === "its parts")), ["daemon", "menu"]);
});

import { parseCommandLine } from "../../../client/cli/command_line.ts";
import { COMMANDS } from "../../../client/cli/commands.ts";
import { UsageError } from "../../../shared/args.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";

const DEFAULTS = {
  ...{ profile: undefined, server: undefined, json: false, quiet: false },
  ...{ color: undefined, time: undefined },
};

/** A command by its name, with its arguments. */
type Command = { readonly name: string; readonly args?: Record<string, unknown> };

function assertRuns(given: string[], { name, args = {} }: Command, options = {}): void {
  const line = parseCommandLine(given, COMMANDS);
  const what = given.join(" ");
  assertEquals([line.command.name, line.args], [name, args], what);
  assertEquals(line.options, { ...DEFAULTS, ...options }, what);
}

const LIST = { name: "list", args: { prefix: undefined, contacts: false, names: false } };

/** Nothing is said about new contacts. */
const NO_POLICY = { "new-contacts": undefined };

function sending(peer: string[], given = {}): Command {
  return {
    name: "send",
    args: {
      ...{ peer, text: undefined, file: undefined, editor: false, reply: undefined },
      ...NO_POLICY,
      ...given,
    },
  };
}

function assertRefused(given: string[], message: string): void {
  const error = assertThrows(() => parseCommandLine(given, COMMANDS), UsageError);
  assert(error.message.includes(message), error.message);
}

Deno.test("command line: every command", () => {
  assertRuns([], { name: "menu" });
  assertRuns(["menu"], { name: "menu" });
  assertRuns(["test"], { name: "test" });
  assertRuns(["register", "alice"], {
    name: "register",
    args: { as: "alice", classic: false, invite: undefined },
  });
  const classic = { name: "register", args: { as: "alice", classic: true, invite: undefined } };
  assertRuns(["register"], {
    name: "register",
    args: { as: undefined, classic: false, invite: undefined },
  });
  assertRuns(["register", "--classic", "alice"], classic);
  assertRuns(["whoami"], { name: "whoami" });
  const invite = new Uint8Array(16).fill(0xab);
  assertRuns(["register", "alice", "--invite", "ab".repeat(16)], {
    name: "register",
    args: { as: "alice", classic: false, invite },
  });
  assertRuns(["list"], LIST);
  assertRuns(["list", "ali"], {
    name: "list",
    args: { prefix: "ali", contacts: false, names: false },
  });
  assertRuns(["list", "--contacts"], {
    name: "list",
    args: { prefix: undefined, contacts: true, names: false },
  });
  assertRuns(["key", "bob"], { name: "key", args: { peer: "bob" } });
  assertRuns(["request-key", "bob"], { name: "request-key", args: { peer: "bob" } });
  assertRuns(["send-key", "bob"], { name: "send-key", args: { peer: "bob" } });
  assertRuns(["send", "bob", "hello"], sending(["bob"], { text: "hello" }));
  assertRuns(["send", "bob", "yes", "--reply", "7"], sending(["bob"], { text: "yes", reply: 7 }));
  assertRuns(["edit", "7", "hello"], { name: "edit", args: { message: 7, text: "hello" } });
  const both = { message: 7, "for-both": true };
  assertRuns(["delete", "7", "--for-both"], { name: "delete", args: both });
  assertRuns(["react", "7", "👍"], {
    name: "react",
    args: { message: 7, emoji: "👍", none: false },
  });
  assertRuns(["timer", "bob", "4w"], { name: "timer", args: { peer: "bob", duration: 2_419_200 } });
  assertRuns(["timer", "bob", "off"], { name: "timer", args: { peer: "bob", duration: 0 } });
  assertRuns(["receipts", "bob", "off"], { name: "receipts", args: { peer: "bob", state: "off" } });
  for (const args of [["7"], ["7", "👍", "--none"]]) {
    assertRefused(["react", ...args], "react takes an EMOJI, or --none");
  }
  assertRefused(["edit", "x", "y"], "N is the number of a message");
  for (const duration of ["5", "0s", "1y", "-1s"]) {
    assertRefused(["timer", "bob", "--", duration], "DURATION is such as 30s");
  }
  assertRuns(["send-file", "bob", "a b"], {
    name: "send-file",
    args: { peer: "bob", paths: ["a b"], name: undefined, ...NO_POLICY },
  });
  assertRuns(["files"], { name: "files" });
  const noFetch = { number: undefined, all: false, from: undefined, out: undefined };
  assertRuns(["fetch", "7"], { name: "fetch", args: { ...noFetch, number: 7 } });
  assertRuns(["fetch", "--out", "dir", "7"], {
    name: "fetch",
    args: { ...noFetch, number: 7, out: "dir" },
  });
  assertRuns(["fetch", "--all", "--from", "bob"], {
    name: "fetch",
    args: { ...noFetch, all: true, from: "bob" },
  });
  assertRuns(["transfers"], {
    name: "transfers",
    args: { action: undefined, cancelled: undefined },
  });
  assertRuns(["transfers", "cancel", "7"], {
    name: "transfers",
    args: { action: "cancel", cancelled: 7 },
  });
  const rest = { last: undefined, since: undefined, before: undefined };
  const history = { peer: "bob", search: undefined, ...rest };
  assertRuns(["history", "bob"], { name: "history", args: history });
  const search = { name: "history", args: { ...history, search: "a b" } };
  assertRuns(["history", "--search", "a b", "bob"], search);
  assertRuns(["forget", "bob"], { name: "forget", args: { peer: "bob" } });
  assertRuns(["verify", "bob"], { name: "verify", args: { peer: "bob", yes: false } });
  assertRuns(["verify", "bob", "--yes"], { name: "verify", args: { peer: "bob", yes: true } });
  assertRuns(["alias", "bob", "Bobby"], { name: "alias", args: { peer: "bob", alias: "Bobby" } });
  assertRuns(["alias", "bob"], { name: "alias", args: { peer: "bob", alias: undefined } });
  assertRuns(["block", "bob"], { name: "block", args: { peer: "bob" } });
  assertRuns(["unblock", "bob"], { name: "unblock", args: { peer: "bob" } });
  assertRuns(["card"], { name: "card" });
  assertRuns(["add", "bob#00"], { name: "add", args: { card: "bob#00" } });
  for (const action of ["set", "change", "remove"] as const) {
    assertRuns(["passphrase", action], { name: "passphrase", args: { action } });
  }
  assertRuns(["export", "a b"], { name: "export", args: { path: "a b" } });
  assertRuns(["import", "a b"], { name: "import", args: { path: "a b" } });
  assertRuns(["server"], { name: "server", args: { action: undefined } });
  assertRuns(["server", "forget"], { name: "server", args: { action: "forget" } });
});

Deno.test("command line: several files, or one from standard input", () => {
  const paths = ["a", "b c", "./-"];
  assertRuns(["send-file", "bob", ...paths], {
    name: "send-file",
    args: { peer: "bob", paths, name: undefined, ...NO_POLICY },
  });
  const stdin = {
    name: "send-file",
    args: { peer: "bob", paths: ["-"], name: "a b", ...NO_POLICY },
  };
  assertRuns(["send-file", "bob", "-", "--name", "a b"], stdin);
  assertRuns(["send-file", "--name=a b", "bob", "-"], stdin);
});

Deno.test("command line: what is received, and where it goes", () => {
  const quiet = { "on-message": undefined, notify: undefined, ...NO_POLICY };
  const none = {
    out: undefined,
    "no-files": false,
    "max-size": undefined,
    follow: false,
    ...quiet,
  };
  const receive = (given: string[], args = {}) =>
    assertRuns(["receive", ...given], { name: "receive", args: { ...none, ...args } });
  receive([]);
  receive(["--follow"], { follow: true });
  receive(["--out", "dir"], { out: "dir" });
  receive(["--no-files"], { "no-files": true });
  const sizes = { "0": 0, "10M": 10 * 2 ** 20, "1.5G": 1.5 * 2 ** 30, "4GiB": 2 ** 32 };
  for (const [text, size] of Object.entries(sizes)) {
    receive(["--max-size", text], { "max-size": size });
  }
});

Deno.test("command line: without a text, or with a dash, it comes from standard input", () => {
  assertRuns(["send", "bob"], sending(["bob"]));
  assertRuns(["send", "bob", "-"], sending(["bob"]));
  assertRuns(["send", "bob", ""], sending(["bob"], { text: "" }));
  assertRuns(["send", "bob", "--file", "a"], sending(["bob"], { file: "a" }));
  assertRuns(["send", "bob", "--editor"], sending(["bob"], { editor: true }));
  for (const args of [["x", "--file", "a"], ["x", "--editor"], ["--file", "a", "--editor"]]) {
    assertRefused(["send", "bob", ...args], "send takes one of TEXT, --file and --editor");
  }
});

Deno.test("command line: commas separate receivers, but for those within a name", () => {
  const cases: [text: string, names: string[]][] = [
    ["alice,bob,alice", ["alice", "bob"]],
    ["Doe\\, Jane,bob", ["Doe, Jane", "bob"]],
    ["\\,", [","]],
    ["a\\b", ["a\\b"]],
    ["", [""]], // refused as a name, later
  ];
  for (const [text, peer] of cases) {
    assertRuns(["send", text, "hi"], sending(peer, { text: "hi" }));
  }
  for (const text of [",", "alice,", ",alice", "alice,,bob"]) {
    assertRefused(["send", text, "hi"], "there is no name");
  }
});

Deno.test("command line: operands stay the text that they are", () => {
  for (const text of ["007", "1e3", "true", "null", "help", "a=b", "שלום 👋", " x "]) {
    assertRuns(["send", "bob", text], sending(["bob"], { text }));
    assertRuns(["key", text], { name: "key", args: { peer: text } });
  }
});

Deno.test("command line: after two dashes everything is an operand", () => {
  const command = sending(["--bob"], { text: "--json" });
  assertRuns(["send", "--", "--bob", "--json"], command);
  assertRuns(["--json", "send", "--", "--bob", "--json"], command, { json: true });
});

Deno.test("command line: options may stand anywhere", () => {
  const options = { profile: "dir", server: "host:1", json: true, quiet: true };
  const given = ["--profile", "dir", "--server=host:1", "--json", "--quiet"];
  const command = sending(["bob"], { text: "hello" });
  assertRuns([...given, "send", "bob", "hello"], command, options);
  assertRuns(["send", "bob", "hello", ...given], command, options);
  assertRuns(["send", ...given, "bob", "hello"], command, options);
  assertRuns(["--json", "list"], LIST, { json: true });
  assertRuns(["list", "--quiet"], LIST, { quiet: true });
  assertRuns(["--profile=a=b", "list"], LIST, { profile: "a=b" });
});

Deno.test("command line: wrong usage is refused and says what is wrong", () => {
  const cases: [args: string[], reason: string][] = [
    [["no-such-command"], 'unknown command "no-such-command"'],
    [["Send", "bob"], 'unknown command "Send"; did you mean send?'],
    [["sned", "bob"], 'unknown command "sned"; did you mean send?'],
    [["ls"], 'unknown command "ls"'],
    [["constructor"], 'unknown command "constructor"'],
    [["__proto__"], 'unknown command "__proto__"'],
    [[""], 'unknown command ""'],
    [["key"], "key needs NAME"],
    [["request-key"], "request-key needs NAME"],
    [["send-key"], "send-key needs NAME"],
    [["send"], "send needs NAME"],
    [["send-file"], "send-file needs NAME"],
    [["send-file", "bob"], "send-file needs PATH"],
    [["register", "alice", "smith"], 'unexpected argument "smith"'],
    [["send", "bob", "two", "words"], 'unexpected argument "words"; put the text in quotes'],
    [["send-file", "bob", "-"], "a file from standard input needs a name: --name FILENAME"],
    [
      ["send-file", "bob", "a", "-", "--name", "x"],
      "- (standard input) is sent alone, without other files",
    ],
    [["send-file", "bob", "a", "--name", "x"], "--name is only for standard input, -"],
    [
      ["send", "a", "b", "--new-contacts", "x"],
      '--new-contacts takes ask, accept or refuse, not "x"',
    ],
    [["receive", "--notify", "x"], '--notify takes bell, osc9, osc777 or off, not "x"'],
    [["list", "--name", "x"], "--name belongs to the command setup or send-file"],
    [["fetch"], "fetch needs ID, or --all"],
    [["fetch", "1", "2"], 'unexpected argument "2"'],
    [["fetch", "0"], 'ID is a number, as files and transfers show it, not "0"'],
    [["fetch", "big.bin"], 'ID is a number, as files and transfers show it, not "big.bin"'],
    [["transfers", "stop"], 'transfers takes "cancel", not "stop"'],
    [["transfers", "cancel"], "transfers cancel needs ID"],
    [["transfers", "cancel", "1e3"], 'ID is a number, as files and transfers show it, not "1e3"'],
    [["transfers", "cancel", "1", "2"], 'unexpected argument "2"'],
    [["files", "x"], 'unexpected argument "x"'],
    [["fetch", "1", "--no-files"], "--no-files belongs to the command receive"],
    [["files", "--max-size", "1"], "--max-size belongs to the command receive"],
    [
      ["receive", "--max-size", "big"],
      '--max-size takes a size such as 10M, 1.5G or 4GiB, not "big"',
    ],
    [["whoami", "x"], 'unexpected argument "x"'],
    [["list", "x", "y"], 'unexpected argument "y"'],
    [["register", "alice", "--invite", "ab"], "an invite code has 32 hex digits"],
    [
      ["register", "alice", "--classic", "--invite", "ab".repeat(16)],
      "a classic identity cannot use an invite code",
    ],
    [["receive", "x"], 'unexpected argument "x"'],
    [["test", "x"], 'unexpected argument "x"'],
    [["menu", "x"], 'unexpected argument "x"'],
    [["list", "--out", "dir"], "--out belongs to the command receive or fetch"],
    [["--out", "dir"], "--out belongs to the command receive or fetch"],
    [["history"], "history needs NAME"],
    [["history", "bob", "word"], 'unexpected argument "word"'],
    [["history", "bob", "--search"], "--search needs a value"],
    [["forget"], "forget needs NAME"],
    [["verify"], "verify needs NAME"],
    [["alias"], "alias needs NAME"],
    [["alias", "bob", "two", "words"], 'unexpected argument "words"'],
    [["block"], "block needs NAME"],
    [["unblock"], "unblock needs NAME"],
    [["card", "x"], 'unexpected argument "x"'],
    [["add"], "add needs CARD"],
    [["passphrase"], "passphrase needs set|change|remove"],
    [["passphrase", "get"], 'passphrase takes "set", "change" or "remove", not "get"'],
    [["passphrase", "set", "secret"], 'unexpected argument "secret"'],
    [["export"], "export needs FILE"],
    [["import"], "import needs FILE"],
    [["import", "a", "b"], 'unexpected argument "b"'],
    [["server", "remember"], 'server takes "forget", not "remember"'],
    [["receive", "--search", "x"], "--search belongs to the command history"],
    [["list", "--yes"], "--yes belongs to the command unregister or verify"],
    [["list", "--follow"], "--follow belongs to the command receive"],
    [["list", "--classic"], "--classic belongs to the command register"],
    [["list", "--no-such-option"], "unknown option --no-such-option"],
    [["list", "--jsno"], "unknown option --jsno; did you mean --json?"],
    [["receive", "--ou=dir"], "unknown option --ou=dir; did you mean --out?"],
    [["list", "-x"], "unknown option -x"],
    [["send", "bob", "-5 degrees"], "unknown option -5 degrees"],
    [["list", "--profile"], "--profile needs a value"],
    [["list", "--profile="], "--profile needs a value"],
    [["list", "--server"], "--server needs a value"],
    [["receive", "--out"], "--out needs a value"],
    [["list", "--profile", "a", "--profile", "b"], "--profile is given more than once"],
    [["list", "--server", "a:1", "--server", "a:1"], "--server is given more than once"],
  ];
  for (const [args, reason] of cases) {
    const { message } = assertThrows(() => parseCommandLine(args, COMMANDS), UsageError);
    assertEquals(message, reason, args.join(" "));
  }
});

Deno.test("command line: options of the whole program take only the words that they list", () => {
  const options = { color: "never", time: "iso" };
  assertRuns(["--color", "never", "whoami", "--time=iso"], { name: "whoami" }, options);
  assertRefused(["whoami", "--color", "blue"], '--color takes auto, always or never, not "blue"');
  assertRefused(["whoami", "--time=utc"], '--time takes local, relative or iso, not "utc"');
});

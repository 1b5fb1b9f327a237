/** The client's process: command line, wiring, exit code. */
import manifest from "../deno.json" with { type: "json" };
import { type Bytes, toHex } from "../shared/bytes.ts";
import { type Address, formatAddress, formatFullAddress, parseAddress } from "./network/address.ts";
import {
  type Command,
  type CommandLine,
  type CommandName,
  type GlobalOptions,
  parseCommandLine,
} from "./cli/command_line.ts";
import { helpText } from "./cli/help.ts";
import { Client } from "./client.ts";
import { importProfile, runProtectionCommand } from "./cli/commands/protection.ts";
import { type CommandContext, runCommand } from "./cli/commands/run.ts";
import { runSelfTest } from "./cli/self_test.ts";
import { ClientError } from "./errors.ts";
import { readIfThere, writePrivateFile } from "./disk/private_file.ts";
import { Profile } from "./profile/profile.ts";
import { ClassicTransport } from "./classic/classic_transport.ts";
import { ProfileNetwork } from "./network/profile_network.ts";
import {
  EXIT_DONE,
  EXIT_FAILED,
  EXIT_INTERRUPTED,
  failureOf,
  failureText,
} from "./cli/output/failure.ts";
import { Interruption } from "./cli/terminal/interruption.ts";
import { runMenu } from "./cli/menu.ts";
import { type Output, toJson, toText } from "./cli/output/output.ts";
import { Passphrases } from "./cli/terminal/passphrase.ts";
import { Progress } from "./cli/terminal/progress.ts";
import { ProgressBar } from "./cli/terminal/progress_bar.ts";
import { ProgressLines } from "./cli/terminal/progress_lines.ts";
import { SecretLines } from "./cli/terminal/secret_line.ts";
import {
  inputBytes,
  InputLines,
  listenForInterrupts,
  printError,
  printOut,
  rawTerminal,
  readAllInput,
  terminalColumns,
} from "./cli/terminal/terminal.ts";

async function main(args: readonly string[]): Promise<number> {
  // Before the arguments are understood this is all there is to know how an error shall look.
  let json = args.includes("--json");
  try {
    const line = parseCommandLine(args);
    switch (line.kind) {
      case "help":
        printOut(`${helpText(line.command)}\n`);
        return EXIT_DONE;
      case "version":
        printOut(`messaging-client ${manifest.version}\n`);
        return EXIT_DONE;
      case "run":
        json = line.options.json;
        return await run(line);
    }
  } catch (error) {
    return fail(error, json);
  }
}

function fail(error: unknown, json: boolean): number {
  const failure = failureOf(error);
  printError(`${failureText(failure, json)}\n`);
  return failure.exitCode;
}

async function run({ command, options }: CommandLine & { kind: "run" }): Promise<number> {
  const environment = { now: () => Date.now(), sleep, random };
  if (command.name === "test") {
    const print = (line: string) => printOut(`${line}\n`);
    const failed = await runSelfTest(await serverOf(options), environment, print);
    return failed === 0 ? EXIT_DONE : EXIT_FAILED;
  }
  const { json, quiet } = options;
  const rich = Deno.stdout.isTerminal();
  const progress = progressFor(options);
  const note = (text: string) => {
    progress.clear();
    if (!quiet && !json) printError(`${text}\n`);
  };
  const print = (output: Output) => {
    progress.clear();
    if (json) printOut(`${toJson(output)}\n`);
    else if (output.kind === "notice") note(toText(output));
    else printOut(`${toText(output, { rich })}\n`);
  };
  const passphrases = enteredPassphrases();
  if (command.name === "import") {
    print(await importProfile(command, options.profile, passphrases));
    return EXIT_DONE;
  }
  const address = isOffline(command) ? NOWHERE : await serverOf(options);
  const passphrase = () => passphrases.current();
  using profile = await Profile.open(options.profile, { passphrase });
  if (command.name === "passphrase" || command.name === "export") {
    print(await runProtectionCommand(command, profile, passphrases));
    return EXIT_DONE;
  }
  if (command.name === "server") {
    if (command.forget) profile.servers.forget(address);
    print({ kind: "server", address, key: address.key ?? profile.servers.key(address) });
    return EXIT_DONE;
  }
  let exitCode = EXIT_DONE;
  const interruption = interruptionOf(progress);
  const context: CommandContext = {
    progress,
    readText: readAllInput,
    readInput: inputBytes,
    report(problem) {
      progress.clear();
      exitCode = fail(problem, json);
    },
    note,
  };
  const onFirstKey = (key: Bytes) =>
    context.note(`First contact with the server at ${formatAddress(address)}, key ${toHex(key)}`);
  const classic = ClassicTransport;
  const network = new ProfileNetwork({ profile, address, classic, onFirstKey, ...environment });
  const client = new Client({ profile, network, note, ...environment });
  try {
    if (STOPPABLE.has(command.name)) listenForInterrupts(() => interruption.request());
    if (command.name === "menu") {
      await showMenu(client, context, interruption);
      return EXIT_DONE;
    }
    await interruption.during(async (signal) => {
      for await (const output of runCommand(command, client, { ...context, signal })) print(output);
    });
  } finally {
    progress.stop();
    await network.close();
  }
  if (command.name === "register") await rememberServer(options, context);
  return exitCode;
}

async function showMenu(
  client: Client,
  context: CommandContext,
  interruption: Interruption,
): Promise<void> {
  const lines = new InputLines();
  await runMenu(client, {
    ask: (prompt) => {
      printOut(prompt);
      return lines.next();
    },
    print: (line) => printOut(`${line}\n`),
    rich: Deno.stdout.isTerminal(),
    fail: (error) => void fail(error, false),
    during: (run) => interruption.during(run),
  }, context);
}

/** A bar on a terminal, objects for scripts, nothing in a pipe. */
function progressFor({ json, quiet }: GlobalOptions): Progress {
  const now = () => performance.now();
  if (quiet) return new Progress({ view: null, now });
  if (json) return new Progress({ view: new ProgressLines(printError), now });
  const terminal = { columns: terminalColumns, write: printError };
  const view = Deno.stderr.isTerminal() ? new ProgressBar(terminal) : null;
  return new Progress({ view, now });
}

function interruptionOf(progress: Progress): Interruption {
  const kill = () => Deno.exit(EXIT_INTERRUPTED);
  return new Interruption({ moving: () => progress.moving, sleep, kill });
}

/** What Ctrl-C stops in good order; all else it ends as it ends any process. */
const STOPPABLE = new Set<CommandName>(["menu", "send-file", "receive", "fetch"]);

/** What is answered without a server, and should be where none is set up yet. */
const OFFLINE = new Set<CommandName>([
  "files",
  "whoami",
  "card",
  "history",
  "forget",
  "passphrase",
  "export",
]);
function isOffline(command: Command): boolean {
  return command.name === "transfers" ? command.cancel === undefined : OFFLINE.has(command.name);
}

const NOWHERE: Address = { hostname: "0.0.0.0", port: 0 };

/** Passphrases of the environment, else of the terminal. */
function enteredPassphrases(): Passphrases {
  const terminal = rawTerminal();
  const lines = terminal && new SecretLines(terminal);
  return new Passphrases({
    environment: (variable) => Deno.env.get(variable),
    ask: lines && ((question) => lines.ask(question)),
  });
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** The system gives at most 65,536 bytes at a time. */
function random(size: number): Bytes {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

/** The server's address: from the command line, else from the profile. */
async function serverOf({ server, profile }: GlobalOptions) {
  if (server !== undefined) return parseAddress(server, "--server");
  const path = `${profile}/server.info`;
  const text = await readIfThere(path);
  if (text === undefined) {
    throw new ClientError(
      "no-server",
      `no server is set: use --server HOST:PORT, or write HOST:PORT into ${path}`,
    );
  }
  return parseAddress(text, path);
}

/** A profile that was registered on a server finds it again without being told. */
async function rememberServer(
  { server, profile }: GlobalOptions,
  { note }: CommandContext,
): Promise<void> {
  const path = `${profile}/server.info`;
  if (server === undefined || await readIfThere(path) !== undefined) return;
  const address = formatFullAddress(parseAddress(server, "--server"));
  await writePrivateFile(path, `${address}\n`);
  note(`From now on this profile uses the server ${address}.`);
}

if (import.meta.main) Deno.exit(await main(Deno.args));

/** The client's process: command line, wiring, exit code. */
import manifest from "../deno.json" with { type: "json" };
import { type Bytes, toHex } from "../shared/bytes.ts";
import { type Address, formatAddress, formatFullAddress, parseAddress } from "./address.ts";
import { type CommandLine, type CommandName, type GlobalOptions, parseCommandLine } from "./cli.ts";
import { helpText } from "./cli_help.ts";
import { Client } from "./client.ts";
import { importProfile, runProtectionCommand } from "./commands/protection.ts";
import { type CommandContext, runCommand } from "./commands/run.ts";
import { runSelfTest } from "./commands/self_test.ts";
import { ClientError } from "./errors.ts";
import { readIfThere, writePrivateFile } from "./profile/private_file.ts";
import { Profile } from "./profile/profile.ts";
import { ProfileTransport } from "./profile_transport.ts";
import { EXIT_DONE, EXIT_FAILED, failureOf, failureText } from "./ui/failure.ts";
import { runMenu } from "./ui/menu.ts";
import { type Output, toJson, toText } from "./ui/output.ts";
import { Passphrases } from "./ui/passphrase.ts";
import { createProgress } from "./ui/progress.ts";
import { SecretLines } from "./ui/secret_line.ts";
import { InputLines, printError, printOut, rawTerminal, readAllInput } from "./ui/terminal.ts";

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
  const note = (text: string) => {
    if (!quiet && !json) printError(`${text}\n`);
  };
  const print = (output: Output) => {
    if (json) printOut(`${toJson(output)}\n`);
    else if (output.kind === "notice") note(toText(output));
    else printOut(`${toText(output, { rich })}\n`);
  };
  const passphrases = enteredPassphrases();
  if (command.name === "import") {
    print(await importProfile(command, options.profile, passphrases));
    return EXIT_DONE;
  }
  const address = OFFLINE.has(command.name) ? NOWHERE : await serverOf(options);
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
  const context: CommandContext = {
    progress: createProgress(!json && !quiet && Deno.stderr.isTerminal()),
    readText: readAllInput,
    report(problem) {
      exitCode = fail(problem, json);
    },
    note,
  };
  const onFirstKey = (key: Bytes) =>
    context.note(`First contact with the server at ${formatAddress(address)}, key ${toHex(key)}`);
  const transport = new ProfileTransport({ profile, address, onFirstKey, ...environment });
  const client = new Client({ profile, transport, note, ...environment });
  try {
    if (command.name === "menu") {
      await showMenu(client, context);
      return EXIT_DONE;
    }
    for await (const output of runCommand(command, client, context)) print(output);
  } finally {
    context.progress.stop();
    await transport.close();
  }
  if (command.name === "register") await rememberServer(options, context);
  return exitCode;
}

async function showMenu(client: Client, context: CommandContext): Promise<void> {
  const lines = new InputLines();
  await runMenu(client, {
    ask: (prompt) => {
      printOut(prompt);
      return lines.next();
    },
    print: (line) => printOut(`${line}\n`),
    rich: Deno.stdout.isTerminal(),
    fail: (error) => void fail(error, false),
  }, context);
}

/** What is answered without a server, and should be where none is set up yet. */
const OFFLINE = new Set<CommandName>([
  "whoami",
  "card",
  "history",
  "forget",
  "passphrase",
  "export",
]);
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

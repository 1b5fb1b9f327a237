/** The server's process: arguments in, exit code out. */
import { UsageError } from "../shared/args.ts";
import { randomBytes } from "../shared/crypto/random.ts";
import { readIfThere } from "../shared/files.ts";
import type { Process } from "./command.ts";
import { parseCommandLine } from "./command_line.ts";
import { COMMANDS } from "./commands.ts";
import { loadConfig } from "./config/config.ts";
import { onPath, systemErrorText } from "./path_errors.ts";
import { DiskError } from "./storage/disk_errors.ts";

const EXIT_DONE = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const PROCESS: Process = {
  clock: () => performance.now(),
  now: () => Date.now(),
  random: randomBytes,
  os: Deno.build.os,
  environment: (variable) => Deno.env.get(variable),
  exit: (code) => Deno.exit(code),
};

/** Runs the command that `args` ask for. Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const { command, args: commandArgs, given } = parseCommandLine(args, COMMANDS);
    const { environment } = PROCESS;
    const readFile = (path: string) => onPath(path, () => readIfThere(path));
    const config = () => loadConfig({ given, environment, readFile });
    await command.run(commandArgs, { ...PROCESS, commands: COMMANDS, config });
    return EXIT_DONE;
  } catch (error) {
    if (error instanceof UsageError) {
      const { message, help } = error;
      console.error(`messaging-server: ${message}\nTry: messaging-server ${help ?? "--help"}`);
      return EXIT_USAGE;
    }
    const message = error instanceof Error ? error.message : String(error);
    const known = systemErrorText(error);
    const reason = known === undefined ? message : `${known} (${message})`;
    const advice = error instanceof DiskError ? `; ${error.advice} (${error.cause})` : "";
    console.error(`messaging-server: ${reason}${advice}`);
    return EXIT_FAILED;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));

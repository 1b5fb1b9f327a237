import { openClient, serverAddress } from "../open_client.ts";
import { isProfile, notRegistered } from "../profile/profile.ts";
import { type CommandContext, runCommand } from "./command.ts";
import { type Invocation, parseCommandLine } from "./command_line.ts";
import { COMMANDS } from "./commands.ts";
import { openContext, openNotifier, printFailure, type Process } from "./context.ts";
import { profileFolder } from "./profile_folder.ts";
import { adviceFor, type Advise } from "./output/advice.ts";
import { EXIT_DONE, EXIT_FAILED } from "./output/failure.ts";
import { type Output, toJson, toText } from "./output/output.ts";
import { printOut } from "./terminal/terminal.ts";

/** Runs the command that `args` ask for. Returns the exit code. */
export async function runCommandLine(args: readonly string[], process: Process): Promise<number> {
  // All that is known of how to print an error before the arguments are parsed.
  let json = args.includes("--json");
  let advise: Advise | undefined;
  try {
    const invocation = parseCommandLine(args, COMMANDS);
    json = invocation.options.json;
    advise = adviceFor(invocation.options.profile);
    return await run(invocation, process, advise);
  } catch (error) {
    return printFailure(error, json, advise);
  }
}

/** What is told beside the results. */
const NOTES: readonly Output["kind"][] = ["notice", "unusable", "declined"];

async function run(
  invocation: Invocation,
  process: Process,
  advise: Advise,
): Promise<number> {
  const { command, args } = invocation;
  const { forbidPrograms } = process;
  if (!command.runsPrograms?.(args)) forbidPrograms();
  const profile = await profileFolder(invocation.options.profile, process);
  const options = { ...invocation.options, profile };
  let exitCode = EXIT_DONE;
  const fail = () => exitCode = EXIT_FAILED;
  const context = openContext(options, process, { commands: COMMANDS, advise, fail });
  const { progress } = context;
  let printed = 0;
  const notifier = openNotifier(args, context);
  const print = (output: Output) => {
    printed++;
    progress.clear();
    notifier?.hear(JSON.parse(toJson(output, context)));
    if (options.json) printOut(`${toJson(output, context)}\n`);
    else if (NOTES.includes(output.kind)) context.note(toText(output));
    else printOut(`${toText(output, context)}\n`);
  };
  const show = async (context: CommandContext) => {
    for await (const output of runCommand(command, args, context)) print(output);
    await notifier?.finish();
    const isEmpty = printed === 0 && exitCode === EXIT_DONE && command.nothing !== undefined;
    if (isEmpty && context.rich) context.note(command.nothing);
  };
  if (!command.opensProfile) {
    await show(context);
    return exitCode;
  }
  const folder = options.profile;
  const address = command.needsServer?.(args) ?? true
    ? await serverAddress(folder, options.server)
    : undefined;
  if (!command.createsProfile && !await isProfile(folder)) throw notRegistered(folder);
  const passphrase = () => context.passphrases.current();
  const { note } = context;
  await using opened = await openClient({ folder, address, passphrase, note, ...process });
  using _progress = { [Symbol.dispose]: () => progress.stop() };
  const all = { ...context, ...opened };
  const stops = command.stops === "the command";
  await (stops ? context.stoppable((signal) => show({ ...all, signal })) : show(all));
  return exitCode;
}

/** Runs a command: where, with what, and until when. */
import { openClient, type OpenedClient, serverAddress } from "../open_client.ts";
import { isProfile, notRegistered } from "../profile/profile.ts";
import type { ClientContext, CommandContext, FrontContext } from "./command.ts";
import type { Invocation } from "./command_line.ts";
import { COMMANDS } from "./commands.ts";
import { openContext, openNotifier, ownTerminal, type Process, type Terminal } from "./context.ts";
import { engineOr } from "./engine/engine_or.ts";
import { hasEngine } from "./engine/has_engine.ts";
import { noteToAsker } from "./engine/note_of_work.ts";
import { profileFolder } from "./profile_folder.ts";
import type { Advise } from "./output/advice.ts";
import { EXIT_DONE, EXIT_FAILED } from "./output/failure.ts";
import { showResults } from "./show_results.ts";

/** Runs a command in this process, or has the engine of the profile run it. */
export async function run(
  args: readonly string[],
  invocation: Invocation,
  process: Process,
  advise: Advise,
): Promise<number> {
  const { command } = invocation;
  const { forbidPrograms } = process;
  if (!command.runsPrograms?.(invocation.args)) forbidPrograms();
  const profile = await profileFolder(invocation.options.profile, process);
  const options = { ...invocation.options, profile };
  let exitCode = EXIT_DONE;
  const fail = () => exitCode = EXIT_FAILED;
  const own = ownTerminal(profile, process);
  const context = openContext(options, process, own, { commands: COMMANDS, advise, fail });
  const notifier = await openNotifier(invocation.args, context, own);
  const terminal: Terminal = { ...own, hear: notifier?.hear.bind(notifier) };
  const hasFailed = () => exitCode !== EXIT_DONE;
  const show = async (context: CommandContext) => {
    await showResults(invocation, context, terminal, hasFailed);
    await notifier?.finish();
  };
  if (!command.opensProfile) {
    await show(context);
    return exitCode;
  }
  if (command.isFront) {
    let { note } = context;
    await using stack = new AsyncDisposableStack();
    const { engineStream } = await import("./engine/engine_stream.ts");
    const { stream, ended } = await engineStream(profile, stack, {
      open: () => open(invocation, { ...context, note: (text) => note(text) }, process),
      options: { process, passphrase: () => context.passphrases.current() },
      note: (text) => note(text),
    });
    const { environment, asProduction } = process;
    const notesTo: FrontContext["notesTo"] = (hear) => note = hear;
    const front: FrontContext = {
      ...{ ...context, stream, hear: terminal.hear, environment, asProduction, notesTo },
    };
    await Promise.race([show(front), ended]);
    return exitCode;
  }
  const throughEngine = async () => {
    const { besideEngine } = command;
    if (besideEngine) return await besideEngine(invocation.args, profile) ? exitCode : null;
    if (!await hasEngine(profile)) return null;
    const { runThroughEngine } = await import("./engine/front_end.ts");
    const code = await runThroughEngine(options.profile, { args, invocation }, terminal, process);
    if (code !== null) await notifier?.finish();
    return code;
  };
  const opening = () => open(invocation, context, process);
  const found = await engineOr(throughEngine, opening, context.note);
  if ("engine" in found) return found.engine;
  await using stack = new AsyncDisposableStack();
  const opened = stack.use(found.opened);
  stack.defer(() => context.progress.stop());
  const all = { ...context, ...opened, hear: terminal.hear };
  const running = (all: ClientContext, ...more: AbortSignal[]) =>
    command.stops === "the command"
      ? context.stoppable((signal) => show({ ...all, signal: AbortSignal.any([signal, ...more]) }))
      : show(all);
  if (!command.serves?.(invocation.args)) await running(all);
  else {
    const { startEngine } = await import("./engine/start_engine.ts");
    const passphrase = () => context.passphrases.current();
    const engine = stack.use(await startEngine(opened, { process, passphrase }));
    await engine.untilEnded((signal) => running({ ...all, engine }, signal));
  }
  return exitCode;
}

/** Opens the profile in this process. */
async function open(
  { command, args, options: { server } }: Invocation,
  { options: { profile: folder }, passphrases, note }: CommandContext,
  process: Process,
): Promise<OpenedClient> {
  const needsServer = command.needsServer?.(args) ?? true;
  const address = needsServer ? await serverAddress(folder, server) : undefined;
  if (!command.createsProfile && !await isProfile(folder)) throw notRegistered(folder);
  const passphrase = () => passphrases.current();
  const tell = (text: string) => noteToAsker(text, note);
  return await openClient({ folder, address, passphrase, note: tell, ...process });
}

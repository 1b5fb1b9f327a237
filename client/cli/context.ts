/** What commands get from the process: its terminal, its environment, its clock. */
import type { Runtime } from "../open_client.ts";
import type { CommandContext, GlobalOptions } from "./command.ts";
import type { Advise } from "./output/advice.ts";
import { EXIT_INTERRUPTED, EXIT_UNREAD, failureOf, failureText } from "./output/failure.ts";
import { Interruption } from "./terminal/interruption.ts";
import { Notifier, type Notifying } from "./terminal/notifier.ts";
import { Passphrases } from "./terminal/passphrase.ts";
import { Progress } from "./terminal/progress.ts";
import { ProgressBar } from "./terminal/progress_bar.ts";
import { ProgressLines } from "./terminal/progress_lines.ts";
import { SecretLines } from "./terminal/secret_line.ts";
import { runHook } from "./terminal/programs.ts";
import { readText } from "./terminal/text_source.ts";
import {
  errorIsTerminal,
  inputBytes,
  inputIsTerminal,
  inputLines,
  listenForInterrupts,
  outputIsTerminal,
  printError,
  printOut,
  rawTerminal,
  terminalScreen,
} from "./terminal/terminal.ts";

/** The process that the command line runs in. */
export interface Process extends Runtime {
  /** Returns a steady time in milliseconds. */
  readonly ticks: () => number;
  readonly environment: (variable: string) => string | undefined;
  /** Where the user's programs keep data; undefined if there is no such folder. */
  readonly dataDirectory?: string;
  /** Takes from the process, for good, the right to run programs. */
  readonly forbidPrograms: () => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
}

/** Returns what every command may use. */
export function openContext(
  options: GlobalOptions,
  process: Process,
  rest: Pick<CommandContext, "commands" | "advise" | "fail">,
): CommandContext {
  const { json, quiet } = options;
  const { advise } = rest;
  const progress = openProgress(options, process);
  const { environment } = process;
  const attended = inputIsTerminal();
  const terminal = rawTerminal();
  const secrets = terminal && new SecretLines(terminal);
  const ask = secrets && ((question: string) => secrets.ask(question));
  const showError = (error: unknown) => {
    progress.clear();
    printFailure(error, json, advise);
  };
  let lines: ReturnType<typeof inputLines> | undefined;
  return {
    ...rest,
    options,
    runtime: process,
    passphrases: new Passphrases({ environment, ask }),
    progress,
    rich: outputIsTerminal(),
    attended,
    screen: outputIsTerminal() ? terminalScreen() : undefined,
    stoppable: openStopper(progress, process),
    printLine: (line) => printOut(`${line}\n`),
    async ask(prompt) {
      // In a pipe the questions belong to what the command prints.
      (attended ? printError : printOut)(prompt);
      return await (lines ??= inputLines()).next();
    },
    readText: (source = {}) => readText(source, { profile: options.profile, environment }),
    readInput: () => inputBytes("file"),
    showError,
    report(problem) {
      showError(problem);
      rest.fail();
    },
    note(text) {
      progress.clear();
      if (!quiet && !json) printError(`${advise(text)}\n`);
    },
  };
}

/** Returns what tells of messages as the options of a command say; undefined without them. */
export function openNotifier(
  { notify, "on-message": command }: Notifying,
  { showError }: Pick<CommandContext, "showError">,
): Notifier | undefined {
  if (command === undefined && notify === undefined) return undefined;
  const write = errorIsTerminal() ? printError : outputIsTerminal() ? printOut : undefined;
  return new Notifier({ command, way: notify, run: runHook, write, showError });
}

/**
 * Tells the user of an error, unless it is that nobody reads any more. Returns the exit code for it.
 */
export function printFailure(error: unknown, json: boolean, advise?: Advise): number {
  const failure = failureOf(error, advise);
  if (failure.exitCode === EXIT_UNREAD) return EXIT_UNREAD;
  printError(`${failureText(failure, json)}\n`);
  return failure.exitCode;
}

/** A bar on a terminal, objects for scripts, nothing in a pipe. */
function openProgress({ json, quiet }: GlobalOptions, { ticks }: Process): Progress {
  const bar = !json && errorIsTerminal();
  const terminal = { columns: () => terminalScreen().columns, write: printError };
  const lines = new ProgressLines((progress) => printError(`${JSON.stringify({ progress })}\n`));
  const view = json ? lines : bar ? new ProgressBar(terminal) : null;
  return new Progress({ view: quiet ? null : view, now: ticks });
}

function openStopper(progress: Progress, { sleep, exit }: Process): CommandContext["stoppable"] {
  const kill = () => exit(EXIT_INTERRUPTED);
  const interruption = new Interruption({ moving: () => progress.moving, sleep, kill });
  let listening = false;
  return (part) => {
    if (!listening) listenForInterrupts(() => interruption.request());
    listening = true;
    return interruption.during(part);
  };
}

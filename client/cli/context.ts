/** What commands get from the process: its terminal, its environment, its clock. */
import type { Params } from "../daemon/rpc_message.ts";
import type { Runtime } from "../open_client.ts";
import type { CommandContext, GlobalOptions } from "./command.ts";
import { paintFor, wantsPlain } from "./output/colour.ts";
import { timesAs } from "./output/style.ts";
import type { Screen } from "./output/trust.ts";
import { EXIT_INTERRUPTED } from "./output/failure.ts";
import { errorPaint, printFailure } from "./print_failure.ts";
import { Interruption } from "./terminal/interruption.ts";
import type { Notifier } from "./terminal/notifier.ts";
import type { Notifying } from "./terminal/notifying.ts";
import { Passphrases, type PassphraseSource } from "./terminal/passphrase.ts";
import { Progress } from "./terminal/progress.ts";
import { LateBar } from "./terminal/late_bar.ts";
import { ProgressLines } from "./terminal/progress_lines.ts";
import { SecretLines } from "./terminal/secret_line.ts";
import { runHook } from "./terminal/programs.ts";
import { readText, type TextSource } from "./terminal/text_source.ts";
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
  /** Loads modules as packages are loaded in production, which are slower otherwise. */
  readonly asProduction: <T>(load: () => Promise<T>) => Promise<T>;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
}

/** Where a command's user sits: the terminal of this process, or of another one. */
export interface Terminal {
  readonly outputIsTerminal: boolean;
  readonly errorIsTerminal: boolean;
  readonly inputIsTerminal: boolean;
  /** Whether colours are not wanted, or not known there. */
  readonly isPlain: boolean;
  readonly passphrases: PassphraseSource;
  screen(): Screen;
  /** Writes to standard output; with `surely` it resolves when that is written. */
  printOut(text: string, surely?: boolean): Promise<void> | void;
  printError(text: string): void;
  /** Hears of each result, as JSON; undefined where nobody wants that. */
  readonly hear?: (item: Params) => void;
  ask(prompt: string): Promise<string | null>;
  readText(source: TextSource): Promise<string>;
  readInput(): AsyncIterable<Uint8Array>;
  /** Returns the path as this process finds it. */
  place(path: string): string;
  listenForInterrupts(interrupted: () => void): void;
}

/** Returns the terminal of this process. */
export function ownTerminal(profile: string, { environment }: Process): Terminal {
  const attended = inputIsTerminal();
  const terminal = rawTerminal();
  const secrets = terminal && new SecretLines(terminal);
  const ask = secrets && ((question: string) => secrets.ask(question));
  let lines: ReturnType<typeof inputLines> | undefined;
  return {
    outputIsTerminal: outputIsTerminal(),
    errorIsTerminal: errorIsTerminal(),
    inputIsTerminal: attended,
    isPlain: wantsPlain(environment),
    passphrases: new Passphrases({ environment, ask }),
    screen: terminalScreen,
    printOut,
    printError,
    async ask(prompt) {
      // In a pipe the questions belong to what the command prints.
      (attended ? printError : printOut)(prompt);
      return await (lines ??= inputLines()).next();
    },
    readText: (source) => readText(source, { profile, environment }),
    readInput: () => inputBytes("file"),
    place: (path) => path,
    listenForInterrupts,
  };
}

/** Returns what every command may use. */
export function openContext(
  options: GlobalOptions,
  process: Process,
  terminal: Terminal,
  rest: Pick<CommandContext, "commands" | "advise" | "fail">,
): CommandContext {
  const { json, quiet, color } = options;
  const { advise } = rest;
  const { now } = process;
  const { printOut, printError, outputIsTerminal, isPlain } = terminal;
  const progress = openProgress(options, process, terminal);
  const showError = (error: unknown) => {
    progress.clear();
    printFailure(error, json, { advise, printError, paint: errorPaint(color, terminal) });
  };
  return {
    ...rest,
    options,
    runtime: process,
    passphrases: terminal.passphrases,
    progress,
    rich: outputIsTerminal,
    attended: terminal.inputIsTerminal,
    screen: outputIsTerminal ? terminal.screen() : undefined,
    paint: paintFor(color, { isTerminal: outputIsTerminal, isPlain }),
    time: timesAs(options.time, now),
    stoppable: openStopper(progress, process, terminal),
    place: terminal.place,
    printLine: (line) => void printOut(`${line}\n`),
    ask: terminal.ask,
    readText: (source = {}) => terminal.readText(source),
    readInput: terminal.readInput,
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
export async function openNotifier(
  { notify, "on-message": command }: Notifying,
  { showError }: Pick<CommandContext, "showError">,
  { printOut, printError, outputIsTerminal, errorIsTerminal }: Terminal,
): Promise<Notifier | undefined> {
  if (command === undefined && notify === undefined) return undefined;
  const { Notifier } = await import("./terminal/notifier.ts");
  const write = errorIsTerminal ? printError : outputIsTerminal ? printOut : undefined;
  return new Notifier({ command, way: notify, run: runHook, write, showError });
}

/** A bar on a terminal, objects for scripts, nothing in a pipe. */
function openProgress(
  { json, quiet }: GlobalOptions,
  { ticks }: Process,
  { errorIsTerminal, screen, printError }: Terminal,
): Progress {
  const bar = !json && errorIsTerminal;
  const terminal = { columns: () => screen().columns, write: printError };
  const lines = new ProgressLines((progress) => printError(`${JSON.stringify({ progress })}\n`));
  const view = json ? lines : bar ? new LateBar(terminal) : null;
  return new Progress({ view: quiet ? null : view, now: ticks });
}

function openStopper(
  progress: Progress,
  { sleep, exit }: Process,
  { listenForInterrupts }: Terminal,
): CommandContext["stoppable"] {
  const kill = () => exit(EXIT_INTERRUPTED);
  const interruption = new Interruption({ moving: () => progress.moving, sleep, kill });
  let listening = false;
  return (part) => {
    if (!listening) listenForInterrupts(() => interruption.request());
    listening = true;
    return interruption.during(part);
  };
}

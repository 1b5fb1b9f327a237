/**
 * What a command is. Each is one file in `commands/` and one line in `commands.ts`; parsing, help
 * and completions follow from its declaration.
 */
import { UsageError } from "../../shared/args.ts";
import type { Args, Declaration as Shared, Operands, Options } from "../../shared/command.ts";
import type { Duplex } from "../daemon/duplex.ts";
import type { Params } from "../daemon/rpc_message.ts";
import type { OpenedClient, Runtime } from "../open_client.ts";
import type { ClientError } from "../errors.ts";
import type { PeerOptions, RpcPeer } from "../daemon/rpc_peer.ts";
import type { ConnectionState } from "../events.ts";
import type { Advise } from "./output/advice.ts";
import { COLOR_WORDS } from "./output/colour.ts";
import type { Output } from "./output/output.ts";
import { type Style, TIME_WORDS } from "./output/style.ts";
import type { Screen } from "./output/trust.ts";
import type { PassphraseSource } from "./terminal/passphrase.ts";
import type { Progress } from "./terminal/progress.ts";
import type { TextSource } from "./terminal/text_source.ts";

/** The engine of the profile, as the commands see it that run in its process. */
export interface RunningEngine {
  readonly connection: { readonly state: ConnectionState; readonly text: string };
  /** How many conversations with other processes go on. */
  readonly count: number;
  /** Resolves when somebody wants it to end. */
  readonly ended: Promise<void>;
  /** Ends it, once the command is done. */
  stop(): void;
  /** Collects messages as they come, and leaves them for those who receive. */
  follow(): void;
  /** Answers on another stream, too. */
  serve(stream: Duplex, options?: PeerOptions): RpcPeer;
}

/** Options that every command has. */
export const GLOBAL_OPTIONS = {
  profile: {
    value: "DIR",
    completes: "folder",
    help: "Folder of the profile; else MESSAGING_PROFILE, the current\nfolder if it has one, or " +
      "that of your data, such as\n~/.local/share/messaging",
  },
  server: {
    value: "HOST:PORT",
    help: "Server's address (default: server.info in the profile). With\n" +
      "HOST:PORT#KEY the server must have this key; see\nmessaging-server fingerprint",
  },
  json: { help: "Print results as JSON, one object a line" },
  quiet: { help: "Print nothing but errors to standard error" },
  color: {
    value: "WHEN",
    words: COLOR_WORDS,
    help: "auto (the default: on a terminal, unless NO_COLOR is set),\nalways, or never",
  },
  time: {
    value: "HOW",
    words: TIME_WORDS,
    help: "How text shows times: local (the default), relative, such\nas 3 min ago, or iso, in UTC",
  },
  help: { help: "Show this help, or that of a command" },
  version: { help: "Show the version" },
} as const satisfies Options;

export interface GlobalOptions {
  /** The profile's folder. */
  readonly profile: string;
  /** HOST:PORT or HOST:PORT#KEY; without it `server.info` in the profile says. */
  readonly server?: string;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color?: typeof COLOR_WORDS[number];
  readonly time?: typeof TIME_WORDS[number];
}

/** What every command may use. Text for people is to have its style. */
export interface CommandContext extends Partial<Style> {
  readonly commands: readonly AnyCommand[];
  readonly options: GlobalOptions;
  readonly runtime: Runtime;
  readonly passphrases: PassphraseSource;
  /** The engine in whose process the command runs; undefined if there is none. */
  readonly engine?: RunningEngine;
  readonly progress: Progress;
  /** Whether a person sees standard output. */
  readonly rich: boolean;
  /** Whether a person can answer questions. */
  readonly attended: boolean;
  /** Where that person sees it. */
  readonly screen?: Screen;
  /** Aborted by Ctrl-C; what is under way stops so that it can be resumed. */
  readonly signal?: AbortSignal;
  /** Runs one part of a command, which Ctrl-C stops. */
  stoppable<T>(part: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Completes commands that are advised. */
  readonly advise: Advise;
  /** Returns the path as this process finds it: an engine works in another folder. */
  place(path: string): string;
  /** Writes a line to standard output, whatever the options say. */
  printLine(line: string): void;
  /** Shows `prompt` and returns the next line of standard input, or null at its end. */
  ask(prompt: string): Promise<string | null>;
  /** Returns the text that the person gives: on standard input, in a file, in an editor. */
  readText(source?: TextSource): Promise<string>;
  /** Returns the bytes on standard input. */
  readInput(): AsyncIterable<Uint8Array>;
  /** Tells the user of an error; the command goes on. */
  showError(error: unknown): void;
  /** As {@link showError}; the command fails in the end. */
  report(problem: ClientError): void;
  /** Makes the command fail in the end. */
  fail(): void;
  /** Tells the user something worth knowing. */
  note(text: string): void;
  /** Hears of messages, where the user wants to be told of them. */
  readonly hear?: (item: Params) => void;
}

/** What a command on a profile may also use. */
export type ClientContext = CommandContext & OpenedClient;

/** What a command may use that works through an engine, wherever that runs. */
export interface FrontContext extends CommandContext {
  /** The conversation with the engine, in JSON-RPC. */
  readonly stream: Duplex;
  readonly environment: (variable: string) => string | undefined;
  /** Has `hear` told what the engine in this process would write to standard error. */
  notesTo(hear: (text: string) => void): void;
  /** Loads modules as packages are loaded in production. */
  readonly asProduction: <T>(load: () => Promise<T>) => Promise<T>;
}

/** What a person may be asked for while a command runs. */
export interface Asked {
  /** A text, from where the arguments say. */
  readonly text?: TextSource;
  /** What is on standard input. */
  readonly input?: boolean;
  /** Lines that answer questions. */
  readonly answers?: boolean;
  /** A first passphrase, for something that has none. */
  readonly passphrase?: boolean;
}

/** An entry of the interactive menu that runs a command. */
export interface Choice<A> {
  readonly key: string;
  readonly label: string;
  /** Asked in this order. */
  readonly questions?: readonly string[];
  /** Whether the last question is asked until the answer is empty. */
  readonly many?: boolean;
  /** Returns the arguments; by default the answers are the operands. */
  readonly args?: (...answers: string[]) => A;
  /** Asked afterwards; yes runs the command again. */
  readonly followUp?: { readonly question: string; args(...answers: string[]): A };
}

type Kind = Output["kind"];

interface Declaration<P extends Operands, O extends Options, C, K extends Kind>
  extends Shared<P, O> {
  /** Whether the profile must have a server; true by default. */
  needsServer?(args: Args<P, O>): boolean;
  /** Whether it makes the profile where there is none; others fail, and leave no files there. */
  readonly createsProfile?: boolean;
  /** Whether it may start programs of the user's; by default it cannot. */
  runsPrograms?(args: Args<P, O>): boolean;
  /** Whether it has the profile for long, so that other commands go on through its process. */
  serves?(args: Args<P, O>): boolean;
  /**
   * What it does if an engine has the profile in `folder`; by default the engine runs the command.
   * Reports whether there is one.
   */
  besideEngine?(args: Args<P, O>, folder: string): Promise<boolean>;
  /** What it may ask a person for; nothing by default. An engine that runs it gets no more. */
  asks?(args: Args<P, O>): Asked;
  /** What Ctrl-C stops in good order. By default it ends the command like any process. */
  readonly stops?: "the command" | "its parts";
  readonly menu?: readonly Choice<Args<P, O>>[];
  /** What a person is told if there is no result; pipes stay empty. */
  readonly nothing?: string;
  /** The kinds of its results. */
  readonly results: readonly K[];
  /** Whether it makes sense only where somebody types it, and is no method of JSON-RPC. */
  readonly typed?: true;
  /** Whether it works through an engine: the one that runs, or else one in its own process. */
  readonly isFront?: true;
  /** Returns all that it prints, if it needs nothing but the declarations of the commands. */
  text?(args: Args<P, O>, commands: readonly AnyCommand[]): string | Promise<string>;
  /** Runs the command. The results, if any, are printed. */
  run(
    args: Args<P, O>,
    context: C,
  ): AsyncIterable<Extract<Output, { kind: NoInfer<K> }>> | Promise<void> | void;
}

export type Command<P extends Operands, O extends Options, C, K extends Kind> =
  & Declaration<P, O, C, K>
  & { readonly operands: P; readonly options: O; readonly opensProfile: boolean };

/** A command of which only the declaration knows the types. */
// deno-lint-ignore no-explicit-any
export type AnyCommand = Command<any, any, any, Kind>;

/** Declares a command that works on a profile, by its client. */
export function clientCommand<
  const P extends Operands,
  const O extends Options,
  K extends Kind = never,
>(declaration: Declaration<P, O, ClientContext, K>): Command<P, O, ClientContext, K> {
  return { operands: {} as P, options: {} as O, ...declaration, opensProfile: true };
}

/** Declares a command that works through an engine. */
export function frontCommand<
  const P extends Operands,
  const O extends Options,
  K extends Kind = never,
>(declaration: Declaration<P, O, FrontContext, K>) {
  const front = { typed: true, isFront: true, opensProfile: true } as const;
  return { operands: {} as P, options: {} as O, ...declaration, ...front };
}

/** Declares a command that opens no profile. */
export function plainCommand<
  const P extends Operands,
  const O extends Options,
  K extends Kind = never,
>(declaration: Declaration<P, O, CommandContext, K>): Command<P, O, CommandContext, K> {
  return { operands: {} as P, options: {} as O, ...declaration, opensProfile: false };
}

/** Declares a command that prints what is known without a profile, as `text` says. */
export function textCommand<
  const P extends Operands,
  const O extends Options,
>(
  declaration:
    & Omit<Declaration<P, O, CommandContext, never>, "run" | "results" | "text">
    & Required<Pick<Declaration<P, O, CommandContext, never>, "text">>,
): Command<P, O, CommandContext, never> {
  return plainCommand<P, O>({
    ...declaration,
    results: [],
    async run(args, { commands, printLine }) {
      printLine(await declaration.text(args, commands));
    },
  });
}

/** Runs a command. Yields its results. */
export async function* runCommand(
  command: AnyCommand,
  args: unknown,
  context: CommandContext,
): AsyncGenerator<Output> {
  try {
    const results = command.run(args, context);
    if (results instanceof Promise) await results;
    else if (results) yield* results;
  } catch (error) {
    if (!(error instanceof UsageError) || error.help !== "--help") throw error;
    throw new UsageError(error.message, `${command.name} --help`);
  }
}

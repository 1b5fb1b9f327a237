/** What a command of the server is. Each is one file in `commands/` and a line in `commands.ts`. */
import type { Args, Declaration, Operands, Options } from "../shared/command.ts";
import type { Random } from "../shared/crypto/random.ts";
import type { Config } from "./config/config.ts";
import type { SettingName } from "./config/settings.ts";

/** The process that a command runs in. */
export interface Process {
  /** Milliseconds that never jump back. */
  readonly clock: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: Random;
  /** The system that it runs on, such as linux or windows. */
  readonly os: string;
  readonly environment: (variable: string) => string | undefined;
  /** Ends the process at once. */
  readonly exit: (code: number) => never;
}

/** What every command may use. */
export interface CommandContext extends Process {
  readonly commands: readonly AnyCommand[];
  /**
   * Returns the settings, those that the command does not take as options too.
   * @throws {UsageError}
   */
  config(): Promise<Config>;
}

interface ServerDeclaration<P extends Operands, O extends Options> extends Declaration<P, O> {
  /** The settings that it takes as options: by default, the data folder. */
  readonly settings?: "all" | readonly SettingName[];
  /** Runs the command; it prints its results itself, on standard output. */
  run(args: Args<P, O>, context: CommandContext): Promise<void> | void;
}

export type Command<P extends Operands, O extends Options> =
  & Required<
    Omit<ServerDeclaration<P, O>, "tooMany" | "check">
  >
  & Pick<ServerDeclaration<P, O>, "tooMany" | "check">;

/** A command of which only the declaration knows the types. */
// deno-lint-ignore no-explicit-any
export type AnyCommand = Command<any, any>;

/** Declares a command. */
export function serverCommand<const P extends Operands, const O extends Options>(
  declaration: ServerDeclaration<P, O>,
): Command<P, O> {
  return { operands: {} as P, options: {} as O, settings: ["data"], ...declaration };
}

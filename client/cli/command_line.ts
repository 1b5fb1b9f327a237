/** The client's command line: arguments in, one command with its typed arguments out. */
import {
  type Invocation as Shared,
  optionsOf,
  parseCommandLine as parse,
} from "../../shared/command_line.ts";
import { type AnyCommand, GLOBAL_OPTIONS, type GlobalOptions } from "./command.ts";

/** A command that is to run. */
export interface Invocation extends Pick<Shared<AnyCommand>, "command" | "args"> {
  /** Without --profile the environment decides; see `profileFolder`. */
  readonly options: Omit<GlobalOptions, "profile"> & { readonly profile?: string };
}

/**
 * Finds the command in `commands` that `args` ask for. --help is the command help, --version the
 * command version; without any it is the menu.
 * @throws {UsageError}
 */
export function parseCommandLine(
  args: readonly string[],
  commands: readonly AnyCommand[],
): Invocation {
  const program = { commands, byDefault: "menu", globals: GLOBAL_OPTIONS };
  const { given, ...rest } = parse(args, program);
  const values: Partial<GlobalOptions> = optionsOf(GLOBAL_OPTIONS, given);
  const { profile, server, json = false, quiet = false, color, time } = values;
  return { ...rest, options: { profile, server, json, quiet, color, time } };
}

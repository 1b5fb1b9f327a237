/** The server's command line: arguments in, one command with its typed arguments out. */
import type { Options } from "../shared/command.ts";
import { type Invocation, parseCommandLine as parse } from "../shared/command_line.ts";
import type { AnyCommand } from "./command.ts";
import { optionOf, SETTING_NAMES, SETTING_OPTIONS } from "./config/settings.ts";

/** Options of every command. */
export const GLOBAL_OPTIONS = {
  help: { help: "Show this help, or that of a command" },
  version: { help: "Show the version" },
} as const satisfies Options;

/** What takes a setting takes the file that may hold it. */
const CONFIG: Options = {
  config: { value: "FILE", help: "JSON file of settings; an option or a variable overrides it" },
};

/**
 * Finds the command in `commands` that `args` ask for; without any it is serve. --help is the
 * command help, --version the command version.
 * @throws {UsageError}
 */
export function parseCommandLine(
  args: readonly string[],
  commands: readonly AnyCommand[],
): Invocation<AnyCommand> {
  const globals = { ...SETTING_OPTIONS, ...CONFIG, ...GLOBAL_OPTIONS };
  const takes = (command: AnyCommand, option: string) =>
    option in GLOBAL_OPTIONS || option in settingOptions(command);
  return parse(args, { commands, byDefault: "serve", globals, takes });
}

/** Returns the options of a command that are settings. */
export function settingOptions({ settings }: AnyCommand): Options {
  const names = (settings === "all" ? SETTING_NAMES : settings).map(optionOf);
  if (names.length === 0) return {};
  return { ...Object.fromEntries(names.map((name) => [name, SETTING_OPTIONS[name]])), ...CONFIG };
}

/** The help of the command line, made from the declarations of commands and settings. */
import type { Options } from "../shared/command.ts";
import { commandLines, optionLines, synopsis } from "../shared/command_help.ts";
import { named } from "../shared/command_line.ts";
import type { AnyCommand } from "./command.ts";
import { GLOBAL_OPTIONS, settingOptions } from "./command_line.ts";

/** Width of the column left of an option's help, and of all. */
const OPTION_WIDTH = 23;
const WIDTH = 80;

export const SOURCES =
  "Each setting is also a variable, MESSAGING_LOG_LEVEL for --log-level, and a key " +
  'of the JSON file of --config, "log-level". An option goes before the variable, and that ' +
  "before the file. messaging-server config shows all, and where each comes from.";
export const EXIT_CODES = "0 done, 1 failed, 2 wrong usage.";
export const PURPOSE =
  "Relays messages between clients, and keeps them until they are collected.\n" +
  "Without a command it serves.";

/** Returns the help of one command, or of the whole program. */
export function helpText(commands: readonly AnyCommand[], command?: AnyCommand): string {
  const settings = lines(settingOptions(command ?? named("serve", commands)));
  if (command) {
    const options = lines({ ...command.options, ...GLOBAL_OPTIONS });
    return [
      `Usage: messaging-server ${synopsis(command)} [options]`,
      `${command.summary}.\n\n${command.details}`,
      `Options:\n${options}`,
      settings && `Settings:\n${settings}`,
    ].filter((part) => part !== "").join("\n\n");
  }
  return [
    "Usage: messaging-server [command] [options]",
    PURPOSE,
    `Commands:\n${commandLines(commands)}`,
    `Options:\n${lines(GLOBAL_OPTIONS)}`,
    `Settings:\n${settings}`,
    wrap(SOURCES, WIDTH),
    `Exit codes: ${EXIT_CODES}`,
  ].join("\n\n");
}

function lines(options: Options): string {
  const wrapped = Object.entries(options).map(([name, option]) => {
    return [name, { ...option, help: wrap(option.help, WIDTH - OPTION_WIDTH) }];
  });
  return optionLines(Object.fromEntries(wrapped), OPTION_WIDTH);
}

/** Returns `text` in lines of at most `width` columns, where words allow it. */
function wrap(text: string, width: number): string {
  const lines: string[] = [];
  for (const word of text.split(/\s/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines.join("\n");
}

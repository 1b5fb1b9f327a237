/** The help of the command line, made from the declarations of the commands. */
import { commandLines, optionLines, synopsis } from "../../shared/command_help.ts";
import { type AnyCommand, GLOBAL_OPTIONS } from "./command.ts";

export const INTERRUPTED =
  "Ctrl-C, a lost connection or a crash stops a file where it is. The next receive goes on from\n" +
  "there, and so does send-file of the same. With classic clients the file starts again.";
export const PROGRESS =
  "On a terminal a bar shows the progress of files of more than 1 MiB, and of smaller ones that\n" +
  "take longer than a second. With --json, standard\n" +
  'error has a line {"progress":{"file","done","size","rate","left"}} at most twice a second,\n' +
  "in bytes, bytes a second, and seconds (null: not known yet).";

export const PURPOSE = "Sends and receives end-to-end encrypted messages and files.";
export const KINDS_OF_CLIENTS =
  "A secure client proves who it is, and its messages are encrypted end to end. A classic\n" +
  "client speaks the old protocol, in which anyone can act in its name.";

export const EXIT_CODES = "0 done, 1 failed, 2 wrong usage, 130 interrupted,\n" +
  "141 nobody reads the output any more, as after | head.";

/** Width of the column left of an option's help. */
const OPTION_WIDTH = 21;

/** Returns the help of one command, or of the whole program. */
export function helpText(commands: readonly AnyCommand[], command?: AnyCommand): string {
  const globalOptions = `Global options:\n${optionLines(GLOBAL_OPTIONS, OPTION_WIDTH)}`;
  if (command) {
    const options = optionLines(command.options, OPTION_WIDTH);
    const text = `${command.summary}.\n\n${command.details}`;
    return [
      `Usage: messaging-client [options] ${synopsis(command)}`,
      text,
      /classic|secure client/.test(text + options) ? KINDS_OF_CLIENTS : "",
      options && `Options:\n${options}`,
      globalOptions,
    ].filter((part) => part !== "").join("\n\n");
  }
  return [
    "Usage: messaging-client [options] [command]",
    PURPOSE,
    KINDS_OF_CLIENTS,
    `Commands:\n${commandLines(commands)}`,
    globalOptions,
    `Exit codes: ${EXIT_CODES}`,
  ].join("\n\n");
}

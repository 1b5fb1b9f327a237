import { named } from "../../../shared/command_line.ts";
import { textCommand } from "../command.ts";
import { helpText } from "../help.ts";

export const help = textCommand({
  name: "help",
  operands: { command: { name: "COMMAND", optional: true, completes: "command" } },
  summary: "Show this help, or that of a command",
  details: "The same as --help.",
  text: ({ command }, commands) =>
    helpText(commands, command === undefined ? undefined : named(command, commands)),
});

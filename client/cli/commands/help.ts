import { named } from "../../../shared/command_line.ts";
import { plainCommand } from "../command.ts";
import { helpText } from "../help.ts";

export const help = plainCommand({
  name: "help",
  operands: { command: { name: "COMMAND", optional: true, completes: "command" } },
  summary: "Show this help, or that of a command",
  details: "The same as --help.",
  results: [],
  run({ command }, { commands, printLine }) {
    printLine(helpText(commands, command === undefined ? undefined : named(command, commands)));
  },
});

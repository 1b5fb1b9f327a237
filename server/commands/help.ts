import { named } from "../../shared/command_line.ts";
import { serverCommand } from "../command.ts";
import { helpText } from "../help.ts";

export const help = serverCommand({
  name: "help",
  operands: { command: { name: "COMMAND", optional: true } },
  settings: [],
  summary: "Show this help, or that of a command",
  details: "The same as --help.",
  run({ command }, { commands }) {
    console.log(helpText(commands, command === undefined ? undefined : named(command, commands)));
  },
});

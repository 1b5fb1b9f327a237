/** Parts of the help of a command line, made from the declarations of its commands. */
import type { Declared, Operand, Options } from "./command.ts";
import { operandName } from "./command_line.ts";

/** Returns a command with its operands, such as: send NAME [TEXT] */
export function synopsis({ name, operands }: Declared): string {
  let text = name;
  let close = "";
  for (const operand of Object.values<Operand>(operands)) {
    const word = operandName(operand) + (operand.repeated ? "..." : "");
    const together = operand.optional === "with the one before";
    const opens = operand.optional === true;
    text += `${together ? "" : close} ${opens ? "[" : ""}${word}`;
    if (!together) close = opens ? "]" : "";
  }
  return text + close;
}

/** Returns a line for each command: its synopsis and its summary. */
export function commandLines(commands: readonly Declared[]): string {
  const width = Math.max(...commands.map((command) => synopsis(command).length));
  return commands.map((command) => `  ${synopsis(command).padEnd(width)}  ${command.summary}`)
    .join("\n");
}

/** Returns the help of each option, `width` columns from the left. */
export function optionLines(options: Options, width: number): string {
  return Object.entries(options).map(([name, { value, help }]) => {
    const short = name === "help" ? "-h, " : "";
    const left = `  ${short}--${name}${value === undefined ? "" : ` ${value}`}`;
    const indent = "\n".padEnd(width + 1);
    const gap = left.length < width ? " ".repeat(width - left.length) : indent;
    return left + gap + help.replaceAll("\n", indent);
  }).join("\n");
}

/** The client's command line: arguments in, one command with its typed arguments out. */
import { didYouMean, parseArguments, UsageError } from "../../shared/args.ts";
import {
  type AnyCommand,
  GLOBAL_OPTIONS,
  type GlobalOptions,
  type Operand,
  type Option,
} from "./command.ts";

/** A command that is to run. */
export interface Invocation {
  readonly command: AnyCommand;
  readonly args: Readonly<Record<string, unknown>>;
  readonly options: GlobalOptions;
}

type Values = Readonly<Record<string, string | boolean | undefined>>;

/**
 * Finds the command in `commands` that `args` ask for. --help is the command help, --version the
 * command version; without any it is the menu.
 * @throws {UsageError}
 */
export function parseCommandLine(
  args: readonly string[],
  commands: readonly AnyCommand[],
): Invocation {
  const declared = [GLOBAL_OPTIONS, ...commands.map(({ options }) => options)]
    .flatMap((options) => Object.entries<Option>(options));
  const { flags, values, operands } = parseArguments(args, {
    flags: declared.filter(([, { value }]) => value === undefined).map(([name]) => name),
    values: declared.filter(([, { value }]) => value !== undefined).map(([name]) => name),
  });
  const given: Values = { ...flags, ...values };
  const { profile = ".", server } = values;
  const options = { profile, server, json: flags.json, quiet: flags.quiet };
  const special = (name: string, args = {}) => ({ command: named(name, commands), args, options });
  if (flags.version) return special("version");
  const command = named(operands[0] ?? "menu", commands);
  if (flags.help) return special("help", { command: operands[0] });
  checkOwners(command, given, commands);
  return { command, args: argumentsOf(command, operands.slice(1), given), options };
}

/** Returns the arguments of a command. @throws {UsageError} */
export function argumentsOf(
  command: AnyCommand,
  operands: readonly string[],
  given: Values,
): Readonly<Record<string, unknown>> {
  const args = { ...operandsOf(command, operands), ...optionsOf(command, given) };
  command.check?.(args);
  return args;
}

/** @throws {UsageError} if there is none of this name */
export function named(name: string, commands: readonly AnyCommand[]): AnyCommand {
  const command = commands.find((command) => command.name === name);
  if (command) return command;
  const names = commands.map(({ name }) => name);
  throw new UsageError(`unknown command "${name}"${didYouMean(name, names)}`);
}

/** Refuses an option that belongs to other commands. */
function checkOwners(command: AnyCommand, given: Values, commands: readonly AnyCommand[]): void {
  for (const [option, value] of Object.entries(given)) {
    if (!value || option in command.options || option in GLOBAL_OPTIONS) continue;
    const owners = commands.filter(({ options }) => option in options).map(({ name }) => name);
    throw new UsageError(`--${option} belongs to the command ${alternatives(owners)}`);
  }
}

function operandsOf(command: AnyCommand, given: readonly string[]): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  const left = [...given];
  let place = command.name;
  let afterOne = true;
  for (const [key, operand] of Object.entries<Operand>(command.operands)) {
    if (left.length === 0) {
      const optional = operand.optional === true || operand.optional && !afterOne;
      if (!optional) throw new UsageError(`${place} needs ${operandName(operand)}`);
      values[key] = undefined;
      afterOne = false;
      continue;
    }
    if (operand.words) place += ` ${left[0]}`;
    const texts = left.splice(0, operand.repeated ? left.length : 1);
    const parsed = texts.map((text) => parseOperand(text, operand, command.name));
    values[key] = operand.repeated ? parsed : parsed[0];
  }
  if (left.length === 0) return values;
  const hint = command.tooMany === undefined ? "" : `; ${command.tooMany}`;
  throw new UsageError(`unexpected argument "${left[0]}"${hint}`);
}

function parseOperand(text: string, { words, parse }: Operand, command: string): unknown {
  if (words && !words.includes(text)) {
    const known = alternatives(words.map((word) => `"${word}"`));
    throw new UsageError(`${command} takes ${known}, not "${text}"`);
  }
  return parse ? parse(text) : text;
}

/** Returns, for example: a, b or c */
function alternatives(words: string[]): string {
  return new Intl.ListFormat("en-GB", { type: "disjunction" }).format(words);
}

/** Returns what help and errors call an operand. */
export function operandName({ name, words = [] }: Operand): string {
  return name ?? words.join("|");
}

function optionsOf({ options }: AnyCommand, given: Values): Record<string, unknown> {
  const values = Object.entries<Option>(options).map(([name, { parse }]) => {
    const value = given[name];
    return [name, typeof value === "string" && parse ? parse(value) : value];
  });
  return Object.fromEntries(values);
}

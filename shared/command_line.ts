/** A command line: arguments in, one of the declared commands with its typed arguments out. */
import { didYouMean, parseArguments, UsageError } from "./args.ts";
import type { Declared, Operand, Option, Options } from "./command.ts";

/** What was given of options: the text of each with a value, and whether a flag is there. */
export type Given = Readonly<Record<string, string | boolean | undefined>>;

/** A command that is to run. */
export interface Invocation<C extends Declared> {
  readonly command: C;
  readonly args: Readonly<Record<string, unknown>>;
  /** All options, those of every command too. */
  readonly given: Given;
}

/** The commands of a program. */
interface Program<C extends Declared> {
  /** Those called help and version are what --help and --version run. */
  readonly commands: readonly C[];
  /** The command that runs if none is named. */
  readonly byDefault: string;
  /** Options of the whole program, which must have the flags help and version. */
  readonly globals: Options;
  /** Returns whether a command takes an option of the whole program; all do by default. */
  readonly takes?: (command: C, option: string) => boolean;
}

/**
 * Finds the command that `args` ask for.
 * @throws {UsageError}
 */
export function parseCommandLine<C extends Declared>(
  args: readonly string[],
  { commands, byDefault, globals, takes = () => true }: Program<C>,
): Invocation<C> {
  const declared = [globals, ...commands.map(({ options }) => options)]
    .flatMap((options) => Object.entries<Option>(options));
  const { flags, values, operands } = parseArguments(args, {
    flags: declared.filter(([, { value }]) => value === undefined).map(([name]) => name),
    values: declared.filter(([, { value }]) => value !== undefined).map(([name]) => name),
  });
  const given: Given = { ...flags, ...values };
  if (flags.version) return { command: named("version", commands), args: {}, given };
  const command = named(operands[0] ?? byDefault, commands);
  if (flags.help) {
    return { command: named("help", commands), args: { command: operands[0] }, given };
  }
  const has = (command: C, option: string) =>
    option in command.options || option in globals && takes(command, option);
  try {
    checkOwners(command, given, { commands, has });
    return { command, args: argumentsOf(command, operands.slice(1), given), given };
  } catch (error) {
    if (!(error instanceof UsageError) || operands.length === 0) throw error;
    throw new UsageError(error.message, `${command.name} --help`);
  }
}

/** Returns the arguments of a command. @throws {UsageError} */
export function argumentsOf(
  command: Declared,
  operands: readonly string[],
  given: Given,
): Readonly<Record<string, unknown>> {
  const args = { ...operandsOf(command, operands), ...optionsOf(command.options, given) };
  command.check?.(args);
  return args;
}

/** @throws {UsageError} if there is none of this name */
export function named<C extends Declared>(name: string, commands: readonly C[]): C {
  const command = commands.find((command) => command.name === name);
  if (command) return command;
  const names = commands.map(({ name }) => name);
  throw new UsageError(`unknown command "${name}"${didYouMean(name, names)}`);
}

/** Refuses an option that belongs to other commands. */
function checkOwners<C extends Declared>(
  command: C,
  given: Given,
  { commands, has }: { commands: readonly C[]; has(command: C, option: string): boolean },
): void {
  for (const [option, value] of Object.entries(given)) {
    if (!value || has(command, option)) continue;
    const owners = commands.filter((other) => has(other, option)).map(({ name }) => name);
    throw new UsageError(`--${option} belongs to the command ${alternatives(owners)}`);
  }
}

function operandsOf(command: Declared, given: readonly string[]): Record<string, unknown> {
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

/** Returns the value of an operand of `command`. @throws {UsageError} */
export function parseOperand(text: string, operand: Operand, command: string): unknown {
  const { words, parse, completes } = operand;
  if (completes && !completes.startsWith("contact") && text === "") {
    throw new UsageError(`${command} needs ${operandName(operand)}, not an empty name`);
  }
  if (words && !words.includes(text)) {
    const known = alternatives(words.map((word) => `"${word}"`));
    throw new UsageError(`${command} takes ${known}, not "${text}"`);
  }
  return parse ? parse(text) : text;
}

/** Returns, for example: a, b or c */
export function alternatives(words: readonly string[]): string {
  // Without Intl.ListFormat, which takes 20 ms to load the rules of a language.
  const [last, ...others] = words.toReversed();
  return others.length === 0 ? last : `${others.toReversed().join(", ")} or ${last}`;
}

/** Returns what help and errors call an operand. */
export function operandName({ name, words = [] }: Operand): string {
  return name ?? words.join("|");
}

/** Returns the values of options, of all that were given. @throws {UsageError} */
export function optionsOf(options: Options, given: Given): Record<string, unknown> {
  const values = Object.entries<Option>(options).map(([name, { parse, words }]) => {
    const value = given[name];
    if (words && typeof value === "string" && !words.includes(value)) {
      throw new UsageError(`--${name} takes ${alternatives(words)}, not "${value}"`);
    }
    return [name, typeof value === "string" && parse ? parse(value) : value];
  });
  return Object.fromEntries(values);
}

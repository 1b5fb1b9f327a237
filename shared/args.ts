/**
 * Command-line arguments, with types: `deno-std` republishes `@std/cli` without its declarations,
 * so this is its one typed home.
 */
import { parseArgs as untypedParseArgs } from "@std/cli/parse-args";
import { levenshteinDistance as untypedDistance } from "@std/text/levenshtein-distance";

interface ParseOptions {
  boolean: readonly string[];
  string: readonly string[];
  collect: readonly string[];
  alias?: Readonly<Record<string, string>>;
  unknown: (argument: string, key?: string) => unknown;
}

const parseArgs: (
  args: readonly string[],
  options: ParseOptions,
) => Record<string, unknown> & { _: (string | number)[] } = untypedParseArgs;

/** Returns how many characters to add, remove or replace to turn one text into the other. */
const distance: (one: string, other: string) => number = untypedDistance;

/** Wrong usage of a command line. The message tells the user what is wrong. */
export class UsageError extends Error {
  override name = "UsageError";

  /** `help` are the arguments that show the right usage; null if the message says enough. */
  constructor(message: string, readonly help: string | null = "--help") {
    super(message);
  }
}

/** Which options a command line knows. */
interface OptionNames<B extends string, S extends string> {
  /** Options without a value. */
  flags: readonly B[];
  /** Options with one. */
  values: readonly S[];
}

/** The parts of a command line. */
export interface ParsedArgs<B extends string, S extends string> {
  flags: Record<B, boolean>;
  values: Partial<Record<S, string>>;
  /** All arguments that are not options or their values. */
  operands: string[];
}

/**
 * Parses `args`. Options may stand anywhere; after `--` everything is an operand, and so is `-`.
 * @throws {UsageError} for an option that is unknown, repeated, or lacks its value
 */
export function parseArguments<B extends string, S extends string>(
  args: readonly string[],
  names: OptionNames<B, S>,
): ParsedArgs<B, S> {
  const refuse = (argument: string): never => {
    if (/^-[\d.]+\w?$/.test(argument)) {
      throw new UsageError(`nothing here may be negative: ${argument}`);
    }
    const known = [...names.flags, ...names.values].map((name) => `--${name}`);
    const hint = didYouMean(argument.replace(/=.*$/s, ""), known);
    throw new UsageError(`unknown option ${argument}${hint}`);
  };
  const end = args.indexOf("--");
  const before = end === -1 ? args : args.slice(0, end);
  // To the library, `_` is the name of the operands.
  const reserved = before.find((argument) => /^--(no-)?_(=|$)|^-[^-=]*_/s.test(argument));
  if (reserved !== undefined) refuse(reserved);
  const parsed = parseArgs([...withValues(before, names.values), ...args.slice(before.length)], {
    boolean: names.flags,
    string: [...names.values, "_"],
    collect: names.values, // so that one that is given again is noticed
    alias: names.flags.includes("help" as B) ? { h: "help" } : {},
    unknown(argument, key) {
      if (key !== undefined) refuse(argument);
    },
  });
  const values: Partial<Record<S, string>> = {};
  for (const name of names.values) {
    const given = parsed[name] as string[];
    if (given.length === 0) continue;
    if (given.length > 1) throw new UsageError(`--${name} is given more than once`);
    if (given[0] === "") throw new UsageError(`--${name} needs a value`);
    values[name] = given[0];
  }
  const flags = Object.fromEntries(names.flags.map((name) => [name, parsed[name] === true]));
  return { flags: flags as Record<B, boolean>, values, operands: parsed._.map(String) };
}

/** Joins options and values that begin with a minus sign and a digit, which are no options. */
function withValues(args: readonly string[], values: readonly string[]): string[] {
  const joined: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const takes = values.some((name) => args[at] === `--${name}`);
    joined.push(takes && /^-\d/.test(args[at + 1] ?? "") ? `${args[at]}=${args[++at]}` : args[at]);
  }
  return joined;
}

/** Returns what to add to an error about `word` if one of the `known` words is similar. */
export function didYouMean(word: string, known: readonly string[]): string {
  if (word.length > MAX_WORD) return "";
  const far = (other: string) => distance(word.toLowerCase(), other);
  const [closest] = known.toSorted((a, b) => far(a) - far(b));
  const most = Math.min(2, word.replace(/^-+/, "").length / 2);
  return closest !== undefined && far(closest) <= most ? `; did you mean ${closest}?` : "";
}

/** Longer words are no slips of the keyboard. */
const MAX_WORD = 40;

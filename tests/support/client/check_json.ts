/** Whether what commands print with `--json` is what JSON.md says, to the last member. */
import { parseCommandLine } from "../../../client/cli/command_line.ts";
import { COMMANDS } from "../../../client/cli/commands.ts";
import { NOTES, SCHEMAS } from "../../../client/cli/output/schemas.ts";
import { ref, type Schema, type Schemas, violation } from "../../../client/daemon/schema.ts";
import type { Outcome } from "../server_process.ts";

/** All schemas, which allow no other members than those that they name. */
export const STRICT_SCHEMAS: Schemas = Object.fromEntries(
  Object.entries(SCHEMAS).map(([name, schema]) => [name, strict(schema)]),
);

/** Returns a schema that allows no other members than those that `schema` names. */
export function strict(schema: Schema): Schema {
  const { properties, items, anyOf } = schema;
  const inner = Object.entries(properties ?? {}).map(([name, one]) => [name, strict(one)]);
  return {
    ...schema,
    ...properties && { properties: Object.fromEntries(inner), additionalProperties: false },
    ...items && { items: strict(items) },
    ...anyOf && { anyOf: anyOf.map(strict) },
  };
}

/**
 * Checks what a command with `--json` has printed; without it there is nothing to check. The last
 * line of one that was killed may have no end.
 * @throws {Error} naming the line and what is wrong with it
 */
export function checkJson(args: readonly string[], { stdout, stderr }: Outcome): void {
  if (!args.includes("--json")) return;
  const results = resultsOf(args);
  for (const line of wholeLines(stdout)) check(line, args, { anyOf: results });
  // What a program of the user's prints goes there, too.
  if (args.includes("--on-message")) return;
  const notes = { anyOf: Object.keys(NOTES).map(ref) };
  for (const line of wholeLines(stderr)) check(line, args, notes);
}

/** What the command may print. It has none where the arguments are wrong. */
function resultsOf(args: readonly string[]): Schema[] {
  try {
    const { command, options } = parseCommandLine(args, COMMANDS);
    return options.json ? command.results.map(ref) : [];
  } catch {
    return [];
  }
}

function wholeLines(text: string): string[] {
  return text.split("\n").slice(0, -1);
}

function check(line: string, args: readonly string[], schema: Schema): void {
  const problem = problemOf(line, schema);
  if (problem !== null) {
    throw new Error(`${args.join(" ")}: ${problem || "no result is expected"}: ${line}`);
  }
}

function problemOf(line: string, schema: Schema): string | null {
  try {
    return violation(JSON.parse(line), schema, "the line", STRICT_SCHEMAS);
  } catch (error) {
    if (error instanceof SyntaxError) return "no JSON";
    throw error;
  }
}

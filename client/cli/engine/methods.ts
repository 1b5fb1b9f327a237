/** The methods of JSON-RPC that are commands: the same names, arguments and results. */
import { UsageError } from "../../../shared/args.ts";
import type { Operand, Option } from "../../../shared/command.ts";
import { operandName, parseOperand } from "../../../shared/command_line.ts";
import type { Call, Method, Param } from "../../daemon/method.ts";
import { badParam } from "../../daemon/rpc_error.ts";
import type { Params } from "../../daemon/rpc_message.ts";
import { ref, type Schema } from "../../daemon/schema.ts";
import type { AnyCommand } from "../command.ts";
import { failureOf } from "../output/failure.ts";
import { jsonOf, type Output } from "../output/output.ts";

/** Runs a command for a request. What fails while it goes on is told to `problem`. */
export type RunForCall = (
  command: AnyCommand,
  args: unknown,
  call: Call,
  problem: (error: unknown) => void,
) => AsyncIterable<Output>;

/** Has each result told at once. */
const STREAM: Param = {
  name: "stream",
  summary: "Tell each item at once, by a notification item {request, item}; then items is empty",
  schema: { type: "boolean" },
};

/** Returns the methods for those of `commands` that are some. */
export function commandMethods(commands: readonly AnyCommand[], run: RunForCall): Method[] {
  return commands.filter(isMethod).map((command) => ({
    name: command.name,
    summary: command.summary,
    description: command.details,
    params: [...paramsOf(command), STREAM],
    result: resultOf(command),
    run: (params, call) => runForCall(command, params, call, run),
  }));
}

/** Reports whether a command is a method of JSON-RPC, too. */
export function isMethod({ opensProfile, typed }: AnyCommand): boolean {
  return opensProfile && !typed;
}

async function runForCall(command: AnyCommand, params: Params, call: Call, run: RunForCall) {
  const items: unknown[] = [];
  const problems: unknown[] = [];
  const problem = (error: unknown) => {
    const { code, message, retryAfter } = failureOf(error);
    problems.push({ code, message, retryAfter });
  };
  for await (const output of run(command, argsOf(command, params), call, problem)) {
    const item = jsonOf(output);
    if (params.stream === true) await call.notify("item", { item });
    else items.push(item);
  }
  return problems.length === 0 ? { items } : { items, problems };
}

/**
 * Returns the arguments that parameters stand for. They are parsed as on the command line.
 * @throws {RpcError} -32602, naming the parameter
 */
export function argsOf(command: AnyCommand, params: Params): Readonly<Record<string, unknown>> {
  const args: Record<string, unknown> = {};
  let before: string | undefined;
  for (const [key, operand] of Object.entries<Operand>(command.operands)) {
    const value = params[key];
    if (value === undefined) {
      const needed = operand.optional === "with the one before" && before !== undefined;
      if (needed) throw badParam(key, `${command.name} needs ${key} with ${before}`);
      before = undefined;
      args[key] = undefined;
      continue;
    }
    const parse = (one: unknown) => parseOperand(String(one), operand, command.name);
    args[key] = parsed(key, () => operand.repeated ? (value as []).map(parse) : parse(value));
    before = key;
  }
  for (const [key, { value: name, parse }] of Object.entries<Option>(command.options)) {
    const value = params[key];
    if (value === undefined) args[key] = name === undefined ? false : undefined;
    else args[key] = parse ? parsed(key, () => parse(String(value))) : value;
  }
  command.check?.(args);
  return args;
}

function parsed<T>(key: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof UsageError ? badParam(key, error.message) : error;
  }
}

/** Returns what a command's operands and options are as parameters. */
function paramsOf({ operands, options }: AnyCommand): Param[] {
  return [
    ...Object.entries<Operand>(operands).map(([name, operand]): Param => ({
      name,
      summary: operandName(operand),
      required: operand.optional === undefined,
      schema: schemaOf(operand),
    })),
    ...Object.entries<Option>(options).map(([name, option]): Param => ({
      name,
      summary: option.help.replaceAll("\n", " "),
      schema: option.value === undefined ? { type: "boolean" } : schemaOf(option),
    })),
  ];
}

function schemaOf({ words, integer, repeated }: Pick<Operand, "words" | "integer" | "repeated">) {
  const one: Schema = integer ? { type: "integer" } : { type: "string", enum: words };
  return repeated ? { type: "array", items: one } as const : one;
}

function resultOf({ results }: AnyCommand): Schema {
  const kinds = results.map(ref);
  return {
    type: "object",
    properties: {
      items: { type: "array", items: kinds.length === 1 ? kinds[0] : { anyOf: kinds } },
      problems: {
        description: "What failed while the rest was done",
        type: "array",
        items: ref("failure"),
      },
    },
    required: ["items"],
  };
}

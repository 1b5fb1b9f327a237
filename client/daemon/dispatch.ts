/** Finds the method of a request, and checks its parameters. */
import { didYouMean } from "../../shared/args.ts";
import type { Method } from "./method.ts";
import { badParam, METHOD_NOT_FOUND, RpcError } from "./rpc_error.ts";
import { isObject, type Params, type Request } from "./rpc_message.ts";
import { violation } from "./schema.ts";

/** A method with its parameters, ready to run. */
export interface Prepared {
  readonly method: Method;
  readonly params: Params;
}

/** @throws {RpcError} -32601, -32602 */
export function prepare({ method: name, params = {} }: Request, methods: readonly Method[]) {
  const method = methods.find((method) => method.name === name);
  if (!method) {
    const hint = didYouMean(name, methods.map(({ name }) => name));
    throw new RpcError(METHOD_NOT_FOUND, `there is no method "${name}"${hint}`);
  }
  if (!isObject(params)) throw badParam(undefined, "parameters are given by their names");
  checkParams(method, params);
  return { method, params } satisfies Prepared;
}

function checkParams({ name: method, params: declared }: Method, params: Params): void {
  for (const { name, schema, required } of declared) {
    const value = params[name];
    if (value !== undefined) {
      const problem = violation(value, schema, name);
      if (problem !== null) throw badParam(name, problem);
    } else if (required) throw badParam(name, `${method} needs ${name}`);
  }
  const names = declared.map(({ name }) => name);
  const unknown = Object.keys(params).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw badParam(unknown, `${method} has no parameter ${unknown}${didYouMean(unknown, names)}`);
}

/** What the commands for an operator have in common: where they work, and what they print. */
import type { CommandContext } from "../command.ts";
import type { ArgsOf, OperationName, ResultOf } from "../control/operations.ts";
import { runOperation } from "../control/run_operation.ts";
import { checkServerKey } from "../server_key.ts";

/** The option of commands whose result a program may read. */
export const JSON_OPTION = { json: { help: "Print JSON" } } as const;

/** Has `name` done on the data folder of `context`, whether a server runs there or not. */
export async function run<N extends OperationName>(
  name: N,
  args: ArgsOf<N>,
  context: CommandContext,
): Promise<ResultOf<N>> {
  const { settings: { data }, limits } = await context.config();
  const { clock, now, random, os } = context;
  await checkServerKey(data);
  return await runOperation(name, args, { data, os, limits, clock, now, random });
}

/** Returns a name without what could control a terminal, on one line. */
export function shownName(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
}

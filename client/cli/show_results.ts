import type { Params } from "../daemon/rpc_message.ts";
import { type CommandContext, runCommand } from "./command.ts";
import type { Invocation } from "./command_line.ts";
import type { Terminal } from "./context.ts";
import { jsonOf, type Output, toJson, toText } from "./output/output.ts";

/** What is told beside the results. */
const NOTES: readonly Output["kind"][] = ["notice", "unusable", "declined"];

/** Runs a command, and prints its results. */
export async function showResults(
  { command, args, options: { json } }: Pick<Invocation, "command" | "args"> & {
    readonly options: { readonly json: boolean };
  },
  context: CommandContext,
  { printOut, hear }: Terminal,
  hasFailed: () => boolean,
): Promise<void> {
  let printed = 0;
  for await (const output of runCommand(command, args, context)) {
    printed++;
    context.progress.clear();
    hear?.(jsonOf(output, context) as Params);
    // A message counts as shown once it is written.
    const surely = output.kind === "received";
    if (json) await printOut(`${toJson(output, context)}\n`, surely);
    else if (NOTES.includes(output.kind)) context.note(await toText(output));
    else await printOut(`${await toText(output, context)}\n`, surely);
  }
  const isEmpty = printed === 0 && !hasFailed() && command.nothing !== undefined;
  if (isEmpty && context.rich) context.note(command.nothing);
}

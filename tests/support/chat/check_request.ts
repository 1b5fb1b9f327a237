/** Holds what a chat asks for to the table of methods, as an engine does. */
import { COMMANDS } from "../../../client/cli/commands.ts";
import { argsOf, commandMethods } from "../../../client/cli/engine/methods.ts";
import type { Params } from "../../../client/tui/link/chat_link.ts";
import { prepare } from "../../../client/daemon/dispatch.ts";

const METHODS = commandMethods(COMMANDS, () => {
  throw new Error("only looked at");
});

/** @throws {RpcError} */
export function checkRequest(method: string, params: Params): void {
  prepare({ kind: "request", method, params }, METHODS);
  const command = COMMANDS.find(({ name }) => name === method);
  if (command) argsOf(command, params);
}

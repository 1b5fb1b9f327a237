/** All methods of JSON-RPC: the commands, and what only makes sense for other programs. */
import manifest from "../../../deno.json" with { type: "json" };
import { withDiscovery } from "../../daemon/discover.ts";
import type { Method } from "../../daemon/method.ts";
import { type EventSource, subscriptionMethods } from "../../daemon/subscriptions.ts";
import { COMMANDS } from "../commands.ts";
import { commandMethods, type RunForCall } from "./methods.ts";
import { SCHEMAS } from "../output/schemas.ts";

export interface MethodTableOptions {
  readonly run: RunForCall;
  readonly events: EventSource;
  /** Ends the engine, once the answer is on its way. */
  readonly stop: () => void;
  readonly more?: readonly Method[];
}

const ABOUT = {
  title: "messaging-client",
  version: manifest.version,
  description: "Sends and receives end-to-end encrypted messages and files",
};

export function methodTable({ run, events, stop, more = [] }: MethodTableOptions): Method[] {
  const own: Method[] = [
    {
      name: "version",
      summary: "Tell the version of the program",
      params: [],
      result: { type: "object", properties: { version: { type: "string" } } },
      run: () => ({ version: manifest.version }),
    },
    {
      name: "stop",
      summary: "End the program: what is under way stops so that it can be resumed",
      params: [],
      result: { type: "null" },
      run: () => stop(),
    },
  ];
  const commands = commandMethods(COMMANDS, run);
  const methods = [...commands, ...subscriptionMethods(events), ...own, ...more];
  return withDiscovery(methods, ABOUT, SCHEMAS);
}

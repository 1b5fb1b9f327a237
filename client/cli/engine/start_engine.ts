import type { Method } from "../../daemon/method.ts";
import type { EventSource } from "../../daemon/subscriptions.ts";
import { ClientError } from "../../errors.ts";
import type { OpenedClient } from "../../open_client.ts";
import { commandLineMethod } from "./command_line_method.ts";
import { COMMANDS } from "../commands.ts";
import { Engine, type EngineOptions } from "./engine.ts";
import { eventSource } from "./event_source.ts";
import { methodTable } from "./method_table.ts";
import type { RunForCall } from "./methods.ts";

/** Makes this process the engine of an open profile, with all methods that there are. */
export function startEngine(
  opened: OpenedClient,
  options: Omit<EngineOptions, "commands">,
): Promise<Engine> {
  return Engine.start(opened, { ...options, commands: COMMANDS }, (engine, run) => {
    return allMethods(engine, run, eventSource(opened));
  });
}

/** Returns the table of all methods. */
export function allMethods(engine: Engine, run: RunForCall, events: EventSource): Method[] {
  const more = [commandLineMethod(engine), lockMethod(engine)];
  return methodTable({ run, events, stop: () => engine.stop(), more });
}

function lockMethod(engine: Engine): Method {
  return {
    name: "lock",
    summary: "End the program, which forgets the passphrase of the profile",
    params: [],
    result: { type: "null" },
    run() {
      if (!engine.opened.profile.protected) {
        const message = "the profile has no passphrase, so there is nothing to lock; to set one";
        throw new ClientError("no-passphrase", `${message}: messaging-client passphrase set`);
      }
      engine.stop();
    },
  };
}

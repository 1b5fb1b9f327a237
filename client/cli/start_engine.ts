import type { Method } from "../daemon/method.ts";
import { ClientError } from "../errors.ts";
import type { OpenedClient } from "../open_client.ts";
import { commandLineMethod } from "./command_line_method.ts";
import { Engine, type EngineOptions } from "./engine.ts";

/** Makes this process the engine of an open profile, with all methods that there are. */
export function startEngine(opened: OpenedClient, options: EngineOptions): Promise<Engine> {
  return Engine.start(opened, options, (engine) => [
    commandLineMethod(engine),
    ending(engine, "stop", "End the engine"),
    ending(engine, "lock", "End the engine of a profile that a passphrase protects"),
  ]);
}

function ending(engine: Engine, name: "stop" | "lock", summary: string): Method {
  return {
    name,
    summary,
    params: [],
    result: { type: "null" },
    run() {
      if (name === "lock" && !engine.opened.profile.protected) {
        const message = "the profile has no passphrase, so there is nothing to lock; to set one";
        throw new ClientError("no-passphrase", `${message}: messaging-client passphrase set`);
      }
      engine.stop();
      return null;
    },
  };
}

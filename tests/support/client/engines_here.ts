/** Engines inside of the process of the tests, one for each profile that a command is run on. */
import type { Engine } from "../../../client/cli/engine/engine.ts";
import type { Process } from "../../../client/cli/context.ts";
import { startEngine } from "../../../client/cli/engine/start_engine.ts";
import { openClient, type OpenedClient, serverAddress } from "../../../client/open_client.ts";
import { isProfile } from "../../../client/profile/profile.ts";

/** What works on the profile alone. */
const ALONE = ["passphrase", "import", "setup", "register"];

interface Running {
  readonly opened: OpenedClient;
  readonly engine: Engine;
  readonly server: string;
}

/** Where commands go, if engines are used. */
const running = new Map<string, Promise<Running | undefined>>();
let used = false;

/** From now on commands inside of this process work through engines, where they can. */
export function useEngines(): void {
  used = true;
}

/** Sees to it that the profile that a command is run on has an engine, or none. */
export async function prepareEngine(args: readonly string[], process: Process): Promise<void> {
  if (!used || args[0] !== "--profile") return;
  const [, folder, ...rest] = args;
  const isAlone = rest.includes("--server") || ALONE.some((name) => rest.includes(name));
  const before = await running.get(folder);
  const server = await Deno.readTextFile(`${folder}/server.info`).catch(() => "");
  if (isAlone || before && before.server !== server) await stopEngine(folder);
  if (isAlone || running.has(folder) || !await isProfile(folder)) return;
  const starting = start(folder, server, process);
  running.set(folder, starting);
  await starting;
}

/** Ends the engine of a profile, if there is one. */
export async function stopEngine(folder: string): Promise<void> {
  const one = await running.get(folder);
  running.delete(folder);
  await one?.engine[Symbol.asyncDispose]();
  await one?.opened[Symbol.asyncDispose]();
}

/** Returns undefined for a profile that cannot be opened: the command says why. */
async function start(
  folder: string,
  server: string,
  process: Process,
): Promise<Running | undefined> {
  const passphrase = () => Promise.resolve(process.environment("MESSAGING_PASSPHRASE") ?? "");
  try {
    const address = await serverAddress(folder);
    const opened = await openClient({ folder, address, passphrase, ...process });
    // A test may connect to no sockets but those of 127.0.0.1.
    const engine = await startEngine(opened, { process, passphrase, way: "port" });
    engine.follow();
    engine.ended.then(() => stopEngine(folder));
    return { opened, engine, server };
  } catch {
    running.delete(folder);
  }
}

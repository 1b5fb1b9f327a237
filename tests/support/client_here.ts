/**
 * The client's command line inside of the process of the tests: all of the client but the start of
 * a process, which takes longer than most commands do.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { runCommandLine } from "../../client/cli/cli.ts";
import type { Process } from "../../client/cli/context.ts";
import { checkJson } from "./client/check_json.ts";
import { prepareEngine } from "./client/engines_here.ts";
import { ONE_TIME_TARGET } from "./new_client.ts";
import { CHEAP } from "./profile/full_profile.ts";
import type { Outcome } from "./server_process.ts";

/** Between two attempts at what is not possible yet, in milliseconds. */
const LONGEST_PAUSE = 20;

/** The state and data directories of all clients: no test writes to those of the user. */
export const STATE = Deno.makeTempDirSync({ prefix: "test_state_" });
export const DATA = `${STATE}/data`;
addEventListener("unload", () => Deno.removeSync(STATE, { recursive: true }));

type Output = { stdout: string; stderr: string };

/** What the command writes that is running; undefined for all that is no command. */
const running = new AsyncLocalStorage<Output>();

for (const name of ["stdout", "stderr"] as const) {
  const stream = Deno[name];
  const writeSync = stream.writeSync.bind(stream);
  const isTerminal = stream.isTerminal.bind(stream);
  const decoder = new TextDecoder();
  stream.writeSync = (bytes) => {
    const output = running.getStore();
    if (!output) return writeSync(bytes);
    output[name] += decoder.decode(bytes);
    return bytes.length;
  };
  stream.isTerminal = () => running.getStore() ? false : isTerminal();
}
const { addSignalListener } = Deno;
Deno.addSignalListener = (...args) => running.getStore() ? undefined : addSignalListener(...args);

/** Runs a command to its end. It has no standard input, and no other environment than `env`. */
export async function runHere(
  args: string[],
  env: Record<string, string> = {},
): Promise<Outcome> {
  const output = { stdout: "", stderr: "" };
  const process: Process = {
    now: () => Date.now(),
    ticks: () => performance.now(),
    sleep: (milliseconds) =>
      new Promise((resolve) => setTimeout(resolve, Math.min(LONGEST_PAUSE, milliseconds))),
    random: (size) => crypto.getRandomValues(new Uint8Array(size)),
    environment: (variable) => env[variable],
    stateDirectory: env.XDG_STATE_HOME ?? STATE,
    dataDirectory: env.XDG_DATA_HOME ?? DATA,
    forbidPrograms: () => {},
    asProduction: (load) => load(),
    exit: (code) => {
      throw new Error(`the command ended the process with code ${code}`);
    },
    oneTimeTarget: ONE_TIME_TARGET,
    ...CHEAP,
  };
  await prepareEngine(args, process);
  const code = await running.run(output, () => runCommandLine(args, process));
  const outcome = { code, signal: null, ...output };
  checkJson(args, outcome);
  return outcome;
}

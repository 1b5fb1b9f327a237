/** The client as its users have it: one executable, compiled from what lies here. */
import { runProgram } from "./programs.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Where the executable is, and one of an empty program with the same runtime. */
export const COMPILED = {
  client: `${ROOT}dist/messaging-client`,
  empty: `${ROOT}dist/empty`,
};

let compiled: Promise<unknown> | null = null;

/** Compiles both, once a run. */
export async function compileClient(signal: AbortSignal): Promise<void> {
  if (!compiled) {
    console.error("Compiling the client, which takes half a minute.");
    compiled = runProgram([`${ROOT}.ci/compile`, "--empty"], { signal });
  }
  await compiled;
}

/** A profile that is used through the executable. */
export interface CompiledClient {
  readonly name: string;
  /** Runs one command to its end. */
  run(...args: string[]): Promise<void>;
}

/** Registers a client with a profile of its own in `folder`. */
export async function registerCompiled(
  name: string,
  { folder, port, signal }: { folder: string; port: number; signal: AbortSignal },
): Promise<CompiledClient> {
  const env = { MESSAGING_PROFILE: "", XDG_DATA_HOME: folder, XDG_STATE_HOME: folder };
  const options = ["--profile", `${folder}/${name}`, "--server", `127.0.0.1:${port}`];
  const run = async (...args: string[]) => {
    await runProgram([COMPILED.client, ...options, ...args], { signal, env });
  };
  await run("register", name);
  return { name, run };
}

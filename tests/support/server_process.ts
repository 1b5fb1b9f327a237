/** The server as the process that its operator starts, on a free port and in its own folder. */
import config from "../../deno.json" with { type: "json" };
import { PATIENCE } from "./until.ts";

/** `deno`, its options, and the program as seen from the root of the project. */
const [, ...TASK] = config.tasks.server.command.replaceAll("'", "").split(" ");
const PROGRAM = new URL(`../../${TASK.pop()}`, import.meta.url).href;

/** What a finished process leaves behind. */
export interface Outcome {
  /** The exit code; 128 and more if a signal ended it. */
  code: number;
  signal: Deno.Signal | null;
  stdout: string;
  stderr: string;
}

/** A server that listens. Disposing of it kills it, and removes the folder that it made. */
export interface ServerProcess extends AsyncDisposable {
  readonly port: number;
  /** HOST:PORT, as it stands in `server.info`. */
  readonly address: string;
  /** Its key, in hex. */
  readonly key: string;
  /** The folder of `server.db` and `files/`. */
  readonly data: string;
  readonly process: Deno.ChildProcess;
  readonly pid: number;
  /** What it has written so far. */
  readonly output: { readonly stdout: string; readonly stderr: string };
  /** Sends a signal and waits for the process to end. */
  kill(signal: Deno.Signal): Promise<Outcome>;
  /** Asks it to stop, by SIGTERM, and waits for the process to end. */
  stop(): Promise<Outcome>;
}

interface StartOptions extends Pick<ChildOptions, "under" | "env" | "runtime"> {
  data?: string;
  args?: string[];
}

/**
 * Starts a server on 127.0.0.1 and waits until it listens.
 * @param options.data its folder; a new temporary one by default
 * @param options.under a program, with its arguments, that runs it and takes its place
 * @param options.runtime further options of the runtime
 * @param options.args further arguments; a `--port` among them takes the place of a free port
 * @param options.env what its environment has besides that of the test
 * @throws {Error} if it ends instead, with all that it wrote
 */
export async function startServer(
  { data, args = [], under, env, runtime }: StartOptions = {},
): Promise<ServerProcess> {
  const folder = data ?? await Deno.makeTempDir({ prefix: "server_" });
  const port = args.includes("--port") ? [] : ["--port", "0"];
  const all = ["--host", "127.0.0.1", ...port, "--data", folder, ...args];
  const child = new Child(all, { under, env, runtime });
  const dispose = async () => {
    await child.kill("SIGKILL");
    if (data === undefined) await Deno.remove(folder, { recursive: true });
  };
  const line = await child.firstLine();
  const match = / listens on (127\.0\.0\.1):(\d+), key ([0-9a-f]{64})$/.exec(line);
  if (!match) {
    const { code, stdout, stderr } = await child.kill("SIGKILL");
    await dispose();
    throw new Error(`the server did not start (exit code ${code}): ${stdout}${stderr}`);
  }
  return {
    port: Number(match[2]),
    address: `${match[1]}:${match[2]}`,
    key: match[3],
    data: folder,
    process: child.process,
    pid: child.process.pid,
    output: child.output,
    kill: (signal) => child.kill(signal),
    stop: () => child.kill("SIGTERM"),
    [Symbol.asyncDispose]: dispose,
  };
}

/** A server, or a command of it, that may end by itself. */
export interface RunningServer {
  /** Sends a signal and waits for the process to end. */
  kill(signal: Deno.Signal): Promise<Outcome>;
  /** Waits for the process to end. */
  outcome(): Promise<Outcome>;
}

/** Starts a server, or a command of it, and waits for nothing. */
export function spawnServer(args: string[]): RunningServer {
  return new Child(args);
}

/** Runs a server that is expected to end by itself, such as for `--help` or a busy port. */
export function runServer(args: string[], options: ChildOptions = {}): Promise<Outcome> {
  return new Child(args, options).outcome();
}

interface ChildOptions {
  cwd?: string;
  under?: string[];
  /** Further options of the runtime. */
  runtime?: string[];
  /** What the environment has besides that of the test. */
  env?: Record<string, string>;
}

class Child {
  readonly process: Deno.ChildProcess;
  readonly output = { stdout: "", stderr: "" };
  readonly #finished: Promise<Outcome>;
  readonly #started = Promise.withResolvers<void>();

  constructor(args: string[], { cwd, env, under = [], runtime = [] }: ChildOptions = {}) {
    const command = [...under, Deno.execPath(), ...TASK, ...runtime, PROGRAM, ...args];
    const [program, ...rest] = command;
    this.process = new Deno.Command(program, {
      args: rest,
      cwd,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#finished = this.#watch();
  }

  /** The first line on stdout, or an empty one. */
  async firstLine(): Promise<string> {
    await this.#patiently(this.#started.promise);
    return this.output.stdout.split("\n")[0];
  }

  async kill(signal: Deno.Signal): Promise<Outcome> {
    this.#signal(signal);
    return await this.outcome();
  }

  async outcome(): Promise<Outcome> {
    return await this.#patiently(this.#finished);
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.process.kill(signal);
    } catch {
      // It has ended by itself; its exit code tells.
    }
  }

  async #watch(): Promise<Outcome> {
    const [{ code, signal }] = await Promise.all([
      this.process.status,
      this.#collect("stdout"),
      this.#collect("stderr"),
    ]);
    this.#started.resolve();
    return { code, signal, ...this.output };
  }

  async #collect(name: "stdout" | "stderr"): Promise<void> {
    for await (const text of this.process[name].pipeThrough(new TextDecoderStream())) {
      this.output[name] += text;
      if (this.output.stdout.includes("\n")) this.#started.resolve();
    }
  }

  /** Kills a process that hangs, so that a test fails instead of waiting forever. */
  async #patiently<T>(promise: Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      this.output.stderr += `[killed after ${PATIENCE} ms without the expected sign]\n`;
      this.#signal("SIGKILL");
    }, PATIENCE);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The compiled executables as processes, with nothing in their environment but what is given. */

// Windows cannot open a socket without this one.
const env: Record<string, string> = Deno.build.os === "windows"
  ? { SystemRoot: "C:\\Windows" }
  : {};
const environment: Deno.CommandOptions = { clearEnv: true, env };

/** What a finished process leaves behind. */
export interface Outcome {
  /** The exit code; 128 and more when a signal ended it. */
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a process to its end; kills it and throws once `seconds` have passed. */
export async function run(
  executable: string,
  args: string[],
  options: { cwd: string; stdin?: string; seconds?: number; env?: Record<string, string> },
): Promise<Outcome> {
  const { cwd, stdin, seconds = 30 } = options;
  const child = new Deno.Command(executable, {
    clearEnv: true,
    env: { ...env, ...options.env },
    args,
    cwd,
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    kill(child, "SIGKILL");
  }, seconds * 1000);
  if (stdin !== undefined) {
    // A process may exit without having read everything; what counts is what it says then.
    new Blob([stdin]).stream().pipeTo(child.stdin).catch(() => {});
  }
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const outcome = { code, stdout: text(stdout), stderr: text(stderr) };
  if (expired) {
    throw new Error(`still running after ${seconds} s: ${args.join(" ")}\n${describe(outcome)}`);
  }
  return outcome;
}

/** An outcome for the message of a failed check. */
export function describe({ code, stdout, stderr }: Outcome): string {
  return `exit code ${code}\nstdout: ${stdout.trimEnd()}\nstderr: ${stderr.trimEnd()}`;
}

/** A server that runs until it is stopped. */
export interface Server {
  /** The line it printed when it listened. */
  line: string;
  /** Sends a signal and resolves with the exit code and the rest of the output. */
  stop(signal: Deno.Signal): Promise<Outcome>;
}

/** Starts a server; resolves when it has printed its first line, throws if it does not. */
export async function startServer(
  executable: string,
  args: string[],
  options: { cwd: string },
): Promise<Server> {
  const child = new Deno.Command(executable, {
    ...environment,
    ...options,
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stderr = new Response(child.stderr).text();
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  let stdout = "";
  const read = async () => {
    for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
      stdout += part;
      if (stdout.includes("\n")) start();
    }
    start();
  };
  const finished = read();

  const stop = async (signal: Deno.Signal): Promise<Outcome> => {
    const timer = setTimeout(() => kill(child, "SIGKILL"), 15_000);
    kill(child, signal);
    const { code } = await child.status;
    clearTimeout(timer);
    await finished;
    return { code, stdout, stderr: await stderr };
  };

  const timer = setTimeout(() => kill(child, "SIGKILL"), 15_000);
  await started;
  clearTimeout(timer);
  if (!stdout.includes("\n")) {
    throw new Error(`the server did not start: ${describe(await stop("SIGKILL"))}`);
  }
  return { line: stdout.trimEnd(), stop };
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has exited by itself; its exit code tells.
  }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

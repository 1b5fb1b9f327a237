/** Programs that are not part of the project: whether they are there, and running them. */

/** A program is missing that a suite needs. The message says what to do. */
export class MissingProgram extends Error {}

/** What a program wrote before it ended well. */
export interface ProgramOutput {
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly signal: AbortSignal;
  readonly env?: Record<string, string>;
}

/**
 * Runs a program to its end, which `signal` can bring early.
 * @throws {Deno.errors.NotFound} if there is none
 * @throws {Error} if it fails, with what it wrote
 */
export async function runProgram(
  [program, ...args]: readonly string[],
  options: RunOptions,
): Promise<ProgramOutput> {
  const { success, ...output } = await new Deno.Command(program, {
    args,
    ...options,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const [stdout, stderr] = [output.stdout, output.stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  if (!success) throw new Error(`${program} ${args.join(" ")} failed:\n${stdout}${stderr}`);
  return { stdout, stderr };
}

const APT_INSTALL = ["apt-get", "install", "--yes", "--no-install-recommends"];

/**
 * Makes sure that `program` is there; installs the Debian package of it, by the
 * command `install`, where that is allowed.
 * @throws {MissingProgram}
 */
export async function needProgram(
  program: string,
  debian: string,
  signal: AbortSignal,
  install: readonly string[] = APT_INSTALL,
): Promise<void> {
  if (await isThere(program, signal)) return;
  console.error(`Installing ${debian}, because there is no ${program}.`);
  // At this run level the package starts no service.
  const env = { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  const failure = await runProgram([...install, debian], { signal, env }).catch((error) => error);
  if (await isThere(program, signal)) return;
  const why = failure instanceof Error ? `\n${failure.message}` : "";
  throw new MissingProgram(
    `there is no ${program}, and it could not be installed. ` +
      `Do that first, on Debian by: sudo apt-get install ${debian}${why}`,
  );
}

async function isThere(program: string, signal: AbortSignal): Promise<boolean> {
  try {
    await runProgram([program, "--version"], { signal });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

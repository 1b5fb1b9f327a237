/** System calls of a running process that fail, by `strace`. */
import { until } from "../until.ts";

/** Which calls fail, and how. */
export interface Failing {
  /** Names, separated by commas. */
  calls: string;
  /** The name of the error, such as EIO. */
  error: string;
  /** The files or folders on which they fail; on all, where there is none. */
  paths?: readonly string[];
}

/** Makes calls of the process `pid` fail until it is disposed of. */
export async function failCalls(
  pid: number,
  { calls, error, paths = [] }: Failing,
): Promise<AsyncDisposable> {
  const strace = new Deno.Command("strace", {
    args: ["-f", "-p", String(pid), "-e", `trace=${calls}`, "-o", "/dev/null"]
      .concat("-e", `inject=${calls}:error=${error}`)
      .concat(paths.flatMap((path) => ["-P", path])),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let told = "";
  let ended = false;
  const reading = (async () => {
    for await (const text of strace.stderr.pipeThrough(new TextDecoderStream())) told += text;
    ended = true;
  })();
  await until("calls fail", () => ended || told.includes(" attached"));
  if (ended) throw new Error(`strace has ended: ${told}`);
  return {
    async [Symbol.asyncDispose]() {
      strace.kill("SIGINT");
      await strace.status;
      await reading;
    },
  };
}

/** Reports whether this machine lets calls of another process fail. */
export async function canFailCalls(): Promise<boolean> {
  const other = new Deno.Command("sleep", { args: ["60"] }).spawn();
  try {
    await using _ = await failCalls(other.pid, { calls: "fsync", error: "EIO" });
    return true;
  } catch {
    return false;
  } finally {
    other.kill();
    await other.status;
  }
}

/**
 * The load generator as a process of its own: it must not slow down what measures, and it reports
 * which share of a core it used. As a program it reads one job per line from standard input, as
 * JSON, and answers each with a line on standard output.
 */
import { TextLineStream as UntypedTextLineStream } from "@std/streams/text-line-stream";
import type { LoadProcess } from "./job.ts";
import { LoadJobs } from "./load_jobs.ts";

// `deno-std` republishes `@std/streams` without its declarations.
const TextLineStream: new () => TransformStream<string, string> = UntypedTextLineStream;

function linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): ReadableStream<string> {
  return stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
}

/** Starts the process. */
export function startLoadProcess(): LoadProcess {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net=127.0.0.1", import.meta.url],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const answers = linesOf(child.stdout).getReader();
  const input = child.stdin.getWriter();
  const encoder = new TextEncoder();
  return {
    pid: child.pid,
    async run(job) {
      await input.write(encoder.encode(`${JSON.stringify(job)}\n`));
      const { done, value } = await answers.read();
      if (done) throw new Error("the load generator has ended");
      return JSON.parse(value);
    },
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended by itself.
      }
      await child.status;
      await answers.cancel();
      await input.abort().catch(() => {});
    },
  };
}

if (import.meta.main) {
  const jobs = new LoadJobs();
  for await (const line of linesOf(Deno.stdin.readable)) {
    console.log(JSON.stringify(await jobs.run(JSON.parse(line))));
  }
}
